//! Which entry of a table was used least recently.

use std::sync::atomic::{AtomicU64, Ordering};

/// The uses of a table, counted: the time by which its entries are compared.
#[derive(Debug)]
pub(crate) struct Uses(AtomicU64);

/// The time of the last use of an entry. No two entries of a table have the same.
#[derive(Debug)]
pub(crate) struct LastUse(AtomicU64);

impl Uses {
    #[inline]
    pub(crate) const fn new() -> Self {
        Uses(AtomicU64::new(0))
    }

    #[inline]
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl LastUse {
    /// An entry that is used now.
    #[inline]
    pub(crate) fn new(uses: &Uses) -> Self {
        LastUse(AtomicU64::new(uses.next()))
    }

    /// The entry is used again. Nothing is written where it was used last.
    #[inline]
    pub(crate) fn note(&self, uses: &Uses) {
        if self.get() != uses.0.load(Ordering::Relaxed) {
            self.0.store(uses.next(), Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
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
        (0..3).for_each(|_| a.note(&uses));
        assert!(a.get() > b.get());
        assert_eq!(a.get(), 3);
        b.note(&uses);
        assert!(b.get() > a.get());
    }
}
