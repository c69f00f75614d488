//! The steps of a call at its breaker: by the word and the cells of threads where possible, else under the lock.

use std::time::Duration;

use super::handle::{Breaker, Guarded};
use super::listener;
use super::machine::Machine;
use super::paths::Paths;
use super::runs::{Counted, Taken};
use super::share;
use super::tick::Tick;
use super::ticket::{CircuitOpen, Mode, Refusal, Ticket};
use super::window::Outcome;
use super::word::Held;
use crate::base::cells::here;
use crate::base::clock::Moment;
use crate::base::rng::Rng;
use crate::base::sync::unpoisoned;

impl Breaker {
    /// The ticket of a call, without the lock while closed.
    pub(super) fn admit(&self, now: Moment) -> Result<Ticket, Refusal> {
        if let Some(generation) = self.word.admit_unlisted() {
            return Ok(Ticket { held: Held::call(generation, 0), since: None });
        }
        let refusal = match self.refuse(now) {
            Some(refusal) => refusal,
            None => match self.locked_rarely(now, Machine::admit) {
                Ok(ticket) => return Ok(ticket),
                Err(refusal) if refusal.mode == Mode::HalfOpen => match self.ask_for_turn(now) {
                    Some(Ok(ticket)) => return Ok(ticket),
                    Some(Err(refusal)) => refusal,
                    None => refusal,
                },
                Err(refusal) => refusal,
            },
        };
        if self.name.is_heard() {
            listener::refused(&self.name, &refusal);
        }
        Err(refusal)
    }

    /// The error of a caller whose call was refused.
    #[cold]
    pub(crate) fn circuit_open(&self, refusal: Refusal) -> CircuitOpen {
        CircuitOpen::new(self.name.to_cow(), refusal)
    }

    /// Refuses a call without the lock, while open.
    fn refuse(&self, now: Moment) -> Option<Refusal> {
        let (word, refusal) = self.word.refuse(self.tick(now))?;
        self.count(word).then_some(refusal)
    }

    /// Counts a result; a quick success of a quiet breaker is counted by its thread.
    #[inline]
    pub(super) fn record(&self, now: Moment, held: Held, outcome: Outcome, slow: bool) {
        let is_counted = outcome == Outcome::Success
            && !slow
            && self.word.is_quiet(self.tick(now))
            && self.count(held.word());
        if !is_counted {
            self.locked(now, move |machine, now| machine.end_call(now, held, outcome, slow));
        }
    }

    /// Counts a success or a refusal of the generation in `held` in the cell of this thread; false where the lock is
    /// needed.
    fn count(&self, held: u64) -> bool {
        here(|thread| self.runs.count(thread, held)) || self.count_rarely(held)
    }

    /// [`count`](Self::count) where the cell is not ready for it.
    #[cold]
    pub(super) fn count_rarely(&self, held: u64) -> bool {
        match self.runs.count_rarely(held, self.word.generation()) {
            Counted::Yes => true,
            Counted::No => false,
            Counted::Full => {
                // The window takes them in, and may be full of successes.
                self.locked_now(|_, _| ());
                true
            }
        }
    }

    /// This moment on the breaker's clock.
    #[inline]
    pub(super) fn tick(&self, now: Moment) -> Tick {
        Tick::at_nanos(self.timeline.nanos(now))
    }

    /// [`locked_rarely`](Self::locked_rarely) at this moment.
    pub(super) fn locked_now<T>(&self, step: impl FnMut(&mut Machine, Duration) -> T) -> T {
        self.locked_rarely(self.timeline.now(), step)
    }

    /// [`locked`](Self::locked) for steps that few calls make: compiled once for all of them.
    #[cold]
    pub(super) fn locked_rarely<T>(
        &self,
        now: Moment,
        mut step: impl FnMut(&mut Machine, Duration) -> T,
    ) -> T {
        let mut result = None;
        let mut step = |machine: &mut Machine, now: Tick| {
            result = Some(step(machine, now.time()));
            Paths::Unknown
        };
        let step: &mut dyn FnMut(&mut Machine, Tick) -> Paths = &mut step;
        self.locked(now, step);
        result.unwrap_or_else(|| unreachable!("`locked` runs the step"))
    }

    /// Runs a step of the machine under the lock: takes what threads have counted for themselves before the step,
    /// publishes the word after it unless the step kept its paths, and tells the listeners of transitions once the lock is free.
    #[inline]
    pub(super) fn locked(&self, now: Moment, step: impl FnOnce(&mut Machine, Tick) -> Paths) {
        let tick = self.tick(now);
        let mut guard = unpoisoned(self.guarded.lock());
        let Guarded { machine, taken } = &mut *guard;
        if machine.seed.is_none() {
            seed(machine);
        }
        let counted = self.runs.take(taken, machine.generation);
        // Written under the lock only.
        let shown = self.word.now();
        if counted > 0 || shown.is_saturated() {
            machine.absorb(tick, counted, shown.is_saturated());
        }
        let paths = step(machine, tick);
        if !(paths == Paths::Kept && shown.is_untimed()) {
            self.publish(machine, taken, tick, counted > 0);
        }
        if !machine.transitions.is_empty() {
            let transitions = machine.take_transitions();
            let news = machine.news(&transitions);
            drop(guard);
            if self.name.is_heard() {
                listener::changed(self.name.to_cow(), &transitions);
                if let Some(news) = news {
                    share::tell(self.name.as_str(), news);
                }
            }
        }
    }

    /// Publishes the steps that need no lock from now on.
    #[inline(never)]
    fn publish(&self, machine: &mut Machine, taken: &mut Taken, tick: Tick, came_in: bool) {
        let path = machine.path(tick, came_in);
        self.runs.change(taken, machine.generation);
        if path.counts() {
            self.runs.begin(taken, machine.generation);
        }
        self.word.publish(machine.generation, path);
    }
}

#[cold]
fn seed(machine: &mut Machine) {
    // Not for secrets: the breakers of many processes must not come back together.
    machine.seed = Some(Rng::fresh().draw());
}
