//! Closed: everything is admitted and counted.

use std::time::Duration;

use super::super::settings::BreakerSettings;
use super::super::tick::Tick;
use super::super::window::{Mark, Ring, Tally};
use super::dropped::{Dropped, Ran};

/// The window, the failures in a row, and the attempts in a row that were dropped without an answer.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct Closed {
    pub(in crate::breaker) ring: Ring,
    failures: u32,
    /// When the last result came in; `None` before the first.
    last_result: Option<Tick>,
    pub(in crate::breaker) dropped: Dropped,
}

/// The verdict of a closed breaker's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::breaker) enum Standing {
    /// They are enough to open.
    Trips,
    /// The window has enough calls, and they reach no rate: a quick success cannot trip.
    Bears,
    /// The window has too few calls for a rate, or the state is one that does not trip.
    TooFew,
}

impl Closed {
    pub(in crate::breaker) const fn new(now: Duration, settings: &BreakerSettings) -> Self {
        let ring = Ring::new(now, settings);
        Closed { ring, failures: 0, last_result: None, dropped: Dropped::NONE }
    }

    /// With a window and failures in a row that were counted before, the last of them at `last_result`.
    #[inline]
    pub(in crate::breaker) fn resumed(
        ring: Ring,
        failures: u32,
        last_result: Option<Tick>,
    ) -> Self {
        Closed { ring, failures, last_result, dropped: Dropped::NONE }
    }

    /// The number of a call that begins, while drops are watched; else 0.
    pub(in crate::breaker) fn admit(&mut self, now: Duration) -> u32 {
        if self.watches_drops() { self.dropped.list(now) } else { 0 }
    }

    /// Counts a call that its caller dropped.
    pub(in crate::breaker) fn drop_call(
        &mut self,
        now: Duration,
        number: u32,
        ran: Ran,
        settings: &BreakerSettings,
    ) {
        let last_result = self.last_result.map(Tick::time);
        self.dropped.add(now, number, ran, settings.patience(), last_result);
    }

    /// Counts one call.
    #[inline]
    pub(in crate::breaker) fn record(&mut self, now: Tick, mark: Mark, settings: &BreakerSettings) {
        let before = self.consecutive(now, settings);
        self.failures = if mark.failed { before.saturating_add(1) } else { 0 };
        self.answered(now);
        self.ring.record(now, mark);
    }

    /// Counts successes, at least one, that were counted elsewhere since the last record.
    #[inline]
    pub(in crate::breaker) fn absorb(&mut self, now: Tick, successes: u32) {
        self.failures = 0;
        self.answered(now);
        self.ring.absorb(now, successes);
    }

    fn answered(&mut self, now: Tick) {
        self.last_result = self.last_result.max(Some(now));
        self.dropped.forget();
    }

    /// The failures in a row: a pause of more than `forget` between two results ends it.
    #[inline]
    pub(in crate::breaker) fn consecutive(&self, now: Tick, settings: &BreakerSettings) -> u32 {
        let fresh = |last: Tick| now.since(last) <= Tick::at(settings.forget).nanos();
        if self.failures > 0 && self.last_result.is_some_and(fresh) { self.failures } else { 0 }
    }

    /// The time since the last result.
    #[inline]
    pub(in crate::breaker) fn quiet_for(&self, now: Duration) -> Option<Duration> {
        Some(now.saturating_sub(self.last_result?.time()))
    }

    /// Whether the counts are enough to open.
    pub(in crate::breaker) fn trips(&mut self, now: Tick, settings: &BreakerSettings) -> bool {
        self.standing(now, settings) == Standing::Trips
    }

    /// The verdict of the counts.
    #[inline(always)]
    pub(in crate::breaker) fn standing(
        &mut self,
        now: Tick,
        settings: &BreakerSettings,
    ) -> Standing {
        let enough = settings.enough_calls();
        let limit = settings.consecutive.map_or(enough, |limit| limit.min(enough));
        // The time of the last result matters to a long row only.
        let is_long = self.failures >= limit && self.consecutive(now, settings) >= limit;
        if is_long || self.dropped.trips(now, enough) {
            return Standing::Trips;
        }
        let tally = self.ring.tally(now);
        match () {
            () if tally.calls < enough => Standing::TooFew,
            () if reaches_a_rate(tally, settings) => Standing::Trips,
            () => Standing::Bears,
        }
    }

    /// Whether no quick success can trip before time changes the window: it can lower a rate, never raise it, so it trips
    /// only by completing the minimum of calls, and only if there is anything against; or if time alone has raised a rate.
    #[inline(always)]
    pub(in crate::breaker) fn quiet(&mut self, now: Tick, settings: &BreakerSettings) -> bool {
        let tally = self.ring.tally(now);
        match tally.calls >= settings.enough_calls() {
            true => !reaches_a_rate(tally, settings),
            false => tally.failures == 0 && tally.slow == 0,
        }
    }

    /// Whether the start of a call must be known, because its drop may count: no answer has come since the last drop,
    /// or since the state began.
    #[inline]
    pub(in crate::breaker) fn watches_drops(&self) -> bool {
        self.last_result.is_none() || self.dropped.any()
    }

    /// Whether there is something against the dependency.
    #[inline]
    pub(in crate::breaker) fn remembers(&mut self, now: Tick, settings: &BreakerSettings) -> bool {
        let tally = self.ring.tally(now);
        tally.failures > 0
            || settings.slow.is_some() && tally.slow > 0
            || self.consecutive(now, settings) > 0
            || self.dropped.any()
    }

    /// Goes on with other settings.
    pub(in crate::breaker) fn configure(&mut self, now: Duration, settings: &BreakerSettings) {
        self.ring = self.ring.with(now, settings);
    }

    pub(in crate::breaker) fn tally(&mut self, now: Tick) -> Tally {
        self.ring.tally(now)
    }
}

/// Whether a rate of the calls in the window is as high as the settings allow.
#[inline(always)]
fn reaches_a_rate(tally: Tally, settings: &BreakerSettings) -> bool {
    tally.reaches(tally.failures, settings.rate)
        || settings.slow.is_some() && tally.reaches(tally.slow, settings.slow_rate_or_default())
}
