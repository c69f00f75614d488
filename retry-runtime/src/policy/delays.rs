//! The delays that a policy asks for.

use std::time::Duration;

use super::backoff::Backoff;
use super::builder::Policy;
use super::jitter::Unspread;
use crate::base::duration;
use crate::base::rng::Rng;

/// The delay before one retry: anywhere from the shortest to the longest.
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
        self.jitter.range(Unspread { delay, base: first, previous: first, cap: self.cap }).0
    }

    /// The delay before retry `retry` (from 1), at most the cap and without jitter.
    fn unspread(&self, retry: u32, previous: Duration) -> Unspread {
        let base = self.first_delay();
        let delay = self.backoff.delay(base, self.factor.unwrap_or(2.0), retry).min(self.cap);
        Unspread { delay, base, previous, cap: self.cap }
    }

    /// The delay before retry `retry`, spread by `random`.
    #[inline]
    pub(crate) fn delay(&self, retry: u32, previous: Option<Duration>, random: u64) -> Duration {
        // Nothing grows from nothing, and nothing is spread: whoever retries at once pays for no arithmetic.
        let nothing = |time: Duration| time.is_zero();
        if self.backoff.uses_base()
            && self.base.is_some_and(nothing)
            && previous.is_none_or(nothing)
        {
            return Duration::ZERO;
        }
        self.spread_delay(retry, previous, random)
    }

    fn spread_delay(&self, retry: u32, previous: Option<Duration>, random: u64) -> Duration {
        let previous = previous.unwrap_or_else(|| self.first_delay());
        self.jitter.spread(self.unspread(retry, previous), random)
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
    pub fn schedule(&self) -> impl Iterator<Item = DelayRange> + use<> {
        let policy = *self;
        let retries = policy.limit().map_or(u32::MAX, |attempts| attempts.saturating_sub(1));
        let mut longest_before = policy.first_delay();
        (1..=retries).map(move |retry| {
            let (shortest, longest) = policy.jitter.range(policy.unspread(retry, longest_before));
            longest_before = longest;
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
    pub fn delays(&self, seed: u64) -> impl Iterator<Item = Duration> + use<> {
        let policy = *self;
        let (mut rng, mut previous) = (Rng::seeded(seed), None);
        let retries = policy.limit().map_or(u32::MAX, |attempts| attempts.saturating_sub(1));
        (1..=retries).map(move |retry| {
            let delay = policy.delay(retry, previous, rng.draw());
            previous = Some(delay);
            delay
        })
    }
}
