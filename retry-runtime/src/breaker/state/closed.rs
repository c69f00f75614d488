//! Closed: everything is admitted and counted.

use std::time::Duration;

use super::super::settings::BreakerSettings;
use super::super::window::{Mark, Ring, Tally};

/// The window, and the failures in a row.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct Closed {
    pub(in crate::breaker) ring: Ring,
    pub(in crate::breaker) consecutive: u32,
}

impl Closed {
    pub(in crate::breaker) const fn new(now: Duration, settings: &BreakerSettings) -> Self {
        Closed { ring: Ring::new(now, settings.window), consecutive: 0 }
    }

    /// Counts one call.
    #[inline]
    pub(in crate::breaker) fn record(&mut self, now: Duration, mark: Mark) {
        self.consecutive = if mark.failed { self.consecutive.saturating_add(1) } else { 0 };
        self.ring.record(now, mark);
    }

    /// Counts successes that were kept elsewhere since the last record, none of which could have
    /// tripped: see [`quiet`](Self::quiet).
    pub(in crate::breaker) fn absorb(&mut self, successes: u32) {
        if successes > 0 {
            self.consecutive = 0;
            self.ring.absorb(successes);
        }
    }

    /// Whether the counts are enough to open.
    #[inline]
    pub(in crate::breaker) fn trips(&mut self, now: Duration, settings: &BreakerSettings) -> bool {
        if settings.consecutive.is_some_and(|limit| self.consecutive >= limit) {
            return true;
        }
        let tally = self.ring.tally(now);
        tally.calls >= settings.enough_calls()
            && (tally.reaches(tally.failures, settings.rate)
                || settings.slow.is_some()
                    && tally.reaches(tally.slow, settings.slow_rate_or_default()))
    }

    /// Whether no quick success can trip before time changes the window: it can lower a rate, never raise
    /// it, so it trips only by completing the minimum of calls, and only if there is anything against.
    #[inline]
    pub(in crate::breaker) fn quiet(&mut self, now: Duration, settings: &BreakerSettings) -> bool {
        let tally = self.ring.tally(now);
        tally.calls >= settings.enough_calls() || tally.failures == 0 && tally.slow == 0
    }

    pub(in crate::breaker) fn tally(&mut self, now: Duration) -> Tally {
        self.ring.tally(now)
    }
}
