//! The last n calls, as far as they are not too old.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::tick::Tick;
use super::{Mark, Tally};

/// A ring of the last n calls, with their sums kept up to date. Calls that are older than `forget` leave it too: the
/// failures of last month say nothing about the present.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct CountWindow {
    size: u32,
    /// In nanoseconds, as all times here.
    forget: u64,
    /// Oldest first. Empty until the first record, so that the window can be made in `const` code.
    runs: VecDeque<Run>,
    tally: Tally,
    /// The time after which the oldest run began.
    before: u64,
    /// When the newest call came in, at the latest.
    newest: u64,
}

/// Calls with the same mark, spread evenly over the time from the end of the run before to the end of this one. A run of
/// successes is added and forgotten as one, however long it is.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// The time of the last call: nanoseconds since the machine's start (146 years), then the two marks.
    last: u64,
    calls: u32,
}

impl Run {
    fn new(last: u64, mark: Mark, calls: u32) -> Self {
        Run { last: last << 2 | u64::from(mark.failed) << 1 | u64::from(mark.slow), calls }
    }

    fn last(self) -> u64 {
        self.last >> 2
    }

    fn mark(self) -> Mark {
        Mark { failed: self.last & 2 != 0, slow: self.last & 1 != 0 }
    }

    /// The time between two calls.
    fn step(self, before: u64) -> u64 {
        (self.last() - before) / u64::from(self.calls)
    }

    /// The time of the call after which so many follow in the run.
    fn at(self, before: u64, following: u32) -> u64 {
        self.last() - self.step(before) * u64::from(following)
    }

    /// The calls of the run that were made before this time.
    fn older_than(self, limit: u64, before: u64) -> u32 {
        let Some(fresh) = self.last().checked_sub(limit) else { return self.calls };
        match fresh.checked_div(self.step(before)) {
            // The last one is one of them.
            Some(fresh) if fresh < u64::from(self.calls) => self.calls - 1 - fresh as u32,
            _ => 0,
        }
    }
}

impl CountWindow {
    pub(in crate::breaker) const fn new(now: Duration, size: u32, forget: Duration) -> Self {
        let tally = Tally { calls: 0, failures: 0, slow: 0 };
        let (forget, now) = (Tick::at(forget).nanos(), Tick::at(now).nanos());
        CountWindow { size, forget, runs: VecDeque::new(), tally, before: now, newest: now }
    }

    #[inline]
    pub(in crate::breaker) fn record(&mut self, now: Tick, mark: Mark) {
        // Time that runs backwards stands still.
        let last = self.newest.max(now.nanos());
        if self.tally.calls >= self.size {
            self.evict(1);
        }
        self.tally.add(mark);
        self.push(Run::new(last, mark, 1), 1);
    }

    /// Adds successes, at least one, of the time since the newest call; more of them than fit leave the window as that many would.
    #[inline]
    pub(super) fn absorb(&mut self, now: Tick, successes: u32) {
        let last = self.newest.max(now.nanos());
        let calls = successes.min(self.size);
        if calls == self.size {
            // A long window has hundreds of runs.
            self.runs.clear();
            self.tally = Tally::default();
        } else {
            self.evict((self.tally.calls + calls).saturating_sub(self.size));
        }
        self.tally.calls += calls;
        self.push(Run::new(last, Mark::default(), successes), calls);
    }

    /// Adds the last `kept` calls of a run that began after the newest call.
    fn push(&mut self, run: Run, kept: u32) {
        if self.runs.is_empty() {
            self.before = run.at(self.newest, kept);
        }
        self.newest = run.last();
        self.runs.push_back(Run { calls: kept, ..run });
    }

    /// The calls that are not older than `forget`.
    #[inline(always)]
    pub(super) fn tally(&mut self, now: Tick) -> Tally {
        let limit = now.nanos().max(self.newest).saturating_sub(self.forget);
        if self.before < limit {
            self.forget_before(limit);
        }
        self.tally
    }

    #[cold]
    fn forget_before(&mut self, limit: u64) {
        while self.before < limit {
            let Some(oldest) = self.runs.front() else { return };
            match oldest.older_than(limit, self.before) {
                0 => return,
                calls => self.evict(calls),
            }
        }
    }

    /// Whether the window has as many calls as fit, all of them successes that were not slow.
    #[inline]
    pub(super) fn is_full_of_successes(&self) -> bool {
        self.tally == Tally { calls: self.size, failures: 0, slow: 0 }
    }

    /// An empty window of this size and age, with these calls.
    pub(super) fn refilled(&self, calls: &[(Duration, Tally)]) -> Self {
        let newest = calls.first().map_or(self.newest, |(at, _)| Tick::at(*at).nanos());
        let (runs, tally) = (VecDeque::new(), Tally::default());
        let mut window = CountWindow { runs, tally, before: newest, newest, ..*self };
        for (at, tally) in calls {
            tally.marks(self.size).for_each(|mark| window.record(Tick::at(*at), mark));
        }
        window
    }

    /// Removes the oldest calls.
    #[inline(always)]
    fn evict(&mut self, mut calls: u32) {
        while calls > 0 {
            let Some(oldest) = self.runs.front_mut() else { return };
            let gone = calls.min(oldest.calls);
            calls -= gone;
            self.tally.remove(oldest.mark(), gone);
            match oldest.calls - gone {
                0 => {
                    self.before = oldest.last();
                    self.runs.pop_front();
                }
                left => {
                    self.before = oldest.at(self.before, left);
                    oldest.calls = left;
                }
            }
        }
    }

    /// The calls and their times, oldest first.
    pub(in crate::breaker) fn calls(&self) -> impl Iterator<Item = (Duration, Mark)> + '_ {
        let mut before = self.before;
        self.runs.iter().flat_map(move |run| {
            let since = std::mem::replace(&mut before, run.last());
            let time = move |following| Duration::from_nanos(run.at(since, following));
            (0..run.calls).rev().map(move |following| (time(following), run.mark()))
        })
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
            window.record(Tick::at(NOW), mark(word));
            let Tally { calls, failures, slow } = window.tally(Tick::at(NOW));
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
        window.record(Tick::at(secs(1)), mark("fail"));
        window.record(Tick::at(secs(4)), mark("slow"));
        assert_eq!(window.tally(Tick::at(secs(11))), Tally { calls: 2, failures: 1, slow: 1 });
        let later = secs(11) + Duration::from_nanos(1);
        assert_eq!(window.tally(Tick::at(later)), Tally { calls: 1, failures: 0, slow: 1 });
        assert_eq!(window.tally(Tick::at(secs(15))), Tally::default());
    }

    #[test]
    fn successes_that_were_kept_elsewhere_are_spread_over_the_time_since_the_last_call() {
        let mut window = CountWindow::new(secs(0), 9, FORGET);
        window.record(Tick::at(secs(2)), mark("fail"));
        window.absorb(Tick::at(secs(14)), 4);
        let times: Vec<_> = window.calls().map(|(at, _)| at.as_secs()).collect();
        assert_eq!(times, [2, 5, 8, 11, 14]);
        assert_eq!(window.tally(Tick::at(secs(16))), Tally { calls: 3, failures: 0, slow: 0 });
    }

    #[test]
    fn a_run_of_successes_is_one_entry_however_long_it_is() {
        let mut window = CountWindow::new(secs(0), 100_000, FORGET);
        window.absorb(Tick::at(secs(1)), 100_000);
        assert!(window.is_full_of_successes());
        window.record(Tick::at(secs(1)), mark("fail"));
        assert_eq!(window.tally(Tick::at(secs(1))), Tally { calls: 100_000, failures: 1, slow: 0 });
        assert_eq!((window.runs.len(), window.is_full_of_successes()), (2, false));
        window.absorb(Tick::at(secs(2)), 100_001);
        assert_eq!((window.runs.len(), window.is_full_of_successes()), (1, true));
    }

    #[test]
    fn the_end_of_time_and_time_that_runs_backwards_are_no_special_moments() {
        let mut window = CountWindow::new(Duration::ZERO, 3, FORGET);
        window.record(Tick::at(Duration::MAX), mark("fail"));
        window.record(Tick::at(secs(5)), mark("ok"));
        assert_eq!(window.tally(Tick::at(Duration::MAX)), Tally { calls: 2, failures: 1, slow: 0 });
    }

    proptest! {
        #[test]
        fn the_window_equals_a_naive_recomputation(
            size in 1u32..20,
            events in prop::collection::vec(
                (any::<bool>(), any::<bool>(), 1u32..40, 0u64..6, 0u64..6_000_000_000),
                0..60,
            ),
        ) {
            let mut window = CountWindow::new(NOW, size, FORGET);
            let (mut all, mut now) = (Vec::new(), NOW);
            for (failed, slow, successes, gap, time) in events {
                window.record(Tick::at(now), Mark { failed, slow });
                all.push((now, Mark { failed, slow }));
                now += Duration::from_nanos(time);
                window.absorb(Tick::at(now), successes);
                let step = Duration::from_nanos(time / u64::from(successes));
                let times = (0..successes).rev().map(|following| now - step * following);
                all.extend(times.map(|at| (at, Mark::default())));
                now += secs(gap);

                let last = &all[all.len().saturating_sub(size as usize)..];
                let last: Vec<_> = last.iter().filter(|(at, _)| now - *at <= FORGET).copied().collect();
                let mut tally = Tally::default();
                last.iter().for_each(|(_, mark)| tally.add(*mark));
                prop_assert_eq!(window.tally(Tick::at(now)), tally);
                prop_assert_eq!(window.calls().collect::<Vec<_>>(), last);
            }
        }
    }
}
