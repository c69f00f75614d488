//! What an operator may order: on the machine, and on the handle under its lock.

use std::time::Duration;

use super::handle::Breaker;
use super::machine::Machine;
use super::state::{Closed, HalfOpen, Open, State};
use crate::base::now::Now;

impl Machine {
    /// Refuses every call until told otherwise.
    pub fn force_open(&mut self, now: Duration) {
        self.settle(now);
        self.go(now, State::ForcedOpen);
    }

    /// Closes with an empty window, whatever state it was in.
    pub fn force_close(&mut self, now: Duration) {
        self.settle(now);
        self.close(now);
    }

    /// Opens for this long, as if it had tripped: for a dependency that said so itself (`Retry-After`).
    pub fn open_for(&mut self, now: Duration, time: Duration) {
        self.settle(now);
        let cause = self.tally(now);
        let reopened = self.reopened();
        self.go(now, State::Open(Open { until: now.saturating_add(time), reopened, cause }));
    }

    /// Opens as if it had tripped.
    pub fn trip(&mut self, now: Duration) {
        self.settle(now);
        self.open(now, self.reopened());
    }

    /// Goes half-open before its time: the next calls are probes.
    pub fn probe(&mut self, now: Duration) {
        self.settle(now);
        let reopened = self.reopened();
        self.go(now, State::HalfOpen(HalfOpen::new(reopened)));
    }

    /// Admits every call and counts nothing.
    pub fn disable(&mut self, now: Duration) {
        self.settle(now);
        self.go(now, State::Disabled);
    }

    /// Admits every call and counts: to see what the settings would do.
    pub fn shadow(&mut self, now: Duration) {
        self.settle(now);
        let closed = Closed::new(now, &self.settings);
        self.go(now, State::Shadow(closed));
    }
}

impl Breaker {
    /// Refuses every call until [`force_close`](Self::force_close) or another order.
    pub fn force_open(&self, now: impl Now) {
        self.locked(now.now(), Machine::force_open);
    }

    /// Closes with an empty window, whatever state it was in.
    pub fn force_close(&self, now: impl Now) {
        self.locked(now.now(), Machine::force_close);
    }

    /// Opens as if it had tripped; with a time, for that long (a dependency's own `Retry-After`).
    pub fn trip(&self, now: impl Now, time: Option<Duration>) {
        self.locked(now.now(), |machine, now| match time {
            Some(time) => machine.open_for(now, time),
            None => machine.trip(now),
        });
    }

    /// Goes half-open before its time: the next calls are probes.
    pub fn probe(&self, now: impl Now) {
        self.locked(now.now(), Machine::probe);
    }

    /// Admits every call and counts nothing.
    pub fn disable(&self, now: impl Now) {
        self.locked(now.now(), Machine::disable);
    }

    /// Admits every call and counts, to see in [`Figures::trips`](super::Figures::trips) what the settings would do.
    pub fn shadow(&self, now: impl Now) {
        self.locked(now.now(), Machine::shadow);
    }

    /// Back to how it was made: closed, nothing counted.
    pub fn reset(&self, now: impl Now) {
        self.force_close(now);
    }
}
