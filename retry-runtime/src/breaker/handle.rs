//! The breaker itself: the machine behind a lock, and beside it the word that spares the lock.

use std::borrow::Cow;
use std::fmt;
use std::sync::{OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::figures::Figures;
use super::machine::Machine;
use super::permit::{CircuitOpen, Permit};
use super::settings::BreakerSettings;
use super::snapshot::Snapshot;
use super::ticket::{Mode, Ticket, Transition};
use super::window::Outcome;
use super::word::Word;
use crate::base::clock;
use crate::base::clock::{Epoch, Moment};
use crate::base::now::Now;
use crate::base::rng::Rng;
use crate::base::setting::SettingError;
use crate::base::sync::{Mutex, const_unless_loom};
use crate::event;
use crate::event::EventKind;
use crate::failure::class::Classify;

type Observer = Box<dyn Fn(&Breaker, &Transition) + Send + Sync>;

/// A circuit breaker, to be shared: in a `static`, an `Arc`, or by reference.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
/// use std::io;
/// use std::time::Instant;
///
/// static PAYMENTS: Breaker = Breaker::new("payments", BreakerSettings::new().consecutive(2));
///
/// fn charge() -> Result<(), io::Error> {
///     Err(io::ErrorKind::ConnectionRefused.into())
/// }
///
/// for _ in 0..2 {
///     let permit = PAYMENTS.permit(Instant::now)?;
///     match charge() {
///         Ok(()) => permit.success(Instant::now),
///         Err(_) => permit.failure(Instant::now),
///     }
/// }
/// assert_eq!(PAYMENTS.mode(Instant::now), Mode::Open);
/// let refused = PAYMENTS.permit(Instant::now).unwrap_err();
/// assert_eq!(refused.to_string(), "the circuit breaker `payments` is open");
/// # Ok::<(), retry_runtime::breaker::CircuitOpen>(())
/// ```
pub struct Breaker {
    pub(super) word: Word,
    pub(super) settings: BreakerSettings,
    epoch: Epoch,
    pub(crate) clock: fn() -> Instant,
    name: Cow<'static, str>,
    machine: Mutex<Machine>,
    observer: OnceLock<Observer>,
}

impl Breaker {
    const_unless_loom! {
        /// A closed breaker. The name is for messages and events.
        ///
        /// # Panics
        /// When the settings make no sense, with [`SettingError::message`]; in a `static` or a `const`
        /// that is a compile error. [`try_new`](Self::try_new) returns the error.
        #[track_caller]
        pub fn new(name: &'static str, settings: BreakerSettings) -> Self {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
            Breaker {
                word: Word::new(settings.window, settings.slow.is_some()),
                settings,
                epoch: Epoch::new(),
                clock: clock::now,
                name: Cow::Borrowed(name),
                machine: Mutex::new(Machine::new(settings)),
                observer: OnceLock::new(),
            }
        }
    }

    /// A breaker of a name and settings that are known at run time only.
    ///
    /// # Errors
    /// As [`BreakerSettings::validate`].
    pub fn try_new(
        name: impl Into<Cow<'static, str>>,
        settings: BreakerSettings,
    ) -> Result<Self, SettingError> {
        settings.validate()?;
        Ok(Breaker::checked(name, settings))
    }

    /// Of settings that passed their check.
    pub(super) fn checked(name: impl Into<Cow<'static, str>>, settings: BreakerSettings) -> Self {
        let mut breaker = Breaker::new("", settings);
        breaker.name = name.into();
        breaker
    }

    /// The clock of [`call`](Self::call) and [`call_async`](Self::call_async), and of a permit that is
    /// dropped, by a panic or otherwise, where nobody can pass the time. That of the engine unless set.
    #[must_use]
    pub const fn with_clock(mut self, clock: fn() -> Instant) -> Self {
        self.clock = clock;
        self
    }

    /// Fixes what the jitter of the open times is computed from, for simulations and tests. Without it every
    /// breaker has its own, so that many processes do not come back at the same moment.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        let machine = self.machine.get_mut().unwrap_or_else(PoisonError::into_inner);
        // 0 stands for a seed that has not been drawn yet.
        machine.set_seed(seed | 1);
        self
    }

    /// Calls this after each transition, outside the lock, on the thread that noticed it. The first one
    /// stays; false when there was one.
    pub fn observe(
        &self,
        observer: impl Fn(&Breaker, &Transition) + Send + Sync + 'static,
    ) -> bool {
        self.observer.set(Box::new(observer)).is_ok()
    }

    /// Asks for leave to make one call; the guard is told how it ended.
    ///
    /// # Errors
    /// [`CircuitOpen`] when the call must not be made.
    #[inline(always)]
    pub fn permit(&self, now: impl Now) -> Result<Permit<&Self>, CircuitOpen> {
        Permit::acquire(self, now)
    }

    /// Runs the body if it may be called, and counts its result; a panic counts as a failure and goes on.
    ///
    /// ```
    /// # use retry_runtime::breaker::{Breaker, BreakerSettings, CircuitOpen};
    /// # use retry_runtime::{Class, Classify, Kind};
    /// # #[derive(Debug)] struct E;
    /// # impl Classify for E { fn classify(&self) -> Class { Kind::Transient.into() } }
    /// # impl From<CircuitOpen> for E { fn from(_: CircuitOpen) -> E { E } }
    /// # fn ask() -> Result<u32, E> { Ok(42) }
    /// static BREAKER: Breaker = Breaker::new("oracle", BreakerSettings::new());
    ///
    /// fn guarded() -> Result<u32, E> {
    ///     BREAKER.call(|| ask())?
    /// }
    /// assert_eq!(guarded().unwrap(), 42);
    /// ```
    ///
    /// # Errors
    /// [`CircuitOpen`] when the body was not run; inside of it, the body's own.
    #[inline]
    pub fn call<T, E: Classify>(
        &self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>, CircuitOpen> {
        let permit = self.permit(self.clock)?;
        let result = body();
        permit.result(self.clock, &result);
        Ok(result)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings.
    pub const fn settings(&self) -> &BreakerSettings {
        &self.settings
    }

    /// The state at this moment.
    pub fn mode(&self, now: impl Now) -> Mode {
        self.locked(now.now(), |machine, now| machine.mode(now))
    }

    /// What has been counted in the present state.
    pub fn figures(&self, now: impl Now) -> Figures {
        self.locked(now.now(), |machine, now| machine.figures(now))
    }

    /// The first moment from `now` on at which a call is admitted if nothing but time passes; `None`
    /// where that depends on something else: on the results of the probes, on whoever forced it open.
    pub fn next_admission(&self, now: impl Now) -> Option<Instant> {
        let now = now.now();
        let at = self.locked(now, |machine, now| machine.next_admission(now))?;
        self.epoch.instant(Moment::of(now), at).map(|instant| instant.max(now))
    }

    /// Whether a call would be refused at this moment; neither the lock nor the time is needed to know
    /// that a closed breaker refuses nothing.
    #[inline]
    pub(crate) fn refuses(&self, now: impl Now) -> bool {
        self.word.admit().is_none() && self.refuses_locked(now.now())
    }

    #[cold]
    fn refuses_locked(&self, now: Instant) -> bool {
        self.next_admission(now).is_none_or(|admission| admission > now)
    }

    /// The state as data.
    pub fn snapshot(&self, now: impl Now) -> Snapshot {
        self.locked(now.now(), Machine::snapshot)
    }

    /// Takes up a state that was saved.
    pub fn restore(&self, now: impl Now, saved: &Snapshot) {
        self.locked(now.now(), |machine, now| machine.restore(now, saved));
    }

    /// The ticket of a call, without the lock while closed.
    pub(super) fn admit(&self, now: impl Now) -> Result<Ticket, CircuitOpen> {
        if let Some(generation) = self.word.admit() {
            return Ok(Ticket { generation, probe: None });
        }
        self.admit_locked(now.now())
    }

    #[cold]
    fn admit_locked(&self, now: Instant) -> Result<Ticket, CircuitOpen> {
        let admitted = self.locked(now, |machine, now| machine.admit(now));
        admitted.map_err(|refusal| {
            if event::has_listener(EventKind::BreakerRejected) {
                event::breaker_rejected(self.name.clone(), refusal);
            }
            CircuitOpen::new(self.name.clone(), refusal)
        })
    }

    /// Keeps a quick success beside the lock where neither the clock nor the window has a say in it.
    pub(super) fn keep(&self, ticket: &Ticket) -> bool {
        !self.word.is_timed() && self.word.keep(ticket.generation)
    }

    /// Takes a result. A quick success of a quiet breaker is kept in the word.
    pub(super) fn record(&self, now: Moment, ticket: Ticket, outcome: Outcome, slow: bool) {
        let kept = outcome == Outcome::Success
            && !slow
            && (!self.word.is_timed() || self.word.is_stable(self.epoch.tick(now)))
            && self.word.keep(ticket.generation);
        if !kept {
            self.locked_at(now, |machine, now| machine.record(now, ticket, outcome, slow));
        }
    }

    /// A call ended without a result. While closed nothing is kept of calls in flight.
    #[inline]
    pub(super) fn abandon(&self, now: impl FnOnce() -> Moment, ticket: Ticket) {
        if ticket.probe.is_some() {
            self.locked_at(now(), |machine, now| machine.abandon(now, ticket));
        }
    }

    /// Runs a step of the machine under the lock: counts the kept successes before it, publishes the
    /// word after it, and tells the observer once the lock is free.
    pub(super) fn locked<T>(
        &self,
        now: Instant,
        step: impl FnOnce(&mut Machine, Duration) -> T,
    ) -> T {
        self.locked_at(Moment::of(now), step)
    }

    fn locked_at<T>(&self, now: Moment, step: impl FnOnce(&mut Machine, Duration) -> T) -> T {
        let tick = self.epoch.tick(now);
        let mut guard = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = &mut *guard;
        if machine.seed() == 0 {
            seed(machine);
        }
        machine.absorb(self.word.take_kept());
        let result = step(machine, tick);
        let (path, stable_until) = machine.path(tick);
        self.word.publish(machine.generation(), path, stable_until);
        if machine.has_transitions() {
            let transitions = machine.take_transitions();
            drop(guard);
            self.tell(&transitions);
        }
        result
    }

    #[cold]
    fn tell(&self, transitions: &[Transition]) {
        for transition in transitions {
            event::breaker_transition(self.name.clone(), transition);
            if let Some(observer) = self.observer.get() {
                observer(self, transition);
            }
        }
    }
}

#[cold]
fn seed(machine: &mut Machine) {
    // Not for secrets: the breakers of many processes must not come back together.
    machine.set_seed(Rng::fresh().draw() | 1);
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(retry_loom)))]
#[path = "handle_tests.rs"]
mod tests;

#[cfg(all(test, retry_loom))]
#[path = "models.rs"]
mod models;
