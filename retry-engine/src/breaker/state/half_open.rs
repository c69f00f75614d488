//! Half-open: a few probes find out whether the dependency is back.

use std::time::Duration;

use super::super::settings::BreakerSettings;
use super::super::window::{Mark, Tally, reaching};
use super::turn::Turn;

/// The probes under way and the results so far.
///
/// A permit is given at admission, not counted at completion: a probe is admitted while probes under way and results
/// together are fewer than decide. A probe that ends without a result gives its place to another, until twice as many have been
/// admitted: then the period has not been decided, and the breaker opens again. So callers who give up on a side that
/// hangs cost it ten calls in a period, and not one for each of them.
#[derive(Clone, Debug, Default)]
pub(in crate::breaker) struct HalfOpen {
    /// Oldest first.
    without_result: Vec<Probe>,
    admitted: u32,
    pub(in crate::breaker) tally: Tally,
    /// How often it opened again since the breaker was last closed.
    pub(in crate::breaker) reopened: u32,
    turn: Turn,
    /// When the fleet was first asked for the turn to probe.
    asked: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    number: u32,
    since: Duration,
    /// Whether its caller dropped it early: its place is free, and it counts as failed when its time is up.
    dropped: bool,
}

/// The decision by the results so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::breaker) enum Verdict {
    Close,
    Open,
    Undecided,
}

impl HalfOpen {
    pub(in crate::breaker) fn new(reopened: u32, settings: &BreakerSettings) -> Self {
        let turn = if settings.share.is_some() { Turn::Wanted } else { Turn::Local };
        HalfOpen { reopened, turn, ..HalfOpen::default() }
    }

    /// With results that an earlier process has seen.
    #[inline]
    pub(in crate::breaker) fn resumed(
        reopened: u32,
        tally: Tally,
        settings: &BreakerSettings,
    ) -> Self {
        HalfOpen { tally, admitted: tally.calls, ..HalfOpen::new(reopened, settings) }
    }

    /// The number of the probe that is admitted now, if there is room for one and it is the turn of this process.
    pub(in crate::breaker) fn admit(
        &mut self,
        now: Duration,
        settings: &BreakerSettings,
    ) -> Option<u32> {
        self.turn = self.turn.at(now, self.asked, settings.open_max);
        if !self.has_room(settings.probes) || !self.may_probe(self.turn) {
            return None;
        }
        self.admitted = self.admitted.saturating_add(1);
        self.without_result.push(Probe { number: self.admitted, since: now, dropped: false });
        Some(self.admitted)
    }

    pub(in crate::breaker) fn has_room(&self, limit: u32) -> bool {
        self.in_flight().saturating_add(self.tally.calls) < limit && !self.is_spent(limit)
    }

    fn may_probe(&self, turn: Turn) -> bool {
        match turn {
            Turn::Local => true,
            Turn::Mine => self.in_flight() == 0,
            Turn::Wanted | Turn::Asked(_) | Turn::Others(_) => false,
        }
    }

    /// Whether a call at this time is admitted, or asks for the turn to probe.
    pub(in crate::breaker) fn admits(&self, now: Duration, settings: &BreakerSettings) -> bool {
        let turn = self.turn.at(now, self.asked, settings.open_max);
        (self.may_probe(turn) || turn.is_to_be_asked_for(now)) && self.has_room(settings.probes)
    }

    /// Whether the fleet must be asked for the turn to probe; it counts as asked from now on.
    pub(in crate::breaker) fn asks(&mut self, now: Duration) -> bool {
        let asks = self.turn.is_to_be_asked_for(now);
        if asks {
            self.turn = Turn::Asked(now);
            self.asked = self.asked.or(Some(now));
        }
        asks
    }

    /// Takes the answer of the fleet, if it was asked.
    pub(in crate::breaker) fn answer(&mut self, now: Duration, turn: Turn) -> bool {
        let was_asked = matches!(self.turn, Turn::Asked(_));
        if was_asked {
            self.turn = match turn {
                Turn::Others(_) => Turn::Others(now),
                turn => turn,
            };
        }
        was_asked
    }

    /// Whether no probe has been admitted, because it is not the turn of this process.
    #[inline]
    pub(in crate::breaker) fn waits_for_its_turn(&self) -> bool {
        self.admitted == 0 && self.turn != Turn::Local && self.turn != Turn::Mine
    }

    /// Whether the period admits no more probes.
    fn is_spent(&self, limit: u32) -> bool {
        self.admitted >= limit.saturating_mul(2)
    }

    /// Takes a probe under way off the list; false when it was not on it.
    pub(in crate::breaker) fn end(&mut self, number: u32) -> bool {
        let before = self.without_result.len();
        self.without_result.retain(|probe| probe.number != number);
        self.without_result.len() < before
    }

    /// Frees the place of a probe that its caller dropped.
    pub(in crate::breaker) fn free(&mut self, number: u32) {
        let mut probes = self.without_result.iter_mut();
        if let Some(probe) = probes.find(|probe| probe.number == number) {
            probe.dropped = true;
        }
    }

    /// Counts a result, and decides.
    pub(in crate::breaker) fn record(&mut self, mark: Mark, settings: &BreakerSettings) -> Verdict {
        self.tally.add(mark);
        self.verdict(settings)
    }

    /// The decision as soon as no further result could change it, or none can come.
    pub(in crate::breaker) fn verdict(&self, settings: &BreakerSettings) -> Verdict {
        let Tally { calls, failures, slow } = self.tally;
        let remaining = settings.probes.saturating_sub(calls);
        let rate = settings.probe_rate.unwrap_or(settings.rate);
        let too_many = reaching(settings.probes, rate);
        let too_slow = match settings.slow {
            Some(_) => reaching(settings.probes, settings.slow_rate_or_default()),
            None => u32::MAX,
        };
        if failures >= too_many || slow >= too_slow {
            Verdict::Open
        } else if failures + remaining < too_many && slow + remaining < too_slow {
            Verdict::Close
        } else if self.is_spent(settings.probes) && self.in_flight() == 0 {
            Verdict::Open
        } else {
            Verdict::Undecided
        }
    }

    /// Takes the oldest probe whose time is up by `now` off the list: the moment at which it was.
    pub(in crate::breaker) fn give_up_missing(
        &mut self,
        now: Duration,
        timeout: Duration,
    ) -> Option<Duration> {
        let at = self.without_result.first()?.since.saturating_add(timeout);
        (at <= now).then(|| {
            self.without_result.remove(0);
            at
        })
    }

    pub(in crate::breaker) fn in_flight(&self) -> u32 {
        self.without_result.iter().filter(|probe| !probe.dropped).count() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::window::tests::mark;
    use super::*;

    /// The verdict after each result.
    #[track_caller]
    fn check(settings: BreakerSettings, script: &str, verdicts: &str) {
        let mut state = HalfOpen::new(0, &settings);
        let seen: Vec<_> = script
            .split_whitespace()
            .map(|word| match state.record(mark(word), &settings) {
                Verdict::Close => "close",
                Verdict::Open => "open",
                Verdict::Undecided => "-",
            })
            .collect();
        assert_eq!(seen.join(" "), verdicts, "{script}");
    }

    const FIVE: BreakerSettings = BreakerSettings::new();

    #[test]
    fn it_decides_as_soon_as_it_is_certain() {
        check(FIVE, "ok ok ok", "- - close");
        check(FIVE, "fail fail fail", "- - open");
        check(FIVE, "fail ok fail ok ok", "- - - - close");
        check(FIVE.probes(4), "fail ok ok ok", "- - - close");
        check(FIVE.probes(1), "ok", "close");
        check(FIVE.probes(1), "fail", "open");
    }

    #[test]
    fn a_rate_of_one_nth_opens_at_the_first_failure_and_closes_after_n_successes() {
        let first = FIVE.probes(3).probe_rate(1.0 / 3.0);
        check(first, "ok ok ok", "- - close");
        check(first, "ok ok fail", "- - open");
        check(first, "fail", "open");
    }

    #[test]
    fn slow_probes_count_against_closing_when_slow_calls_count_at_all() {
        let slow = FIVE.slow(Duration::from_secs(1));
        check(slow, "slow slow slow", "- - open");
        check(slow, "slow ok slow ok ok", "- - - - close");
        check(FIVE, "slow slow slow", "- - close");
    }
}
