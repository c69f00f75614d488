//! Counters that many threads write and few read: a block for each thread, summed by whoever reads.
//!
//! One shared counter costs a locked instruction and, contended, a cache line that travels between the
//! cores. A counter that only its thread writes costs a load, an addition and a store. The block of a
//! thread that has ended goes to the next one that starts, and keeps its counts.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A thread's counters, by number.
type Block = &'static [AtomicU64];

struct Blocks {
    all: Vec<Block>,
    /// Those whose threads have ended.
    free: Vec<Block>,
}

static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks { all: Vec::new(), free: Vec::new() });

/// Gives the thread's block back when the thread ends.
struct Lease(Block);

impl Drop for Lease {
    fn drop(&mut self) {
        HERE.with(|here| here.set(&[]));
        lock().free.push(self.0);
    }
}

/// What a call looks at on its thread, in one place: its address is computed once.
struct Here {
    /// This thread's block, empty as long as there is none.
    mine: Cell<Block>,
    /// The numbers below are counted in `mine`, and nothing holds here that a call would have to look at:
    /// 0 while something does.
    ready: Cell<u32>,
    closed: Cell<bool>,
}

thread_local! {
    /// It has no destructor, so that a look at it is one load.
    static HERE: Here =
        const { Here { mine: Cell::new(&[]), ready: Cell::new(0), closed: Cell::new(false) } };
    static LEASE: Cell<Option<Lease>> = const { Cell::new(None) };
}

/// Whether the counter of this number is at hand, and the thread's gate [open](set_open): one comparison
/// for a call that asks for both.
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
    // Only this thread writes here: nothing can come between the load and the store.
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// The thread has no block, or one that is too short.
#[cold]
#[inline(never)]
fn lease(number: u32) {
    let mut blocks = lock();
    let wanted = number as usize + 1;
    let fitting = blocks.free.iter().position(|block| block.len() >= wanted);
    let block = match fitting {
        Some(at) => blocks.free.swap_remove(at),
        None => {
            // Twice as long as is asked for: numbers are given in the order of the first calls.
            let block: Block =
                Vec::leak((0..(2 * wanted).max(64)).map(|_| AtomicU64::new(0)).collect());
            blocks.all.push(block);
            block
        }
    };
    drop(blocks);
    add(&block[number as usize]);
    // The block before, if there was one, is given back. A thread that is ending has no place for a lease
    // any more: it gives the new one back at once, and asks again for every count.
    match LEASE.try_with(|lease| lease.replace(Some(Lease(block)))) {
        Ok(before) => {
            drop(before);
            HERE.with(|here| here.set(block));
        }
        Err(_) => lock().free.push(block),
    }
}

/// The sum over all threads, those that have ended too.
pub(crate) fn sum(number: u32) -> u64 {
    let blocks = lock();
    let counters = blocks.all.iter().filter_map(|block| block.get(number as usize));
    counters.fold(0, |sum, counter| sum.wrapping_add(counter.load(Ordering::Relaxed)))
}

fn lock() -> MutexGuard<'static, Blocks> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    // Numbers that no site of this test binary has.
    const ALONE: u32 = 5_000;
    const SHARED: u32 = 5_001;

    #[test]
    fn what_threads_have_counted_is_summed_also_after_they_have_ended() {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1_000).for_each(|_| increment(SHARED)));
            }
        });
        assert_eq!(sum(SHARED), 8_000);
    }

    #[test]
    fn a_block_that_is_too_short_gives_way_to_a_longer_one_and_its_counts_stay() {
        increment(1_000);
        increment(ALONE);
        increment(ALONE);
        assert_eq!((sum(1_000), sum(ALONE)), (1, 2));
    }

    #[test]
    fn threads_that_come_and_go_share_their_blocks() {
        let blocks = || lock().all.len();
        thread::spawn(|| increment(7)).join().expect("no panic");
        let before = blocks();
        for _ in 0..2_000 {
            thread::spawn(|| increment(7)).join().expect("no panic");
        }
        // Other tests' threads take blocks meanwhile: as many as the machine runs at once.
        assert!(blocks() - before < 1_000, "{} blocks more after 2000 threads", blocks() - before);
    }

    #[test]
    fn a_number_that_nobody_has_counted_is_zero() {
        assert_eq!(sum(u32::MAX), 0);
    }
}
