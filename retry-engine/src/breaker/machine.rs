//! The state machine: pure, without a lock or a clock; `now` is the time since the machine's start.

use std::time::Duration;

use super::figures::Figures;
use super::paths::Paths;
use super::settings::BreakerSettings;
use super::state::{Closed, HalfOpen, Open, Ran, Standing, State, Verdict};
use super::tick::Tick;
use super::ticket::{Mode, Refusal, Ticket, Transition};
use super::window::{Mark, Outcome, Tally};
use super::word::Held;
use crate::base::rng::Rng;

/// A circuit breaker without a lock or a clock.
///
/// `now` is the time since the machine's start and may stand still; where it runs backwards it counts as
/// standing still. Results are counted with a moment of 62 bits, so `now` is at most 146 years. Transitions are lazy: every method
/// first makes those that were due by `now`.
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Machine, Mode, Outcome};
/// use std::time::Duration;
///
/// let secs = Duration::from_secs;
/// let mut breaker = Machine::new(BreakerSettings::new().consecutive(1).jitter(0.0));
/// let ticket = breaker.admit(secs(0))?;
/// breaker.record(secs(1), ticket, Outcome::Failure, false);
/// assert_eq!(breaker.mode(secs(1)), Mode::Open);
/// assert_eq!(breaker.admit(secs(4)).unwrap_err().retry_after, Some(secs(2)));
/// assert!(breaker.admit(secs(6)).is_ok());
/// # Ok::<(), retry_runtime::breaker::Refusal>(())
/// ```
#[derive(Clone, Debug)]
pub struct Machine {
    pub(super) settings: BreakerSettings,
    pub(super) state: State,
    pub(super) generation: u32,
    pub(super) rejected: u64,
    /// `None` until a seed is drawn.
    pub(super) seed: Option<u64>,
    pub(super) transitions: Vec<Transition>,
    /// The settings as they were given, while those in force have lower thresholds.
    pub(super) declared: Option<Box<BreakerSettings>>,
    /// Open by the word of others.
    pub(super) follows: bool,
    /// How often in a row the word of others put off its probes.
    pub(super) put_off: u8,
}

/// The limit of stored transitions; older ones are dropped.
const KEPT: usize = 16;

impl Machine {
    /// A closed machine with an empty window. The settings must have passed their check.
    pub const fn new(settings: BreakerSettings) -> Self {
        let state = State::Closed(Closed::new(Duration::ZERO, &settings));
        Machine {
            settings,
            state,
            generation: 0,
            rejected: 0,
            seed: None,
            transitions: Vec::new(),
            declared: None,
            follows: false,
            put_off: 0,
        }
    }

    /// Fixes the seed of the jitter. Two machines with the same seed open for the same times.
    #[must_use]
    #[inline]
    pub const fn seeded(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Asks for permission to make a call.
    ///
    /// # Errors
    /// [`Refusal`] when it must not be made.
    pub fn admit(&mut self, now: Duration) -> Result<Ticket, Refusal> {
        self.settle(now);
        let generation = self.generation;
        let retry_after = match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                let number = closed.admit(now);
                return Ok(Ticket { held: Held::call(generation, number), since: Some(now) });
            }
            State::Disabled => {
                return Ok(Ticket { held: Held::call(generation, 0), since: Some(now) });
            }
            State::HalfOpen(half_open) => match half_open.admit(now, &self.settings) {
                Some(number) => {
                    let held = Held::of_probe(generation, number);
                    return Ok(Ticket { held, since: Some(now) });
                }
                None => None,
            },
            State::Open(open) => open.left(now),
            State::ForcedOpen => None,
        };
        self.rejected += 1;
        Err(Refusal { mode: self.state.mode(), retry_after })
    }

    /// Takes a call's result. One that was admitted in an earlier generation is ignored.
    #[inline]
    pub fn record(&mut self, now: Duration, ticket: Ticket, outcome: Outcome, slow: bool) {
        self.end_call(Tick::at(now), ticket.held, outcome, slow);
    }

    /// [`record`](Self::record) for the content of a ticket or a permit.
    #[inline(always)]
    pub(super) fn end_call(
        &mut self,
        now: Tick,
        held: Held,
        outcome: Outcome,
        slow: bool,
    ) -> Paths {
        self.settle_at(now);
        if held.generation() != self.generation {
            return Paths::Unknown;
        }
        let failed = match outcome {
            Outcome::Success => false,
            Outcome::Failure => true,
            Outcome::Ignored => {
                self.ignore(now.time(), held);
                return Paths::Unknown;
            }
        };
        let mark = Mark { failed, slow };
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                closed.record(now, mark, &self.settings);
                if self.trip_if_due(now) == Standing::Bears && failed {
                    return Paths::Kept;
                }
            }
            State::HalfOpen(half_open) => {
                if held.probe().is_some_and(|number| half_open.end(number)) {
                    let verdict = half_open.record(mark, &self.settings);
                    self.decide(now.time(), verdict);
                }
            }
            State::Open(_) | State::ForcedOpen | State::Disabled => {}
        }
        Paths::Unknown
    }

    /// The caller dropped a call before its result. That is nobody's verdict by itself: a probe gives its place back.
    ///
    /// A call that ran for [`slow`](BreakerSettings::slow), or for 1 s without it, might have been answered. As a probe
    /// it failed. In the closed state, [`min_calls`](BreakerSettings::min_calls) of them in a row open, if no answer
    /// of any kind has come for 10 s.
    #[inline]
    pub fn abandon(&mut self, now: Duration, ticket: Ticket) {
        let patience = self.settings.patience();
        let ran = match ticket.since.map(|since| now.saturating_sub(since)) {
            Some(ran) if ran >= patience => Ran::Long(ran),
            Some(_) => Ran::Briefly,
            None => Ran::Unknown,
        };
        self.drop_call(now, ticket.held, ran);
    }

    /// [`abandon`](Self::abandon) for a call about which the permit knows how long it ran.
    pub(super) fn drop_call(&mut self, now: Duration, held: Held, ran: Ran) {
        self.settle(now);
        if held.generation() != self.generation {
            return;
        }
        match (&mut self.state, held.probe()) {
            (State::Closed(closed) | State::Shadow(closed), _) => {
                closed.drop_call(now, held.number(), ran, &self.settings);
                self.trip_if_due(Tick::at(now));
            }
            (State::HalfOpen(half_open), Some(number)) => {
                let verdict = match ran {
                    Ran::Long(_) if half_open.end(number) => {
                        half_open.record(self.settings.no_answer(), &self.settings)
                    }
                    _ => {
                        half_open.free(number);
                        half_open.verdict(&self.settings)
                    }
                };
                self.decide(now, verdict);
            }
            _ => {}
        }
    }

    /// A call says nothing about the dependency: a probe gives its place back.
    fn ignore(&mut self, now: Duration, held: Held) {
        match (&mut self.state, held.probe()) {
            (State::Closed(closed) | State::Shadow(closed), _) => {
                closed.dropped.unlist(held.number());
            }
            (State::HalfOpen(half_open), Some(number)) => {
                half_open.end(number);
                let verdict = half_open.verdict(&self.settings);
                self.decide(now, verdict);
            }
            _ => {}
        }
    }

    /// Goes on with other settings, which must have passed their check. The window and the failures in a row are
    /// carried over, an open breaker stays open until its time is up, and orders stay in force.
    pub fn configure(&mut self, now: Duration, settings: BreakerSettings) {
        self.settle(now);
        self.settings = settings;
        self.declared = None;
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => closed.configure(now, &settings),
            State::HalfOpen(half_open) => {
                let verdict = half_open.verdict(&settings);
                self.decide(now, verdict);
            }
            State::Open(_) | State::ForcedOpen | State::Disabled => {}
        }
    }

    /// The settings in force; those without a lowered threshold while it [leans](Self::lean).
    pub const fn settings(&self) -> &BreakerSettings {
        match &self.declared {
            Some(declared) => declared,
            None => &self.settings,
        }
    }

    /// The state at this moment.
    #[inline]
    pub fn mode(&mut self, now: Duration) -> Mode {
        self.settle(now);
        self.state.mode()
    }

    /// The counts of the present state.
    #[inline]
    pub fn figures(&mut self, now: Duration) -> Figures {
        self.settle(now);
        self.figures_unsettled(now)
    }

    /// The first moment from `now` on at which a call is admitted if nothing but time passes; `None`
    /// where that depends on something else.
    pub fn next_admission(&mut self, now: Duration) -> Option<Duration> {
        self.settle(now);
        match &self.state {
            State::Closed(_) | State::Disabled | State::Shadow(_) => Some(now),
            State::HalfOpen(half_open) => half_open.admits(now, &self.settings).then_some(now),
            State::Open(open) => Some(open.until),
            State::ForcedOpen => None,
        }
    }

    /// The transitions since the last time this was called, oldest first, at most 16.
    pub fn take_transitions(&mut self) -> Vec<Transition> {
        std::mem::take(&mut self.transitions)
    }

    /// Makes the transitions that were due by now, dated to when they were.
    #[inline]
    pub(super) fn settle(&mut self, now: Duration) {
        if self.ends_by_time() {
            self.make_due(now);
        }
    }

    pub(super) fn make_due(&mut self, now: Duration) {
        loop {
            match &self.state {
                State::Open(open) if open.left(now).is_none() => {
                    let (at, reopened) = (open.until, open.reopened);
                    self.go(at, State::HalfOpen(HalfOpen::new(reopened, &self.settings)));
                }
                State::HalfOpen(_) => {
                    let Some((at, verdict)) = self.give_up_missing(now) else { return };
                    self.decide(at, verdict);
                }
                _ => return,
            }
        }
    }

    /// Counts the oldest probe whose time is up as failed.
    fn give_up_missing(&mut self, now: Duration) -> Option<(Duration, Verdict)> {
        let State::HalfOpen(half_open) = &mut self.state else { return None };
        let at = half_open.give_up_missing(now, self.settings.probe_timeout)?;
        Some((at, half_open.record(self.settings.no_answer(), &self.settings)))
    }

    #[inline(always)]
    pub(super) fn trip_if_due(&mut self, now: Tick) -> Standing {
        let State::Closed(closed) = &mut self.state else { return Standing::TooFew };
        let standing = closed.standing(now, &self.settings);
        if standing == Standing::Trips {
            self.open(now.time(), 0);
        }
        standing
    }

    fn decide(&mut self, now: Duration, verdict: Verdict) {
        match verdict {
            Verdict::Open => self.open(now, self.reopened().saturating_add(1)),
            Verdict::Close => self.close(now),
            Verdict::Undecided => {}
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn open(&mut self, now: Duration, reopened: u32) {
        let unit = unit(self.seed.unwrap_or_default() ^ u64::from(self.generation));
        let until = now.saturating_add(self.settings.open_for(reopened, unit));
        let earliest = now.saturating_add(self.settings.open_for(0, 0.0)).min(until);
        let cause = self.tally(now);
        self.go(now, State::Open(Open { until, earliest, reopened, cause }));
    }

    pub(super) fn close(&mut self, now: Duration) {
        let closed = Closed::new(now, &self.settings);
        self.go(now, State::Closed(closed));
    }

    /// Enters a state. One that is entered from itself is not told.
    pub(super) fn go(&mut self, at: Duration, state: State) {
        let figures = self.figures_unsettled(at);
        let transition = Transition { from: self.state.mode(), to: state.mode(), at, figures };
        if !matches!(state, State::HalfOpen(_)) {
            (self.follows, self.put_off) = (false, 0);
        }
        self.state = state;
        self.generation = self.generation.wrapping_add(1);
        self.rejected = 0;
        if transition.from == transition.to {
            return;
        }
        if self.transitions.len() == KEPT {
            self.transitions.remove(0);
        }
        self.transitions.push(transition);
    }

    fn figures_unsettled(&mut self, now: Duration) -> Figures {
        let tally = self.tally(now);
        let mut figures = Figures { rejected: self.rejected, ..Figures::of(tally, &self.settings) };
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                figures.consecutive = closed.consecutive(Tick::at(now), &self.settings);
                figures.dropped = closed.dropped.count;
                figures.trips = closed.trips(Tick::at(now), &self.settings);
            }
            State::HalfOpen(half_open) => figures.in_flight = half_open.in_flight(),
            State::Open(_) | State::ForcedOpen | State::Disabled => {}
        }
        figures
    }

    pub(super) fn tally(&mut self, now: Duration) -> Tally {
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => closed.tally(Tick::at(now)),
            State::Open(open) => open.cause,
            State::HalfOpen(half_open) => half_open.tally,
            State::ForcedOpen | State::Disabled => Tally::default(),
        }
    }

    pub(super) fn reopened(&self) -> u32 {
        match &self.state {
            State::Open(open) => open.reopened,
            State::HalfOpen(half_open) => half_open.reopened,
            _ => 0,
        }
    }
}

/// A number in [0, 1) that depends on all bits of the seed.
fn unit(seed: u64) -> f64 {
    Rng::seeded(seed).draw_unit()
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "outage_tests.rs"]
mod outage_tests;
