//! A 64-bit cell for each thread, for an object that comes and goes: std's atomics, or loom's in a model.

#[cfg(all(test, retry_loom))]
pub(crate) use model::{Cells, Thread, here};
#[cfg(not(all(test, retry_loom)))]
pub(crate) use threads::{Cells, Thread, here};

#[cfg(not(all(test, retry_loom)))]
mod threads {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    use crate::base::counters;
    pub(crate) use crate::base::counters::{Here as Thread, here};

    /// The cells of one object in the [blocks](counters) of all threads. Only its thread writes a cell.
    #[derive(Debug)]
    pub(crate) struct Cells {
        number: AtomicU32,
    }

    /// Longer than any block.
    const NO_NUMBER: u32 = u32::MAX;

    impl Cells {
        pub(crate) const fn new() -> Self {
            Cells { number: AtomicU32::new(NO_NUMBER) }
        }

        /// Asks for cells: whether there are some from now on, and were none before. They may have contents of an object
        /// that is gone. One thread at a time may call this.
        #[inline]
        pub(crate) fn begin(&self) -> bool {
            let is_new = self.number.load(Ordering::Relaxed) == NO_NUMBER;
            if is_new {
                self.number.store(counters::used_number(), Ordering::Relaxed);
            }
            is_new
        }

        /// The cell of this thread, if it has one.
        #[inline(always)]
        pub(crate) fn of(&self, thread: &Thread) -> Option<&AtomicU64> {
            thread.cell(self.number.load(Ordering::Relaxed))
        }

        /// The cell of this thread; `None` before [`begin`](Self::begin), and in a thread that is ending.
        pub(crate) fn of_this_thread(&self) -> Option<&AtomicU64> {
            match self.number.load(Ordering::Relaxed) {
                NO_NUMBER => None,
                number => here(|here| here.cell(number)).or_else(|| counters::lease(number)),
            }
        }

        /// Adds one to the cell of this thread.
        #[inline(always)]
        pub(crate) fn increment(cell: &AtomicU64) {
            counters::add(cell);
        }

        /// The contents of the cells of all threads, also of those that have ended.
        #[inline]
        pub(crate) fn values(&self) -> impl Iterator<Item = u64> + use<> {
            counters::values(self.number.load(Ordering::Relaxed))
        }
    }

    impl Drop for Cells {
        #[inline]
        fn drop(&mut self) {
            match *self.number.get_mut() {
                NO_NUMBER => {}
                number => counters::give_back(number),
            }
        }
    }
}

#[cfg(all(test, retry_loom))]
mod model {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;

    use loom::sync::atomic::{AtomicU64, Ordering};

    /// Nothing: a model finds its threads by itself.
    #[derive(Debug)]
    pub(crate) struct Thread;

    pub(crate) fn here<T>(work: impl FnOnce(&Thread) -> T) -> T {
        work(&Thread)
    }

    /// The cells of the threads of a model, which has one object with cells.
    #[derive(Debug)]
    pub(crate) struct Cells {
        cells: [AtomicU64; 3],
        threads: AtomicUsize,
    }

    loom::thread_local! {
        static INDEX: Cell<Option<usize>> = Cell::new(None);
    }

    impl Cells {
        pub(crate) fn new() -> Self {
            let cells = [0; 3].map(AtomicU64::new);
            Cells { cells, threads: AtomicUsize::new(0) }
        }

        pub(crate) fn begin(&self) -> bool {
            false
        }

        pub(crate) fn of(&self, _thread: &Thread) -> Option<&AtomicU64> {
            let next = || self.threads.fetch_add(1, Ordering::Relaxed);
            let index = INDEX.with(|index| {
                index.set(Some(index.get().unwrap_or_else(next)));
                index.get()
            });
            self.cells.get(index?)
        }

        pub(crate) fn of_this_thread(&self) -> Option<&AtomicU64> {
            self.of(&Thread)
        }

        pub(crate) fn increment(cell: &AtomicU64) {
            cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        }

        pub(crate) fn values(&self) -> impl Iterator<Item = u64> + '_ {
            self.cells.iter().map(|cell| cell.load(Ordering::Relaxed))
        }
    }
}
