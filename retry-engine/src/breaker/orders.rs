//! The orders of an operator, to the pure machine and to the breaker.

use std::time::Duration;

use super::handle::Breaker;
use super::machine::Machine;
use super::state::{Closed, HalfOpen, Open, State};

impl Machine {
    /// Refuses every call until another order.
    #[inline]
    pub fn force_open(&mut self, now: Duration) {
        self.settle(now);
        if !matches!(self.state, State::ForcedOpen) {
            self.go(now, State::ForcedOpen);
        }
    }

    /// Closes with an empty window, from any state; a closed one makes no transition.
    #[inline]
    pub fn force_close(&mut self, now: Duration) {
        self.settle(now);
        self.close(now);
    }

    /// Opens for this long, as if it had tripped: for a dependency that sent a `Retry-After`.
    #[inline]
    pub fn open_for(&mut self, now: Duration, time: Duration) {
        self.settle(now);
        let cause = self.tally(now);
        let reopened = self.reopened();
        let until = now.saturating_add(time);
        self.go(now, State::Open(Open { until, earliest: until, reopened, cause }));
    }

    /// Opens as if it had tripped.
    #[inline]
    pub fn trip(&mut self, now: Duration) {
        self.settle(now);
        self.open(now, self.reopened());
    }

    /// Goes half-open before its time: the next calls are probes. In a half-open one the count of probes starts over,
    /// which is no transition.
    #[inline]
    pub fn probe(&mut self, now: Duration) {
        self.settle(now);
        let reopened = self.reopened();
        self.go(now, State::HalfOpen(HalfOpen::new(reopened, &self.settings)));
    }

    /// Admits every call and counts nothing.
    pub fn disable(&mut self, now: Duration) {
        self.settle(now);
        if !matches!(self.state, State::Disabled) {
            self.go(now, State::Disabled);
        }
    }

    /// Admits every call and counts, to see what the settings would do. In shadow already, it goes on.
    #[inline]
    pub fn shadow(&mut self, now: Duration) {
        self.settle(now);
        if !matches!(self.state, State::Shadow(_)) {
            let closed = Closed::new(now, &self.settings);
            self.go(now, State::Shadow(closed));
        }
    }
}

impl Breaker {
    /// Refuses every call until [`force_close`](Self::force_close) or another order.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// bank.force_open();
    /// assert!(bank.permit().is_err());
    /// bank.force_close();
    /// assert!(bank.permit().is_ok());
    /// # assert_eq!(bank.mode(), Mode::Closed);
    /// ```
    #[inline]
    pub fn force_open(&self) {
        self.locked_now(Machine::force_open);
    }

    /// Closes with an empty window, from any state.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// bank.trip(None);
    /// bank.force_close();
    /// assert_eq!(bank.mode(), Mode::Closed);
    /// ```
    #[inline]
    pub fn force_close(&self) {
        self.locked_now(Machine::force_close);
    }

    /// Opens as if it had tripped; with a time, for that long (a dependency's `Retry-After`).
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    /// use std::time::Duration;
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// bank.trip(Some(Duration::from_secs(120))); // the server asked for two minutes
    /// assert_eq!(bank.mode(), Mode::Open);
    /// ```
    #[inline]
    pub fn trip(&self, time: Option<Duration>) {
        self.locked_now(|machine, now| match time {
            Some(time) => machine.open_for(now, time),
            None => machine.trip(now),
        });
    }

    /// Goes half-open before its time: the next calls are probes.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// bank.trip(None);
    /// bank.probe();
    /// assert_eq!(bank.mode(), Mode::HalfOpen);
    /// ```
    #[inline]
    pub fn probe(&self) {
        self.locked_now(Machine::probe);
    }

    /// Admits every call and counts nothing.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// bank.disable();
    /// bank.permit()?.failure();
    /// assert_eq!(bank.figures().calls, 0);
    /// # assert_eq!(bank.mode(), Mode::Disabled);
    /// # Ok::<(), retry_runtime::breaker::CircuitOpen>(())
    /// ```
    pub fn disable(&self) {
        self.locked_now(Machine::disable);
    }

    /// Admits every call and counts, to see in [`Figures::trips`](super::Figures::trips) what the settings would do.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new().consecutive(1));
    /// bank.shadow();
    /// bank.permit()?.failure();
    /// assert!(bank.permit().is_ok());
    /// assert!(bank.figures().trips); // a breaker that is not in shadow would have opened
    /// # Ok::<(), retry_runtime::breaker::CircuitOpen>(())
    /// ```
    #[inline]
    pub fn shadow(&self) {
        self.locked_now(Machine::shadow);
    }

    /// Goes back to the state of a new breaker: closed, nothing counted.
    #[inline]
    pub fn reset(&self) {
        self.force_close();
    }
}
