//! Results that each thread counts for itself: the successes of a closed breaker, the refusals of an open one.
//!
//! A shared word would cost a locked instruction for each success, and under load a cache line that moves between cores.
//! So each thread has a cell for each breaker, which only that thread writes:
//!
//! ```text
//! 63 … 32      31 … 0
//! generation   results in that generation, modulo 2³²
//! ```
//!
//! The holder of the breaker's lock adds up the cells of the present generation, and takes what is new since the last
//! time. Within a generation a cell only grows, so that no result is lost or taken twice; a result that is counted too
//! late for its generation is in a cell that nobody reads.
//!
//! The order of successes among each other does not matter. A success that happened before a failure in the sense of
//! the memory model, on whatever thread, is taken before the failure is counted. A success that is under way at the same time
//! comes before or after, as if it had been a moment earlier or later.

use std::mem;
use std::sync::atomic::Ordering;

use crate::base::cells::{Cells, Thread};
use crate::base::sync::const_unless_loom;

/// The counts of one breaker, of all threads.
#[derive(Debug)]
pub(super) struct Runs {
    cells: Cells,
}

/// The sum of the cells when results were last taken, and its generation, as in a cell. The breaker's lock guards it.
#[derive(Debug)]
pub(super) struct Taken(u64);

impl Taken {
    pub(super) const NOTHING: Taken = Taken(0);
}

/// Whether a result is counted in the cell of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// It is counted.
    Yes,
    /// It is counted, and it is time to take what has come together.
    Full,
    /// It must be counted under the lock.
    No,
}

/// A thread's results are taken after so many, so that a breaker whose window they fill up learns of it, and so that the
/// counts never wrap around unseen. A power of two.
const RUN: u32 = 256;

const fn generation(cell: u64) -> u32 {
    (cell >> 32) as u32
}

const fn cell_of(generation: u32, count: u32) -> u64 {
    (generation as u64) << 32 | count as u64
}

impl Runs {
    const_unless_loom! {
        pub(super) fn new() -> Self {
            Runs { cells: Cells::new() }
        }
    }

    /// Counts a result in the cell of this thread, which is `thread`. The call was admitted in the generation in the upper half of `held`.
    #[inline(always)]
    pub(super) fn count(&self, thread: &Thread, held: u64) -> bool {
        let Some(cell) = self.cells.of(thread) else { return false };
        let counted = cell.load(Ordering::Relaxed);
        let next = counted.wrapping_add(1);
        if generation(counted ^ held) != 0 || next as u32 % RUN == 0 {
            return false;
        }
        cell.store(next, Ordering::Relaxed);
        true
    }

    /// [`count`](Self::count) where that returned false; `present` is the generation of this moment.
    #[cold]
    pub(super) fn count_rarely(&self, held: u64, present: u32) -> Counted {
        let held = generation(held);
        // An older cell is begun anew, but not a newer one.
        if held != present {
            return Counted::No;
        }
        let Some(cell) = self.cells.of_this_thread() else { return Counted::No };
        let counted = cell.load(Ordering::Relaxed);
        let before = if generation(counted) == held { counted as u32 } else { 0 };
        let count = before.wrapping_add(1);
        cell.store(cell_of(held, count), Ordering::Relaxed);
        if count % RUN == 0 { Counted::Full } else { Counted::Yes }
    }

    /// Makes the cells known, so that threads may count in them. The caller holds the lock.
    #[inline]
    pub(super) fn begin(&self, taken: &mut Taken, generation: u32) {
        if self.cells.begin() {
            *taken = self.sum(generation);
        }
    }

    /// Takes the results of this generation that were counted since the last time. The caller holds the lock.
    #[inline]
    pub(super) fn take(&self, taken: &mut Taken, generation: u32) -> u32 {
        let before = mem::replace(taken, self.sum(generation));
        (taken.0 as u32).wrapping_sub(before.0 as u32)
    }

    /// Begins to count a new generation, before any thread can. Its number may have been used before, long ago. The caller
    /// holds the lock.
    pub(super) fn change(&self, taken: &mut Taken, next: u32) {
        if generation(taken.0) != next {
            *taken = self.sum(next);
        }
    }

    fn sum(&self, present: u32) -> Taken {
        let of_now = self.cells.values().filter(|cell| generation(*cell) == present);
        Taken(cell_of(present, of_now.fold(0, |sum, cell| sum.wrapping_add(cell as u32))))
    }
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;
    use crate::base::cells::here;

    fn count(runs: &Runs, generation: u32) -> bool {
        here(|thread| runs.count(thread, cell_of(generation, 0)))
    }

    fn begun(generation: u32) -> (Runs, Taken) {
        let (runs, mut taken) = (Runs::new(), Taken::NOTHING);
        runs.change(&mut taken, generation);
        runs.begin(&mut taken, generation);
        (runs, taken)
    }

    #[test]
    fn results_are_taken_once_and_only_those_of_the_generation() {
        let (runs, mut taken) = begun(7);
        assert_eq!(runs.count_rarely(cell_of(7, 0), 7), Counted::Yes);
        assert!(count(&runs, 7));
        assert!(!count(&runs, 8), "the cell has another generation");
        assert_eq!(runs.count_rarely(cell_of(6, 0), 7), Counted::No);
        assert_eq!([runs.take(&mut taken, 7), runs.take(&mut taken, 7)], [2, 0]);
        assert!(count(&runs, 7));
        runs.change(&mut taken, 8);
        assert_eq!(runs.count_rarely(cell_of(8, 0), 8), Counted::Yes);
        assert_eq!(runs.take(&mut taken, 8), 1);
        assert_eq!(runs.count_rarely(cell_of(7, 0), 8), Counted::No);
    }

    #[test]
    fn a_thread_says_when_its_run_is_full() {
        let (runs, mut taken) = begun(0);
        let full = |_: &u32| !count(&runs, 0) && runs.count_rarely(0, 0) == Counted::Full;
        let full: Vec<u32> = (1..=3 * RUN).filter(full).collect();
        assert_eq!(full, [RUN, 2 * RUN, 3 * RUN]);
        assert_eq!(runs.take(&mut taken, 0), 3 * RUN);
    }

    #[test]
    fn a_count_that_wraps_around_stays_in_its_generation() {
        let (runs, mut taken) = begun(3);
        let cell = runs.cells.of_this_thread().unwrap();
        cell.store(cell_of(3, u32::MAX - 1), Ordering::Relaxed);
        runs.take(&mut taken, 3);
        assert!(count(&runs, 3) && !count(&runs, 3));
        assert_eq!(runs.count_rarely(cell_of(3, 0), 3), Counted::Full);
        assert_eq!(cell.load(Ordering::Relaxed), cell_of(3, 0));
        assert!(count(&runs, 3));
        assert_eq!(runs.take(&mut taken, 3), 3);
    }

    #[test]
    fn before_the_first_answer_nothing_is_counted_without_the_lock() {
        let (runs, mut taken) = (Runs::new(), Taken::NOTHING);
        assert!(!count(&runs, 0));
        assert_eq!(runs.count_rarely(0, 0), Counted::No);
        assert_eq!(runs.take(&mut taken, 0), 0);
    }
}
