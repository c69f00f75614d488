//! Sharded counters: each thread increments its own block, and a reader adds up all blocks.
//!
//! A shared counter costs an atomic read-modify-write and, under contention, a cache line that moves between
//! cores. A counter that only one thread writes costs a load, an addition and a store. When a thread ends, its
//! block keeps its counts and goes to the next thread that needs one.
//!
//! A counter is 64 bits to which its owner gives a meaning: a function adds one for each first-try success, a budget of a key
//! one for each call, a breaker has a generation in the upper half. All take their numbers from one row, so that a call finds
//! its counters in one block.

#![cfg_attr(
    all(test, retry_loom),
    allow(dead_code, reason = "the breakers of a model have cells of their own")
)]

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use super::sync::lock;

/// The counters of one thread, indexed by the number of the counter.
type Block = &'static [AtomicU64];

/// All blocks, in a list that only grows, so that it is read without a lock.
static FIRST: OnceLock<&'static Node> = OnceLock::new();

struct Node {
    block: Block,
    next: OnceLock<&'static Node>,
}

struct Blocks {
    last: Option<&'static Node>,
    /// The blocks whose threads have ended.
    free: Vec<Block>,
}

static BLOCKS: Mutex<Blocks> = Mutex::new(Blocks { last: None, free: Vec::new() });

impl Blocks {
    fn add(&mut self, block: Block) {
        let node: &'static Node = Box::leak(Box::new(Node { block, next: OnceLock::new() }));
        let end = self.last.map_or(&FIRST, |last| &last.next);
        // Never full: only the holder of the lock sets it.
        let _ = end.set(node);
        self.last = Some(node);
    }
}

fn blocks() -> impl Iterator<Item = Block> {
    let first = FIRST.get().copied();
    std::iter::successors(first, |node| node.next.get().copied()).map(|node| node.block)
}

/// The numbers of counters: from 1, in the order in which they are asked for.
struct Numbers {
    last: u32,
    /// The numbers that were given back.
    free: Vec<u32>,
}

static NUMBERS: Mutex<Numbers> = Mutex::new(Numbers { last: 0, free: Vec::new() });

impl Numbers {
    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

/// A number for a counter that starts with 0.
pub(crate) fn fresh_number() -> u32 {
    lock(&NUMBERS).next()
}

/// A number for a counter whose cells may have contents: it may have been [given back](give_back).
pub(crate) fn used_number() -> u32 {
    let mut numbers = lock(&NUMBERS);
    numbers.free.pop().unwrap_or_else(|| numbers.next())
}

/// Makes a number free that nobody counts with any more.
pub(crate) fn give_back(number: u32) {
    lock(&NUMBERS).free.push(number);
}

/// An RAII guard that returns the thread's block when the thread ends.
struct Lease(Block);

impl Drop for Lease {
    #[inline]
    fn drop(&mut self) {
        HERE.with(|here| here.set(&[]));
        lock(&BLOCKS).free.push(self.0);
    }
}

/// All thread-local state that a call reads, in one struct, so that its address is computed once.
#[derive(Debug)]
pub(crate) struct Here {
    /// This thread's block; empty until the thread has one.
    mine: Cell<Block>,
    /// The length of `mine`, or 0 while the thread's gate is closed.
    ready: Cell<usize>,
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
    HERE.with(|here| (number as usize) < here.ready.get())
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
        self.ready.set(if self.closed.get() { 0 } else { self.mine.get().len() });
    }

    /// This thread's cell of a counter, if its block is long enough. Only this thread writes the cell.
    #[inline(always)]
    pub(crate) fn cell(&self, number: u32) -> Option<&'static AtomicU64> {
        self.mine.get().get(number as usize)
    }

    fn set(&self, block: Block) {
        self.mine.set(block);
        self.refresh();
    }
}

/// Adds one to the counter of this number.
#[inline(always)]
pub(crate) fn increment(number: u32) {
    match cell(number) {
        Some(counter) => add(counter),
        None => increment_first(number),
    }
}

/// [`Here::cell`] of this thread.
#[inline(always)]
pub(crate) fn cell(number: u32) -> Option<&'static AtomicU64> {
    HERE.with(|here| here.cell(number))
}

#[cold]
#[inline(never)]
fn increment_first(number: u32) {
    if let Some(counter) = lease(number) {
        return add(counter);
    }
    let block = take(number);
    add(&block[number as usize]);
    lock(&BLOCKS).free.push(block);
}

/// Calls `work` with the state of this thread.
#[inline(always)]
pub(crate) fn here<T>(work: impl FnOnce(&Here) -> T) -> T {
    HERE.with(work)
}

#[inline(always)]
pub(crate) fn add(counter: &AtomicU64) {
    // Only this thread writes the counter, so no other write comes between the load and the store.
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Gives this thread a block that is long enough: the cell in it. `None` for a thread that is ending, which can no longer
/// keep a block.
#[cold]
#[inline(never)]
pub(crate) fn lease(number: u32) -> Option<&'static AtomicU64> {
    let block = take(number);
    match LEASE.try_with(|lease| lease.replace(Some(Lease(block)))) {
        Ok(before) => {
            // The previous block is returned.
            drop(before);
            HERE.with(|here| here.set(block));
            block.get(number as usize)
        }
        Err(_) => {
            lock(&BLOCKS).free.push(block);
            None
        }
    }
}

/// Takes a free block that has this number, or makes one.
fn take(number: u32) -> Block {
    let mut blocks = lock(&BLOCKS);
    let wanted = number as usize + 1;
    if let Some(at) = blocks.free.iter().position(|block| block.len() >= wanted) {
        return blocks.free.swap_remove(at);
    }
    // Twice the length asked for: numbers are given in their order, so that higher ones follow.
    let block: Block = Vec::leak((0..(2 * wanted).max(64)).map(|_| AtomicU64::new(0)).collect());
    blocks.add(block);
    block
}

/// The sum of a counter over all threads, including those that have ended.
pub(crate) fn sum(number: u32) -> u64 {
    values(number).fold(0, u64::wrapping_add)
}

/// The contents of a counter's cells: one for each thread, including those that have ended.
pub(crate) fn values(number: u32) -> impl Iterator<Item = u64> {
    let cells = blocks().filter_map(move |block| block.get(number as usize));
    cells.map(|cell| cell.load(Ordering::Relaxed))
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
        let blocks = || blocks().count();
        thread::spawn(|| increment(7)).join().expect("no panic");
        let before = blocks();
        for _ in 0..2_000 {
            thread::spawn(|| increment(7)).join().expect("no panic");
        }
        // Threads of other tests take blocks in the meantime, as many as run at once.
        assert!(blocks() - before < 1_000, "{} blocks more after 2000 threads", blocks() - before);
    }

    #[test]
    fn no_number_is_given_twice_before_it_is_given_back_and_a_fresh_one_never_is() {
        let mut numbers: Vec<u32> = (0..100).map(|_| used_number()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!((numbers.len(), numbers.contains(&0)), (100, false));
        let free = numbers.split_off(50);
        free.iter().copied().for_each(give_back);
        let again: Vec<u32> = (0..100).map(|_| used_number()).collect();
        assert!(again.iter().all(|number| !numbers.contains(number)));
        again.iter().copied().for_each(give_back);
        let known = [numbers, free, again].concat();
        assert!((0..100).all(|_| !known.contains(&fresh_number())));
    }

    #[test]
    fn a_counter_that_was_never_incremented_is_zero() {
        assert_eq!(sum(u32::MAX), 0);
    }
}
