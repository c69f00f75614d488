//! Sharded counters: each thread increments its own block, and a reader adds up all blocks.
//!
//! A shared counter costs an atomic read-modify-write and, under contention, a cache line that moves between
//! cores. A counter that only one thread writes costs a load, an addition and a store. When a thread ends, its
//! block keeps its counts and goes to the next thread that needs one.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sync::lock;

/// The counters of one thread, indexed by the number of the counter.
type Block = &'static [AtomicU64];

struct Blocks {
    all: Vec<Block>,
    /// The blocks whose threads have ended.
    free: Vec<Block>,
}

static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks { all: Vec::new(), free: Vec::new() });

/// An RAII guard that returns the thread's block when the thread ends.
struct Lease(Block);

impl Drop for Lease {
    fn drop(&mut self) {
        HERE.with(|here| here.set(&[]));
        lock(&BLOCKS).free.push(self.0);
    }
}

/// All thread-local state that a call reads, in one struct, so that its address is computed once.
struct Here {
    /// This thread's block; empty until the thread has one.
    mine: Cell<Block>,
    /// The length of `mine`, or 0 while the thread's gate is closed.
    ready: Cell<u32>,
    /// Whether the gate is closed: a call has to look at the thread's context.
    closed: Cell<bool>,
}

thread_local! {
    /// The state has no destructor, so that reading it is one load.
    static HERE: Here =
        const { Here { mine: Cell::new(&[]), ready: Cell::new(0), closed: Cell::new(false) } };
    static LEASE: Cell<Option<Lease>> = const { Cell::new(None) };
}

/// Whether this thread's block has the counter of this number and the thread's gate is [open](set_open): both
/// are one comparison.
#[inline(always)]
pub(crate) fn is_ready(number: u32) -> bool {
    HERE.with(|here| number < here.ready.get())
}

/// Whether the gate of this thread is open.
#[inline(always)]
pub(crate) fn is_open() -> bool {
    HERE.with(|here| !here.closed.get())
}

/// Opens or closes the gate of this thread.
#[inline(always)]
pub(crate) fn set_open(open: bool) {
    HERE.with(|here| {
        here.closed.set(!open);
        here.refresh();
    });
}

impl Here {
    #[inline(always)]
    fn refresh(&self) {
        let numbers = u32::try_from(self.mine.get().len()).unwrap_or(u32::MAX);
        self.ready.set(if self.closed.get() { 0 } else { numbers });
    }

    fn set(&self, block: Block) {
        self.mine.set(block);
        self.refresh();
    }
}

/// Adds one to the counter of this number.
#[inline(always)]
pub(crate) fn increment(number: u32) {
    match HERE.with(|here| here.mine.get()).get(number as usize) {
        Some(counter) => add(counter),
        None => lease(number),
    }
}

#[inline(always)]
fn add(counter: &AtomicU64) {
    // Only this thread writes the counter, so no other write comes between the load and the store.
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Takes a block that is long enough, for a thread without one, and counts in it.
#[cold]
#[inline(never)]
fn lease(number: u32) {
    let mut blocks = lock(&BLOCKS);
    let wanted = number as usize + 1;
    let fitting = blocks.free.iter().position(|block| block.len() >= wanted);
    let block = match fitting {
        Some(at) => blocks.free.swap_remove(at),
        None => {
            // Twice the length asked for: sites get their numbers in the order of their first calls, so that
            // higher ones follow.
            let block: Block =
                Vec::leak((0..(2 * wanted).max(64)).map(|_| AtomicU64::new(0)).collect());
            blocks.all.push(block);
            block
        }
    };
    drop(blocks);
    add(&block[number as usize]);
    // A previous block is returned. A thread that is ending can no longer store a lease: it returns the new
    // block at once, and takes one again for each further count.
    match LEASE.try_with(|lease| lease.replace(Some(Lease(block)))) {
        Ok(before) => {
            drop(before);
            HERE.with(|here| here.set(block));
        }
        Err(_) => lock(&BLOCKS).free.push(block),
    }
}

/// The sum of a counter over all threads, including those that have ended.
pub(crate) fn sum(number: u32) -> u64 {
    let blocks = lock(&BLOCKS);
    let counters = blocks.all.iter().filter_map(|block| block.get(number as usize));
    counters.fold(0, |sum, counter| sum.wrapping_add(counter.load(Ordering::Relaxed)))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    // No site of this test binary has these numbers.
    const ALONE: u32 = 5_000;
    const SHARED: u32 = 5_001;

    #[test]
    fn a_sum_includes_threads_that_have_ended() {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1_000).for_each(|_| increment(SHARED)));
            }
        });
        assert_eq!(sum(SHARED), 8_000);
    }

    #[test]
    fn a_block_that_is_too_short_is_replaced_by_a_longer_one_and_its_counts_stay() {
        increment(1_000);
        increment(ALONE);
        increment(ALONE);
        assert_eq!((sum(1_000), sum(ALONE)), (1, 2));
    }

    #[test]
    fn threads_reuse_the_blocks_of_threads_that_have_ended() {
        let blocks = || lock(&BLOCKS).all.len();
        thread::spawn(|| increment(7)).join().expect("no panic");
        let before = blocks();
        for _ in 0..2_000 {
            thread::spawn(|| increment(7)).join().expect("no panic");
        }
        // Threads of other tests take blocks in the meantime, as many as run at once.
        assert!(blocks() - before < 1_000, "{} blocks more after 2000 threads", blocks() - before);
    }

    #[test]
    fn a_counter_that_was_never_incremented_is_zero() {
        assert_eq!(sum(u32::MAX), 0);
    }
}
