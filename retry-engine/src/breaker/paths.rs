//! The exchange between the machine and the lock-free paths of its breaker: the results that threads have counted, and the
//! steps that need no lock.

use super::machine::Machine;
use super::settings::Window;
use super::state::State;
use super::tick::Tick;
use super::word::{Path, Start, Successes};

impl Machine {
    /// Takes in what threads have counted since the last step: quick successes of a closed state, refusals of an open one.
    /// With `saturated`, successes were left out that had filled the window.
    pub(super) fn absorb(&mut self, now: Tick, counted: u32, saturated: bool) {
        let counted = match self.settings.window {
            Window::Count(size) if saturated => counted.max(size),
            _ => counted,
        };
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                // Threads counted them before time changed the window: after that they would have taken the lock.
                let end = closed.ring.stable_until();
                let then = end.map_or(now, |end| end.before().min(now));
                closed.absorb(then, counted);
                // A success that raced a failure may complete the minimum of calls.
                self.trip_if_due(then);
            }
            State::Open(_) | State::ForcedOpen => self.rejected += u64::from(counted),
            State::HalfOpen(_) | State::Disabled => {}
        }
    }

    /// [`settle`](Self::settle) at a tick.
    #[inline]
    pub(super) fn settle_at(&mut self, now: Tick) {
        if self.ends_by_time() {
            self.make_due(now.time());
        }
    }

    /// Whether time alone can end the state.
    #[inline]
    pub(super) fn ends_by_time(&self) -> bool {
        matches!(self.state, State::Open(_) | State::HalfOpen(_))
    }

    /// The machine's memory, by which a table of breakers decides what to forget. Makes no transition.
    #[inline]
    pub(super) fn memory(&mut self, now: Tick) -> Memory {
        match &mut self.state {
            State::Closed(closed) => {
                let remembers = closed.remembers(now, &self.settings);
                if remembers { Memory::Failures } else { Memory::Nothing }
            }
            _ => Memory::State,
        }
    }

    /// The steps that need no lock from now on. Successes stay uncounted only if some have just come in.
    #[inline(always)]
    pub(super) fn path(&mut self, now: Tick, came_in: bool) -> Path {
        self.settle_at(now);
        match &mut self.state {
            State::Closed(closed) | State::Shadow(closed) => {
                let start = match () {
                    () if closed.watches_drops() => Start::Listed,
                    () if self.settings.slow.is_some() => Start::Timed,
                    () => Start::Untimed,
                };
                let successes = match start {
                    Start::Listed => Successes::Locked,
                    _ if !closed.quiet(now, &self.settings) => Successes::Locked,
                    Start::Untimed if came_in && closed.ring.is_full_of_successes() => {
                        Successes::Uncounted
                    }
                    _ => Successes::ByThread,
                };
                Path::admit(start, successes, closed.ring.stable_until())
            }
            State::Disabled => Path::admit(Start::Untimed, Successes::Uncounted, None),
            State::Open(open) => Path::refuse(Some(open.until)),
            State::ForcedOpen => Path::refuse(None),
            State::HalfOpen(_) => Path::LOCKED,
        }
    }
}

/// The effect of a step on the steps that need no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    /// A failure has come in that does not trip, and further successes cannot trip either. If threads count successes
    /// without the clock, they go on doing so.
    Kept,
    /// They may have changed.
    Unknown,
}

/// The memory of a machine, from the least important to the most important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Memory {
    /// No more than a new one.
    Nothing,
    /// Failures, or drops without an answer.
    Failures,
    /// A state that is not the closed one.
    State,
}
