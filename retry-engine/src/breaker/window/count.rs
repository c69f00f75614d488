//! The last n calls, as far as they are not too old.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Mark, Tally};

/// A ring of the last n calls, with their sums kept up to date. Calls that are older than `forget` leave it too: the
/// failures of last month say nothing about the present.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct CountWindow {
    size: u32,
    /// In nanoseconds, as all times here.
    forget: u64,
    /// Oldest first. Empty until the first record, so that the window can be made in `const` code.
    cells: VecDeque<Cell>,
    tally: Tally,
    /// When the newest call came in, at the latest.
    newest: u64,
}

/// A call and its time, in eight bytes: the nanoseconds since the machine's start (146 years), then the two marks.
#[derive(Clone, Copy, Debug)]
struct Cell(u64);

const LATEST: u64 = u64::MAX >> 2;

const fn nanos(time: Duration) -> u64 {
    let nanos = time.as_nanos();
    if nanos < LATEST as u128 { nanos as u64 } else { LATEST }
}

impl Cell {
    fn new(at: u64, mark: Mark) -> Self {
        Cell(at << 2 | u64::from(mark.failed) << 1 | u64::from(mark.slow))
    }

    fn at(self) -> u64 {
        self.0 >> 2
    }

    fn mark(self) -> Mark {
        Mark { failed: self.0 & 2 != 0, slow: self.0 & 1 != 0 }
    }
}

impl CountWindow {
    pub(in crate::breaker) const fn new(now: Duration, size: u32, forget: Duration) -> Self {
        let tally = Tally { calls: 0, failures: 0, slow: 0 };
        let (forget, newest) = (nanos(forget), nanos(now));
        CountWindow { size, forget, cells: VecDeque::new(), tally, newest }
    }

    #[inline]
    pub(in crate::breaker) fn record(&mut self, now: Duration, mark: Mark) {
        self.push(nanos(now), mark);
    }

    #[inline]
    fn push(&mut self, now: u64, mark: Mark) {
        // Time that runs backwards stands still.
        self.newest = self.newest.max(now);
        if self.cells.len() >= self.size as usize {
            self.evict();
        }
        self.tally.add(mark);
        self.cells.push_back(Cell::new(self.newest, mark));
    }

    /// Adds successes of the time since the newest call; more of them than fit leave the window as that many would.
    pub(super) fn absorb(&mut self, now: Duration, successes: u32) {
        let successes = successes.min(self.size);
        let (now, since) = (nanos(now), self.newest);
        let step = now.saturating_sub(since) / u64::from(successes.max(1));
        for number in 1..=successes {
            self.push(since + step * u64::from(number), Mark::default());
        }
        self.newest = self.newest.max(now);
    }

    /// The calls that are not older than `forget`.
    #[inline]
    pub(super) fn tally(&mut self, now: Duration) -> Tally {
        let now = nanos(now).max(self.newest);
        while self.cells.front().is_some_and(|oldest| now - oldest.at() > self.forget) {
            self.evict();
        }
        self.tally
    }

    /// An empty window of this size and age, with these calls.
    pub(super) fn refilled(&self, calls: &[(Duration, Tally)]) -> Self {
        let newest = calls.first().map_or(self.newest, |(at, _)| nanos(*at));
        let (cells, tally) = (VecDeque::new(), Tally::default());
        let mut window = CountWindow { cells, tally, newest, ..*self };
        for (at, tally) in calls {
            tally.marks(self.size).for_each(|mark| window.record(*at, mark));
        }
        window
    }

    fn evict(&mut self) {
        if let Some(cell) = self.cells.pop_front() {
            self.tally.remove(cell.mark());
        }
    }

    /// The calls and their times, oldest first.
    pub(in crate::breaker) fn calls(&self) -> impl Iterator<Item = (Duration, Mark)> + '_ {
        self.cells.iter().map(|cell| (Duration::from_nanos(cell.at()), cell.mark()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::mark;
    use super::*;
    use proptest::prelude::*;

    const NOW: Duration = Duration::from_secs(7);
    const FORGET: Duration = Duration::from_secs(10);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[track_caller]
    fn check(size: u32, script: &str, tallies: &[(u32, u32, u32)]) {
        let mut window = CountWindow::new(NOW, size, FORGET);
        let mut seen = Vec::new();
        for word in script.split_whitespace() {
            window.record(NOW, mark(word));
            let Tally { calls, failures, slow } = window.tally(NOW);
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

    #[test]
    fn a_call_leaves_the_window_when_it_is_older_than_it_may_be() {
        let mut window = CountWindow::new(secs(0), 9, FORGET);
        window.record(secs(1), mark("fail"));
        window.record(secs(4), mark("slow"));
        assert_eq!(window.tally(secs(11)), Tally { calls: 2, failures: 1, slow: 1 });
        let later = secs(11) + Duration::from_nanos(1);
        assert_eq!(window.tally(later), Tally { calls: 1, failures: 0, slow: 1 });
        assert_eq!(window.tally(secs(15)), Tally::default());
    }

    #[test]
    fn successes_that_were_kept_elsewhere_are_spread_over_the_time_since_the_last_call() {
        let mut window = CountWindow::new(secs(0), 9, FORGET);
        window.record(secs(2), mark("fail"));
        window.absorb(secs(14), 4);
        let times: Vec<_> = window.calls().map(|(at, _)| at.as_secs()).collect();
        assert_eq!(times, [2, 5, 8, 11, 14]);
        assert_eq!(window.tally(secs(16)), Tally { calls: 3, failures: 0, slow: 0 });
    }

    #[test]
    fn the_end_of_time_and_time_that_runs_backwards_are_no_special_moments() {
        let mut window = CountWindow::new(Duration::ZERO, 3, FORGET);
        window.record(Duration::MAX, mark("fail"));
        window.record(secs(5), mark("ok"));
        assert_eq!(window.tally(Duration::MAX), Tally { calls: 2, failures: 1, slow: 0 });
    }

    proptest! {
        #[test]
        fn the_window_equals_a_naive_recomputation(
            size in 1u32..20,
            events in prop::collection::vec((any::<bool>(), any::<bool>(), 0u32..40, 0u64..6), 0..60),
        ) {
            let mut window = CountWindow::new(NOW, size, FORGET);
            let (mut all, mut now) = (Vec::new(), NOW);
            for (failed, slow, successes, gap) in events {
                window.record(now, Mark { failed, slow });
                all.push((now, Mark { failed, slow }));
                window.absorb(now, successes);
                all.extend((0..successes).map(|_| (now, Mark::default())));
                now += secs(gap);

                let last = &all[all.len().saturating_sub(size as usize)..];
                let last: Vec<_> = last.iter().filter(|(at, _)| now - *at <= FORGET).copied().collect();
                let mut tally = Tally::default();
                last.iter().for_each(|(_, mark)| tally.add(*mark));
                prop_assert_eq!(window.tally(now), tally);
                prop_assert_eq!(window.calls().collect::<Vec<_>>(), last);
            }
        }
    }
}
