//! The window of a closed breaker: a ring of the last n outcomes, or a ring of 10 buckets of time.

mod count;
mod time;

use std::time::Duration;

use super::settings::Window;
use crate::failure::class::Kind;

pub(super) use count::CountWindow;
pub(super) use time::TimeWindow;

/// How one attempt ended, as far as the breaker is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed in a way that speaks against the dependency; a panic is one.
    Failure,
    /// It says nothing about the dependency's health: a `Permanent` failure, a cancelled attempt.
    Ignored,
}

impl From<Kind> for Outcome {
    /// A failure of this kind: `Permanent` ones are not counted, since the dependency did answer.
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Permanent => Outcome::Ignored,
            Kind::Transient | Kind::Throttled | Kind::Ambiguous | Kind::Overloaded => {
                Outcome::Failure
            }
        }
    }
}

/// A counted call: one cell of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) failed: bool,
    pub(super) slow: bool,
}

/// Calls by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failures: u32,
    pub(super) slow: u32,
}

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, mark: Mark) {
        self.calls = self.calls.saturating_add(1);
        self.failures = self.failures.saturating_add(u32::from(mark.failed));
        self.slow = self.slow.saturating_add(u32::from(mark.slow));
    }

    #[inline]
    pub(super) fn remove(&mut self, mark: Mark) {
        self.calls -= 1;
        self.failures -= u32::from(mark.failed);
        self.slow -= u32::from(mark.slow);
    }

    /// Whether this part of the calls, or more, is `part`. An empty window has no rate.
    #[inline]
    pub(super) fn reaches(&self, part: u32, rate: f64) -> bool {
        // As `part >= reaching(calls, rate)`, without rounding up: none is less than one.
        part > 0 && f64::from(part) >= exactly(self.calls, rate)
    }
}

/// The smallest part of so many calls that makes up the rate or more; at least one.
pub(super) fn reaching(calls: u32, rate: f64) -> u32 {
    exactly(calls, rate).ceil().max(1.0) as u32
}

/// The part that the rate is of so many calls.
fn exactly(calls: u32, rate: f64) -> f64 {
    // 0.6 of 5 is 3, although 0.6 * 5.0 may lie a bit above: what is meant is the decimal.
    f64::from(calls) * rate - 1e-9
}

/// One of the two windows.
#[derive(Clone, Debug)]
pub(super) enum Ring {
    Count(CountWindow),
    Time(TimeWindow),
}

impl Ring {
    /// An empty window from `now` on.
    pub(super) const fn new(now: Duration, window: Window) -> Self {
        match window {
            Window::Count(calls) => Ring::Count(CountWindow::new(calls)),
            Window::Time(time) => Ring::Time(TimeWindow::new(now, time)),
        }
    }

    /// Adds one call.
    #[inline]
    pub(super) fn record(&mut self, now: Duration, mark: Mark) {
        match self {
            Ring::Count(ring) => ring.record(mark),
            Ring::Time(ring) => ring.record(now, mark),
        }
    }

    /// Adds successes that were counted elsewhere since the last record: in a time window they belong to
    /// the bucket of that record.
    pub(super) fn absorb(&mut self, successes: u32) {
        match self {
            Ring::Count(ring) => ring.absorb(successes),
            Ring::Time(ring) => ring.absorb(successes),
        }
    }

    /// The calls in the window.
    #[inline]
    pub(super) fn tally(&mut self, now: Duration) -> Tally {
        match self {
            Ring::Count(ring) => ring.tally(),
            Ring::Time(ring) => ring.tally(now),
        }
    }

    /// The moment at which time itself next changes the window.
    #[inline]
    pub(super) fn stable_until(&self) -> Option<Duration> {
        match self {
            Ring::Count(_) => None,
            Ring::Time(ring) => Some(ring.stable_until()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `ok`, `fail`, `slow` (a slow success) or `slowfail`.
    pub(in crate::breaker) fn mark(word: &str) -> Mark {
        Mark { failed: word.ends_with("fail"), slow: word.starts_with("slow") }
    }

    #[test]
    fn a_rate_means_the_decimal_that_was_written() {
        assert_eq!(reaching(5, 0.6), 3);
        assert_eq!(reaching(10, 0.1 + 0.2), 3);
        assert_eq!(reaching(4, 0.75), 3);
        assert_eq!(reaching(3, 0.6), 2);
        assert_eq!(reaching(5, 0.01), 1);
        assert_eq!(reaching(100_000, 1.0), 100_000);
    }

    #[test]
    fn a_tally_reaches_a_rate_with_the_smallest_part_that_makes_it_up() {
        for (calls, rate) in [(1, 0.0), (5, 0.6), (10, 0.1 + 0.2), (4, 0.75), (3, 0.6), (7, 1.0)] {
            let tally = Tally { calls, ..Tally::default() };
            for part in 0..=calls {
                let smallest = reaching(calls, rate);
                assert_eq!(
                    tally.reaches(part, rate),
                    part >= smallest,
                    "{part} of {calls}, {rate}"
                );
            }
        }
        assert!(!Tally::default().reaches(0, 0.5), "an empty window has no rate");
    }

    #[test]
    fn permanent_failures_are_not_counted_and_all_others_are() {
        let counted = Kind::ALL.map(|kind| Outcome::from(kind) == Outcome::Failure);
        assert_eq!(counted, [true, true, true, true, false]);
    }
}
