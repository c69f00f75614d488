//! The calls of the last so much time, in ten buckets.

use std::time::Duration;

use super::{Mark, Tally};

pub(in crate::breaker) const BUCKETS: usize = 10;

/// A ring of ten buckets, aligned to the window's start.
///
/// At any moment the window is the bucket in which that moment lies and the nine before it. So an
/// outcome is in for at least nine tenths of the window's length, and one exactly that old is out.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct TimeWindow {
    start: Duration,
    width: Duration,
    buckets: [Tally; BUCKETS],
    /// The number of the newest bucket, counted from the start.
    newest: u64,
}

impl TimeWindow {
    pub(in crate::breaker) const fn new(start: Duration, length: Duration) -> Self {
        let empty = Tally { calls: 0, failures: 0, slow: 0 };
        // Not `/ 10`: the division of durations is not `const`.
        let width = Duration::from_nanos(length.as_nanos() as u64 / BUCKETS as u64);
        TimeWindow { start, width, buckets: [empty; BUCKETS], newest: 0 }
    }

    pub(super) fn record(&mut self, now: Duration, mark: Mark) {
        self.advance(now);
        self.buckets[index(self.newest)].add(mark);
    }

    pub(super) fn absorb(&mut self, successes: u32) {
        let bucket = &mut self.buckets[index(self.newest)];
        bucket.calls = bucket.calls.saturating_add(successes);
    }

    // Out of line: the sum of ten buckets would make every function that asks for a tally a long one.
    #[inline(never)]
    pub(super) fn tally(&mut self, now: Duration) -> Tally {
        self.advance(now);
        let mut sum = Tally::default();
        self.buckets.iter().for_each(|bucket| sum.merge(*bucket));
        sum
    }

    /// The end of the newest bucket.
    pub(super) fn stable_until(&self) -> Duration {
        let nanos = self.width.as_nanos().saturating_mul(u128::from(self.newest) + 1);
        self.start.saturating_add(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// Empties the buckets that lie between the newest and now. Time that runs backwards stays in the
    /// newest bucket.
    fn advance(&mut self, now: Duration) {
        let number = self.number(now);
        let passed = number.saturating_sub(self.newest);
        for step in 0..passed.min(BUCKETS as u64) {
            self.buckets[index(number - step)] = Tally::default();
        }
        self.newest = self.newest.max(number);
    }

    /// The number of the bucket in which this moment lies.
    fn number(&self, now: Duration) -> u64 {
        let number = now.saturating_sub(self.start).as_nanos() / self.width.as_nanos();
        u64::try_from(number).unwrap_or(u64::MAX)
    }

    /// The buckets that are not empty and their first moments, oldest first.
    pub(super) fn filled(&mut self, now: Duration) -> Vec<(Duration, Tally)> {
        self.advance(now);
        let end = self.stable_until();
        let oldest_first = (0..BUCKETS).map(|number| {
            let age = self.width.saturating_mul((BUCKETS - number) as u32);
            (end.saturating_sub(age), self.buckets[(index(self.newest) + 1 + number) % BUCKETS])
        });
        oldest_first.filter(|(_, bucket)| bucket.calls > 0).collect()
    }

    /// Takes in calls of the time before `now`; those that are too old are left out. The window must be new.
    pub(super) fn refill(&mut self, now: Duration, calls: &[(Duration, Tally)]) {
        self.start = now.saturating_sub(self.width * (BUCKETS as u32 - 1));
        self.newest = self.number(now);
        for (at, tally) in calls.iter().filter(|(at, _)| *at >= self.start) {
            self.buckets[index(self.number((*at).min(now)))].merge(*tally);
        }
    }

    /// The buckets, oldest first, and how far into the newest `now` is.
    #[inline]
    pub(in crate::breaker) fn export(&mut self, now: Duration) -> ([Tally; BUCKETS], Duration) {
        self.advance(now);
        let into = now.saturating_sub(self.stable_until().saturating_sub(self.width));
        let oldest = (index(self.newest) + 1) % BUCKETS;
        let mut buckets = self.buckets;
        buckets.rotate_left(oldest);
        (buckets, into.min(self.width))
    }

    /// The window that [`export`](Self::export) told of, as if it had gone on until `now`.
    #[inline]
    pub(in crate::breaker) fn import(
        now: Duration,
        length: Duration,
        buckets: [Tally; BUCKETS],
        into: Duration,
    ) -> Self {
        let mut window = TimeWindow::new(now, length);
        window.buckets = buckets;
        window.newest = BUCKETS as u64 - 1;
        // The start may lie before the clock's zero; then the newest bucket is cut a little longer.
        let age = window.width * (BUCKETS as u32 - 1) + into.min(window.width);
        match now.checked_sub(age) {
            Some(start) => window.start = start,
            None => {
                window.start = now;
                window.newest = 0;
                window.buckets.rotate_right(1);
            }
        }
        window
    }
}

fn index(number: u64) -> usize {
    (number % BUCKETS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::super::tests::mark;
    use super::*;
    use proptest::prelude::*;

    /// A window of 10 s: words are records, `+800` is time in milliseconds; calls after each item.
    #[track_caller]
    fn check(script: &str, calls: &[u32]) {
        let mut now = Duration::from_secs(7);
        let mut window = TimeWindow::new(now, Duration::from_secs(10));
        let mut seen = Vec::new();
        for word in script.split_whitespace() {
            match word.strip_prefix('+') {
                Some(millis) => now += Duration::from_millis(millis.parse().unwrap()),
                None => window.record(now, mark(word)),
            }
            seen.push(window.tally(now).calls);
        }
        assert_eq!(seen, calls, "{script}");
    }

    #[test]
    fn an_outcome_exactly_as_old_as_the_window_is_out() {
        check("ok +9999 +1", &[1, 1, 0]);
        check("ok +1000 ok +8999 +1 +1000", &[1, 1, 2, 2, 1, 0]);
    }

    #[test]
    fn a_bucket_leaves_as_a_whole_when_its_first_moment_does() {
        check("+900 ok +9099 +1", &[0, 1, 1, 0]);
    }

    #[test]
    fn a_long_silence_empties_everything() {
        check("ok ok fail +100000000 ok", &[1, 2, 3, 0, 1]);
    }

    #[test]
    fn the_end_of_time_is_no_special_moment() {
        let mut window = TimeWindow::new(Duration::ZERO, Duration::from_millis(10));
        window.record(Duration::MAX, mark("fail"));
        assert_eq!(window.tally(Duration::MAX).failures, 1);
        assert!(window.stable_until() > Duration::ZERO);
    }

    proptest! {
        #[test]
        fn the_window_equals_a_naive_recomputation(
            start in 0u64..5_000,
            events in prop::collection::vec((0u64..4_000, any::<bool>(), 0u32..5), 0..60),
        ) {
            let mut now = start;
            let mut window =
                TimeWindow::new(Duration::from_millis(start), Duration::from_secs(10));
            let mut all = Vec::new();
            for (gap, failed, successes) in events {
                now += gap;
                window.record(Duration::from_millis(now), Mark { failed, slow: !failed });
                window.absorb(successes);
                all.push((now, failed));
                all.extend((0..successes).map(|_| (now, false)));

                let bucket = |time: u64| (time - start) / 1000;
                let inside = |time: u64| bucket(time) + 10 > bucket(now);
                let calls = all.iter().filter(|(time, _)| inside(*time)).count();
                let failures = all.iter().filter(|(time, failed)| *failed && inside(*time)).count();
                let tally = window.tally(Duration::from_millis(now));
                prop_assert_eq!((tally.calls, tally.failures), (calls as u32, failures as u32));
            }
        }
    }
}
