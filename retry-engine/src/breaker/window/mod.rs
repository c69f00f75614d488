//! The window of a closed breaker: a ring of the last n outcomes, or a ring of 10 buckets of time.

mod count;
mod time;

use std::time::Duration;

use super::settings::{BreakerSettings, Window};
use super::tick::Tick;
use crate::failure::class::{Classify, Kind};

pub(super) use count::CountWindow;
pub(super) use time::TimeWindow;

/// How one attempt ended, as far as the breaker is concerned.
///
/// ```
/// use retry_runtime::Kind;
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Outcome};
///
/// let search = Breaker::new("search", BreakerSettings::new());
/// search.permit()?.end(Outcome::from(Kind::Ambiguous));
/// assert_eq!(search.figures().failures, 1);
/// assert_eq!(Outcome::from(Kind::Permanent), Outcome::Success); // the other side has answered
/// # Ok::<(), retry_runtime::breaker::CircuitOpen>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed in a way that speaks against the dependency; a panic is one.
    Failure,
    /// It says nothing about the dependency's health: another breaker refused it, the caller's own limit.
    Ignored,
}

impl Outcome {
    /// The outcome of a call with this result; the error's `Classify` decides how a failure counts.
    pub(crate) fn of<T, E: Classify>(result: &Result<T, E>) -> Self {
        result.as_ref().map_or_else(|error| error.classify().kind.into(), |_| Outcome::Success)
    }
}

impl From<Kind> for Outcome {
    /// A failure of this kind. `Permanent` is a success: a dependency that says "no such thing" has answered, as in
    /// MicroProfile's `failOn` and `skipOn`. If it were ignored, a half-open breaker whose callers ask for things that do
    /// not exist would never be decided (erpc#1118).
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Permanent => Outcome::Success,
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

    /// Removes so many calls with this mark.
    #[inline]
    pub(super) fn remove(&mut self, mark: Mark, calls: u32) {
        self.calls -= calls;
        self.failures -= u32::from(mark.failed) * calls;
        self.slow -= u32::from(mark.slow) * calls;
    }

    pub(super) fn of(mark: Mark) -> Self {
        let mut tally = Tally::default();
        tally.add(mark);
        tally
    }

    /// Calls that make up this tally, or a part of it that is not more than `limit`; failures and slow calls are spread
    /// evenly.
    fn marks(&self, limit: u32) -> impl Iterator<Item = Mark> + use<> {
        let Tally { calls, failures, slow } = *self;
        let of = u64::from(calls.min(limit));
        let is_one = move |part: u32, number: u64| {
            let part = u64::from(part) * of / u64::from(calls.max(1));
            (number + 1) * part / of > number * part / of
        };
        (0..of).map(move |number| Mark {
            failed: is_one(failures, number),
            slow: is_one(slow, number),
        })
    }

    /// Adds all calls of another tally.
    fn merge(&mut self, other: Tally) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failures = self.failures.saturating_add(other.failures);
        self.slow = self.slow.saturating_add(other.slow);
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
    pub(super) const fn new(now: Duration, settings: &BreakerSettings) -> Self {
        match settings.window {
            Window::Count(calls) => Ring::Count(CountWindow::new(now, calls, settings.forget)),
            Window::Time(time) => Ring::Time(TimeWindow::new(now, time)),
        }
    }

    /// The window of these settings, with the calls of this one as far as they still count.
    pub(super) fn with(&mut self, now: Duration, settings: &BreakerSettings) -> Ring {
        let mut next = Ring::new(now, settings);
        let calls: Vec<(Duration, Tally)> = match self {
            Ring::Count(ring) => ring.calls().map(|(at, mark)| (at, Tally::of(mark))).collect(),
            Ring::Time(ring) => ring.filled(now),
        };
        match &mut next {
            Ring::Time(ring) => ring.refill(now, &calls),
            Ring::Count(ring) => *ring = ring.refilled(&calls),
        }
        next
    }

    /// Adds one call.
    #[inline]
    pub(super) fn record(&mut self, now: Tick, mark: Mark) {
        match self {
            Ring::Count(ring) => ring.record(now, mark),
            Ring::Time(ring) => ring.record(now.time(), mark),
        }
    }

    /// Adds successes that were counted elsewhere since the last record: in a time window they belong to
    /// the bucket of that record, in a count window they are spread over the time since then.
    #[inline]
    pub(super) fn absorb(&mut self, now: Tick, successes: u32) {
        match self {
            Ring::Count(ring) => ring.absorb(now, successes),
            Ring::Time(ring) => ring.absorb(successes),
        }
    }

    /// Whether further quick successes change nothing as long as time does not.
    #[inline]
    pub(super) fn is_full_of_successes(&self) -> bool {
        match self {
            Ring::Count(ring) => ring.is_full_of_successes(),
            Ring::Time(_) => false,
        }
    }

    /// The calls in the window.
    #[inline]
    pub(super) fn tally(&mut self, now: Tick) -> Tally {
        match self {
            Ring::Count(ring) => ring.tally(now),
            Ring::Time(ring) => ring.tally(now.time()),
        }
    }

    /// The moment at which time itself next changes the window. A count window forgets so slowly that the next step
    /// under the lock is soon enough.
    #[inline]
    pub(super) fn stable_until(&self) -> Option<Tick> {
        match self {
            Ring::Count(_) => None,
            Ring::Time(ring) => Some(Tick::at(ring.stable_until())),
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
    fn a_permanent_failure_is_an_answer_and_all_others_speak_against_the_dependency() {
        let outcomes = Kind::ALL.map(Outcome::from);
        let (bad, good) = (Outcome::Failure, Outcome::Success);
        assert_eq!(outcomes, [bad, bad, bad, bad, good]);
    }
}
