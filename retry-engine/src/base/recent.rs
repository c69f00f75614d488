//! The last use of each entry of a table, and whether the table still has the entry.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The uses of a table, counted: the time by which its entries are compared.
#[derive(Debug)]
pub(crate) struct Uses(Arc<AtomicU64>);

/// The time of the last use of an entry. No two entries of a table have the same.
#[derive(Debug)]
pub(crate) struct LastUse {
    at: AtomicU64,
    uses: Arc<AtomicU64>,
}

/// The time of an entry that its table has removed.
const FORGOTTEN: u64 = u64::MAX;

impl Uses {
    pub(crate) fn new() -> Self {
        Uses(Arc::new(AtomicU64::new(0)))
    }
}

fn next(uses: &AtomicU64) -> u64 {
    uses.fetch_add(1, Ordering::Relaxed) + 1
}

impl LastUse {
    /// An entry that is used now.
    #[inline]
    pub(crate) fn new(uses: &Uses) -> Self {
        LastUse { at: AtomicU64::new(next(&uses.0)), uses: Arc::clone(&uses.0) }
    }

    /// The entry is used again; false if its table has forgotten it. Nothing is written where it was used last.
    #[inline]
    pub(crate) fn note(&self) -> bool {
        let last = self.get();
        last == self.uses.load(Ordering::Relaxed) || self.note_after(last)
    }

    /// Another entry has been used since `last`.
    #[inline(never)]
    fn note_after(&self, last: u64) -> bool {
        let (now, order) = (|| next(&self.uses), Ordering::Relaxed);
        // Not a mere store: the table may forget the entry at the same time.
        let noted = |last| self.at.compare_exchange(last, now(), order, order);
        last != FORGOTTEN && noted(last).err() != Some(FORGOTTEN)
    }

    /// The table removes the entry.
    pub(crate) fn forget(&self) {
        self.at.store(FORGOTTEN, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.at.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_that_was_used_last_has_the_greatest_time_however_often_it_was_used() {
        let uses = Uses::new();
        let [a, b] = [LastUse::new(&uses), LastUse::new(&uses)];
        assert!(a.get() < b.get());
        (0..3).for_each(|_| assert!(a.note()));
        assert!(a.get() > b.get());
        assert_eq!(a.get(), 3);
        assert!(b.note());
        assert!(b.get() > a.get());
    }

    #[test]
    fn an_entry_that_the_table_has_forgotten_stays_forgotten() {
        let uses = Uses::new();
        let [last, earlier] = [LastUse::new(&uses), LastUse::new(&uses)];
        for entry in [&last, &earlier] {
            entry.forget();
            assert!(!entry.note() && !entry.note());
        }
    }
}
