//! The last n calls.

use super::{Mark, Tally};

/// A ring of the last n calls, with their sums kept up to date.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct CountWindow {
    size: u32,
    /// Grows up to `size`, then the oldest cell is overwritten. Empty until the first record, so that
    /// the window can be made in `const` code.
    cells: Vec<Mark>,
    oldest: usize,
    tally: Tally,
}

impl CountWindow {
    pub(in crate::breaker) const fn new(size: u32) -> Self {
        let tally = Tally { calls: 0, failures: 0, slow: 0 };
        CountWindow { size, cells: Vec::new(), oldest: 0, tally }
    }

    #[inline]
    pub(in crate::breaker) fn record(&mut self, mark: Mark) {
        self.tally.add(mark);
        if self.cells.len() < self.size as usize {
            self.cells.push(mark);
            return;
        }
        let evicted = std::mem::replace(&mut self.cells[self.oldest], mark);
        self.tally.remove(evicted);
        self.oldest += 1;
        if self.oldest == self.cells.len() {
            self.oldest = 0;
        }
    }

    /// Adds successes; more of them than fit leave the window as that many would.
    pub(super) fn absorb(&mut self, successes: u32) {
        for _ in 0..successes.min(self.size) {
            self.record(Mark::default());
        }
    }

    #[inline]
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// The calls, oldest first.
    pub(in crate::breaker) fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        let (newer, older) = self.cells.split_at(self.oldest);
        older.iter().chain(newer).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::mark;
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(size: u32, script: &str, tallies: &[(u32, u32, u32)]) {
        let mut window = CountWindow::new(size);
        let mut seen = Vec::new();
        for word in script.split_whitespace() {
            window.record(mark(word));
            let Tally { calls, failures, slow } = window.tally();
            seen.push((calls, failures, slow));
        }
        assert_eq!(seen, tallies, "{script}");
    }

    #[test]
    fn the_oldest_call_makes_room_and_takes_its_marks_along() {
        check(4, "fail ok ok ok ok", &[(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 1, 0), (4, 0, 0)]);
        check(
            2,
            "slowfail slow ok ok ok",
            &[(1, 1, 1), (2, 1, 2), (2, 0, 1), (2, 0, 0), (2, 0, 0)],
        );
    }

    proptest! {
        #[test]
        fn the_window_equals_a_naive_recomputation(
            size in 1u32..20,
            marks in prop::collection::vec((any::<bool>(), any::<bool>(), 0u32..40), 0..60),
        ) {
            let mut window = CountWindow::new(size);
            let mut all = Vec::new();
            for (failed, slow, successes) in marks {
                window.record(Mark { failed, slow });
                all.push(Mark { failed, slow });
                window.absorb(successes);
                all.extend((0..successes).map(|_| Mark::default()));

                let last = &all[all.len().saturating_sub(size as usize)..];
                prop_assert_eq!(window.tally().calls, last.len() as u32);
                let failures = last.iter().filter(|mark| mark.failed).count();
                prop_assert_eq!(window.tally().failures, failures as u32);
                let slow = last.iter().filter(|mark| mark.slow).count();
                prop_assert_eq!(window.tally().slow, slow as u32);
                prop_assert_eq!(window.marks().collect::<Vec<_>>(), last.to_vec());
            }
        }
    }
}
