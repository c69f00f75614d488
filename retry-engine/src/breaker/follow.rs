//! The effect of a fleet's word on a breaker: it opens a closed one, puts off the probes of one that waits, hastens them,
//! lowers a threshold. It never closes one.

use std::time::Duration;

use super::handle::Breaker;
use super::machine::Machine;
use super::settings::BreakerSettings;
use super::share::{self, Share};
use super::state::{State, Turn};
use super::tick::Tick;
use super::ticket::{Refusal, Ticket};
use crate::base::clock::Moment;

/// The word of others puts off the probes of a breaker at most so often in a row. A transport that lies cannot keep it open
/// for longer.
const MOST_PUT_OFF: u8 = 4;

impl Machine {
    /// Opens a closed machine because others say that the dependency is down. In all other states it does nothing.
    #[inline]
    pub fn follow(&mut self, now: Duration) {
        self.settle(now);
        if let State::Closed(_) = self.state {
            self.open(now, 0);
            self.follows = true;
        }
    }

    /// The probes of another process have failed: a machine that is open, or half-open and waits for its turn to probe, opens
    /// again without probes of its own, at most four times in a row.
    #[inline]
    pub fn put_off(&mut self, now: Duration) {
        self.settle(now);
        let waits = match &self.state {
            State::Open(open) => now >= open.earliest,
            State::HalfOpen(half_open) => half_open.waits_for_its_turn(),
            _ => false,
        };
        if waits && self.put_off < MOST_PUT_OFF {
            let (reopened, put_off) = (self.reopened().saturating_add(1), self.put_off + 1);
            let follows = self.follows || matches!(self.state, State::HalfOpen(_));
            self.open(now, reopened);
            (self.follows, self.put_off) = (follows, put_off);
        }
    }

    /// The probes of another process have succeeded: an open machine probes as soon as the shortest time for which it opens
    /// is up. It does not close without probes of its own.
    #[inline]
    pub fn hasten(&mut self, now: Duration) {
        self.settle(now);
        if let State::Open(open) = &mut self.state {
            open.until = open.until.min(open.earliest.max(now));
        }
        self.settle(now);
    }

    /// Lowers the thresholds of the closed state to this part of the settings, above 0 and up to 1: others have failed. The
    /// counts so far may be enough to open.
    #[inline]
    pub fn lean(&mut self, now: Duration, part: f64) {
        let declared = *self.settings();
        self.settings = declared;
        self.declared = None;
        if part > 0.0 && part < 1.0 {
            self.settings = declared.leaning(part);
            self.declared = Some(Box::new(declared));
        }
        self.settle(now);
        self.trip_if_due(Tick::at(now));
    }

    /// The answer to a machine whose share has been [asked](Self::asks_for_turn) for the turn to probe; false if nobody waits
    /// for one.
    #[inline]
    pub fn turn(&mut self, now: Duration, turn: Turn) -> bool {
        self.settle(now);
        match &mut self.state {
            State::HalfOpen(half_open) => half_open.answer(now, turn),
            _ => false,
        }
    }

    /// Whether the share must be asked for the turn to probe: once for each refusal that waits for one, and then after a
    /// quarter of a second.
    #[inline]
    pub fn asks_for_turn(&mut self, now: Duration) -> bool {
        self.settle(now);
        match &mut self.state {
            State::HalfOpen(half_open) => half_open.asks(now),
            _ => false,
        }
    }
}

impl BreakerSettings {
    /// The settings with lower thresholds. The probes are judged as before.
    #[inline]
    fn leaning(self, part: f64) -> Self {
        // Rounded up, so that no threshold becomes zero.
        let count = |calls: u32| ((f64::from(calls) * part).ceil() as u32).max(1);
        BreakerSettings {
            rate: self.rate * part,
            slow_rate: self.slow.map(|_| self.slow_rate_or_default() * part),
            min_calls: count(self.min_calls),
            consecutive: self.consecutive.map(count),
            probe_rate: Some(self.probe_rate.unwrap_or(self.rate)),
            ..self
        }
    }
}

impl Breaker {
    /// [`Machine::follow`].
    #[doc(hidden)]
    #[inline]
    pub fn follow(&self) {
        self.locked_now(Machine::follow);
    }

    /// [`Machine::put_off`].
    #[doc(hidden)]
    #[inline]
    pub fn put_off(&self) {
        self.locked_now(Machine::put_off);
    }

    /// [`Machine::hasten`].
    #[doc(hidden)]
    #[inline]
    pub fn hasten(&self) {
        self.locked_now(Machine::hasten);
    }

    /// [`Machine::lean`].
    #[doc(hidden)]
    #[inline]
    pub fn lean(&self, part: f64) {
        self.locked_now(|machine, now| machine.lean(now, part));
    }

    /// [`Machine::turn`].
    #[doc(hidden)]
    #[inline]
    pub fn turn(&self, turn: Turn) -> bool {
        self.locked_now(|machine, now| machine.turn(now, turn))
    }

    /// A half-open breaker has refused a call: asks its share for the turn to probe. Where nobody will answer, the breaker
    /// is a local one, and admits the call if it has room for a probe.
    #[cold]
    pub(super) fn ask_for_turn(&self, now: Moment) -> Option<Result<Ticket, Refusal>> {
        let wanted = |machine: &mut Machine, now| {
            let share: Share = machine.settings.share?;
            machine.asks_for_turn(now).then_some(share)
        };
        let share = self.locked_rarely(now, wanted)?;
        if self.name.is_heard() && share::ask(share, self.name.as_str()) {
            return None;
        }
        Some(self.locked_rarely(now, |machine, now| {
            machine.turn(now, Turn::Local);
            machine.admit(now)
        }))
    }
}
