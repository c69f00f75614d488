//! The delays that a policy asks for.

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::Policy;
use super::hint::Hint;
use super::jitter::{Jitter, Unspread, spread_evenly};
use crate::base::duration;
use crate::base::rng::Rng;

/// The delay before one retry: anywhere from the shortest to the longest.
///
/// ```
/// use retry_runtime::{Jitter, Policy};
/// use std::time::Duration;
///
/// let policy = Policy::new().max(2).base(Duration::from_millis(100)).jitter(Jitter::Equal);
/// let ranges: Vec<_> = policy.schedule().map(|delay| (delay.retry, delay.shortest.as_millis())).collect();
/// assert_eq!(ranges, [(1, 50), (2, 100)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DelayRange {
    /// The retry's number, from 1.
    pub retry: u32,
    /// No shorter delay comes out.
    pub shortest: Duration,
    /// No longer delay comes out.
    pub longest: Duration,
}

impl Policy {
    /// The delay before the first retry, without cap and jitter.
    pub(super) const fn first_delay(&self) -> Duration {
        match (self.backoff, self.base) {
            (Backoff::List(entries), _) if !entries.is_empty() => entries[0],
            // A function cannot be called where constants are computed: no check relies on its delays.
            (Backoff::Custom(_), _) => Duration::ZERO,
            (_, Some(base)) => base,
            (_, None) => Duration::from_secs(1),
        }
    }

    /// The delay before the first retry, at most the cap and without jitter.
    pub(super) const fn capped_first_delay(&self) -> Duration {
        duration::min(self.first_delay(), self.cap)
    }

    /// The shortest delay that can precede the first retry.
    pub(super) const fn shortest_first_delay(&self) -> Duration {
        let first = self.first_delay();
        let delay = self.capped_first_delay();
        let reach = self.jitter.reach(first, self.factor);
        self.jitter.range(Unspread { delay, base: first, reach, cap: self.cap }).0
    }

    /// The delay before retry `retry` (from 1), at most the cap and without jitter; `previous` is the delay before the last
    /// retry, if there was one.
    fn unspread(&self, retry: u32, previous: Option<Duration>) -> Unspread {
        let base = self.first_delay();
        let delay = self.backoff.delay(base, self.factor.unwrap_or(2.0), retry).min(self.cap);
        let reach = self.jitter.reach(previous.unwrap_or(base), self.factor);
        Unspread { delay, base, reach, cap: self.cap }
    }

    /// Whether the delays depend on the ones before.
    pub(crate) const fn grows_by_itself(&self) -> bool {
        matches!(self.jitter, Jitter::Decorrelated)
    }

    /// The delay before retry `retry`, spread by a random number. `previous` is the delay before the last retry, where the
    /// delays [grow by themselves](Self::grows_by_itself).
    #[inline]
    pub(crate) fn delay(
        &self,
        retry: u32,
        previous: Option<Duration>,
        random: impl FnOnce() -> u64,
    ) -> Duration {
        // Nothing grows from nothing, and nothing is spread: whoever retries at once pays for no arithmetic.
        if self.backoff.uses_base()
            && self.base.is_some_and(|base| base.is_zero())
            && !self.grows_by_itself()
        {
            return Duration::ZERO;
        }
        self.spread_delay(retry, previous, random())
    }

    fn spread_delay(&self, retry: u32, previous: Option<Duration>, random: u64) -> Duration {
        self.jitter.of_retry(retry).spread(self.unspread(retry, previous), random)
    }

    /// The delay before retry `retry` after a server's hint, spread by `random` and at most `limit`; and whether the hint
    /// is what it begins with.
    ///
    /// It lies between `hint` and `hint` plus the longest of the retry's own delay before jitter, a tenth of the hint,
    /// and a second. Without that spread all clients would return in the instant that the server named, also those
    /// whose policy has no jitter. A hint does not make the delay shorter than the shortest that the policy allows, unless
    /// the policy takes it [instead](Hint::Instead): then the retry's own delay has no part in it. An
    /// [exact](Hint::Exact) hint is not spread.
    pub(crate) fn hinted_delay(
        &self,
        retry: u32,
        hint: Duration,
        limit: Duration,
        random: u64,
    ) -> (Duration, bool) {
        const LEAST_SPREAD: Duration = Duration::from_secs(1);
        let (own, delay) = match self.hint {
            Hint::AtLeast => {
                let unspread = self.unspread(retry, Some(Duration::ZERO));
                (self.jitter.of_retry(retry).range(unspread).0, unspread.delay)
            }
            Hint::Instead => (Duration::ZERO, Duration::ZERO),
            Hint::Exact => return (hint.min(limit), true),
        };
        let spread = delay.max(hint / 10).max(LEAST_SPREAD);
        let longest = hint.saturating_add(spread).min(limit);
        let shortest = if own <= longest { own.max(hint) } else { hint };
        let width = longest.saturating_sub(shortest);
        (shortest.min(limit) + spread_evenly(width, random), shortest == hint)
    }

    /// Where the delay before each retry can lie: the schedule, for tables and snapshot tests. Server's
    /// hints and the deadline are not part of it. It has an entry for each retry, endless when the number
    /// of attempts has no limit.
    ///
    /// ```
    /// use retry_runtime::{Jitter, Policy};
    /// use std::time::Duration;
    ///
    /// let policy = Policy::new().max(3).jitter(Jitter::None);
    /// let delays: Vec<_> = policy.schedule().map(|delay| delay.longest.as_secs()).collect();
    /// assert_eq!(delays, [1, 2, 4]);
    /// ```
    #[inline]
    pub fn schedule(&self) -> impl Iterator<Item = DelayRange> + use<> {
        let policy = *self;
        let retries = policy.limit().map_or(u32::MAX, |attempts| attempts.saturating_sub(1));
        let mut longest_before = None;
        (1..=retries).map(move |retry| {
            let of = policy.unspread(retry, longest_before);
            let (shortest, longest) = policy.jitter.of_retry(retry).range(of);
            longest_before = Some(longest);
            DelayRange { retry, shortest, longest }
        })
    }

    /// One run of the schedule as a call would draw it, determined by `seed`.
    ///
    /// ```
    /// use retry_runtime::Policy;
    ///
    /// let policy = Policy::new().max(3);
    /// assert!(policy.delays(7).eq(policy.delays(7)));
    /// assert_eq!(policy.delays(7).count(), 3);
    /// ```
    #[inline]
    pub fn delays(&self, seed: u64) -> impl Iterator<Item = Duration> + use<> {
        let policy = *self;
        let (mut rng, mut previous) = (Rng::seeded(seed), None);
        let retries = policy.limit().map_or(u32::MAX, |attempts| attempts.saturating_sub(1));
        (1..=retries).map(move |retry| {
            let delay = policy.delay(retry, previous, || rng.draw());
            previous = Some(delay);
            delay
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn range(policy: Policy, retry: u32, hint: Duration, limit: Duration) -> [Duration; 2] {
        [0, u64::MAX].map(|random| policy.hinted_delay(retry, hint, limit, random).0)
    }

    #[test]
    fn a_hint_is_spread_by_a_tenth_of_it_a_second_or_the_delay() {
        let secs = Duration::from_secs;
        let check = |policy: Policy, retry, hint: u64, limit, expected: [u64; 2]| {
            assert_eq!(range(policy, retry, secs(hint), limit), expected.map(secs), "{policy:?}");
        };
        for policy in [Policy::new(), Policy::new().jitter(Jitter::None)] {
            for base in [SECOND / 10, SECOND] {
                check(policy.base(base), 1, 30, Duration::MAX, [30, 33]);
                check(policy.base(base), 1, 3, Duration::MAX, [3, 4]);
                check(policy.base(base), 1, 30, secs(31), [30, 31]);
                check(policy.base(base), 1, 30, secs(30), [30, 30]);
            }
        }
        check(Policy::new(), 4, 3, Duration::MAX, [3, 11]);
        check(Policy::new(), 1, 0, Duration::MAX, [0, 1]);
        let longest = [Duration::MAX; 2];
        assert_eq!(range(Policy::new(), 1, Duration::MAX, Duration::MAX), longest);
    }

    #[test]
    fn a_hint_does_not_shorten_the_shortest_delay_of_the_policy() {
        let exact = Policy::new().base(5 * SECOND).jitter(Jitter::None);
        assert_eq!(range(exact, 1, 3 * SECOND, Duration::MAX), [5 * SECOND, 8 * SECOND]);
        assert_eq!(range(exact, 1, Duration::ZERO, Duration::MAX), [5 * SECOND; 2]);
        // Unless that would not fit into the time left, where the hint does.
        assert_eq!(range(exact, 1, 3 * SECOND, 4 * SECOND), [3 * SECOND, 4 * SECOND]);
    }

    #[test]
    fn an_exact_hint_is_not_spread_and_knows_no_delay_of_the_policy() {
        let exact = Policy::new().base(5 * SECOND).hint(Hint::Exact);
        for hint in [Duration::ZERO, SECOND, 30 * SECOND, Duration::MAX] {
            assert_eq!(range(exact, 4, hint, Duration::MAX), [hint; 2]);
        }
        assert_eq!(exact.hinted_delay(1, SECOND, Duration::MAX, 7), (SECOND, true));
    }

    #[test]
    fn decorrelated_jitter_grows_with_the_delay_before() {
        let policy = Policy::new().max(50).base(SECOND).jitter(Jitter::Decorrelated);
        for seed in 0..20 {
            let longest = policy.delays(seed).max().unwrap_or_default();
            assert!(longest > 10 * SECOND, "{seed}: {longest:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_hinted_delay_lies_between_the_hint_and_its_spread(
            hint: u64, limit: u64, retry: u32, random: u64,
        ) {
            let (hint, limit) = (Duration::from_nanos(hint), Duration::from_nanos(limit));
            let (delay, _) = Policy::new().hinted_delay(retry, hint, limit, random);
            let spread = Duration::from_secs(30).max(hint / 10);
            proptest::prop_assert!(delay <= limit);
            proptest::prop_assert!(delay >= hint.min(limit));
            proptest::prop_assert!(delay <= hint.saturating_add(spread));
        }
    }
}
