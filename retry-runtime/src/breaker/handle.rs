//! The breaker itself: the machine behind a lock, and a path around the lock for what cannot matter.
//!
//! While the breaker is closed, two things happen all the time and change nothing: a call is admitted, and
//! a call succeeds. Both are decided by one word, without the lock:
//!
//! ```text
//! 63 … 32      31       30      29 … 0
//! generation   closed   quiet   successes kept
//! ```
//!
//! `closed` admits. `quiet` is set by whoever holds the lock, when no quick success can trip until the
//! window is next changed by a failure or by time ([`Machine::quiet`]): the success is then kept in the
//! low bits by compare-and-swap, and whoever takes the lock next counts it before anything else. Since
//! successes commute with each other, the window is the same as if each had been counted on its own.
//! Once a count window consists of nothing but kept successes, further ones do not even write.
//!
//! The generation is in the same word, so a result can never be counted in a later one, however the
//! threads interleave. A call that races the opening may be admitted, as if it had come just before.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::figures::Figures;
use super::machine::{Machine, Mode, Ticket, Transition};
use super::permit::{CircuitOpen, Permit};
use super::settings::{BreakerSettings, Window};
use super::snapshot::Snapshot;
use super::window::Outcome;
use crate::classify::Classify;
use crate::now::{Epoch, Now};
use crate::setting::SettingError;
use crate::sync::{AtomicU64, Mutex, Ordering, const_unless_loom};

const KEPT: u64 = (1 << 30) - 1;
const QUIET: u64 = 1 << 30;
const CLOSED: u64 = 1 << 31;

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
    word: AtomicU64,
    /// Nanoseconds since the epoch at which time changes a time window.
    stable_until: AtomicU64,
    /// Kept successes after which another one changes nothing; `None` where every one counts.
    saturated: Option<u64>,
    pub(super) settings: BreakerSettings,
    epoch: Epoch,
    pub(super) clock: fn() -> Instant,
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
                word: AtomicU64::new(CLOSED | QUIET),
                stable_until: AtomicU64::new(0),
                saturated: match settings.window {
                    Window::Count(calls) => Some(calls as u64),
                    Window::Time(_) => None,
                },
                settings,
                epoch: Epoch::new(),
                clock: Instant::now,
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

    /// The clock of [`call`](Self::call), and of a permit that is dropped, by a panic or otherwise,
    /// where nobody can pass the time. `Instant::now` unless set.
    #[must_use]
    pub const fn with_clock(mut self, clock: fn() -> Instant) -> Self {
        self.clock = clock;
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
    #[inline]
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
    pub fn call<T, E: Classify>(
        &self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>, CircuitOpen> {
        let permit = self.permit(self.clock)?;
        let result = body();
        let outcome = match &result {
            Ok(_) => Outcome::Success,
            Err(error) => error.classify().kind.into(),
        };
        permit.end(self.clock, outcome);
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
        self.epoch.moment(now, at).map(|moment| moment.max(now))
    }

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

    /// Admits every call and counts, to see in [`Figures::trips`] what the settings would do.
    pub fn shadow(&self, now: impl Now) {
        self.locked(now.now(), Machine::shadow);
    }

    /// Back to how it was made: closed, nothing counted.
    pub fn reset(&self, now: impl Now) {
        self.force_close(now);
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
    #[inline]
    pub(super) fn admit(&self, now: impl Now) -> Result<Ticket, CircuitOpen> {
        let word = self.word.load(Ordering::Relaxed);
        if word & CLOSED != 0 {
            return Ok(Ticket { generation: (word >> 32) as u32, probe: None });
        }
        self.admit_locked(now.now())
    }

    #[cold]
    fn admit_locked(&self, now: Instant) -> Result<Ticket, CircuitOpen> {
        let admitted = self.locked(now, |machine, now| machine.admit(now));
        admitted.map_err(|refusal| CircuitOpen::new(self.name.clone(), refusal))
    }

    /// Takes a result. A quick success of a quiet breaker is kept in the word, or needs not even that.
    #[inline]
    pub(super) fn record(&self, now: impl Now, ticket: Ticket, outcome: Outcome, slow: bool) {
        if outcome != Outcome::Success || slow {
            return self.record_locked(now.now(), ticket, outcome, slow);
        }
        if self.saturated.is_some() {
            if !self.keep(&ticket) {
                self.record_locked(now.now(), ticket, outcome, slow);
            }
            return;
        }
        let now = now.now();
        let stable_until = Duration::from_nanos(self.stable_until.load(Ordering::Relaxed));
        if self.epoch.tick(now) >= stable_until || !self.keep(&ticket) {
            self.record_locked(now, ticket, outcome, slow);
        }
    }

    /// Keeps a success in the word; false when it must be counted under the lock.
    #[inline]
    fn keep(&self, ticket: &Ticket) -> bool {
        // Relaxed is enough: the word publishes nothing but itself. What it stands for is handed on by
        // the lock, and read-modify-writes see the newest value.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let same = (word >> 32) as u32 == ticket.generation;
            if !same || word & (CLOSED | QUIET) != CLOSED | QUIET {
                return false;
            }
            match self.saturated {
                Some(size) if word & KEPT >= size => return true,
                None if word & KEPT == KEPT => return false,
                _ => {}
            }
            let next = word + 1;
            match self.word.compare_exchange_weak(word, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(newer) => word = newer,
            }
        }
    }

    #[cold]
    fn record_locked(&self, now: Instant, ticket: Ticket, outcome: Outcome, slow: bool) {
        self.locked(now, |machine, now| machine.record(now, ticket, outcome, slow));
    }

    /// A call ended without a result. While closed nothing is kept of calls in flight.
    #[inline]
    pub(super) fn abandon(&self, now: impl Now, ticket: Ticket) {
        if ticket.probe.is_some() {
            self.locked(now.now(), |machine, now| machine.abandon(now, ticket));
        }
    }

    /// Runs a step of the machine under the lock: counts the kept successes before it, publishes the
    /// word after it, and tells the observer once the lock is free.
    fn locked<T>(&self, now: Instant, step: impl FnOnce(&mut Machine, Duration) -> T) -> T {
        let tick = self.epoch.tick(now);
        let mut guard = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let machine = &mut *guard;
        if machine.seed() == 0 {
            // Not for secrets: the breakers of many processes must not come back together.
            machine.set_seed(RandomState::new().hash_one(tick) | 1);
        }
        // From here to the store nobody else keeps a success: they wait for the lock.
        let word = self.word.fetch_and(!(QUIET | KEPT), Ordering::Relaxed);
        if word & QUIET != 0 {
            machine.absorb((word & KEPT) as u32);
        }
        let result = step(machine, tick);
        self.publish(machine, tick);
        let transitions = machine.take_transitions();
        drop(guard);
        if let (Some(observer), false) = (self.observer.get(), transitions.is_empty()) {
            transitions.iter().for_each(|transition| observer(self, transition));
        }
        result
    }

    fn publish(&self, machine: &mut Machine, tick: Duration) {
        let flags = match machine.mode(tick) {
            Mode::Closed | Mode::Shadow if machine.quiet(tick) => CLOSED | QUIET,
            Mode::Closed | Mode::Shadow | Mode::Disabled => CLOSED,
            Mode::Open | Mode::HalfOpen | Mode::ForcedOpen => 0,
        };
        if let Some(until) = machine.stable_until() {
            let nanos = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
            self.stable_until.store(nanos, Ordering::Relaxed);
        }
        self.word.store(u64::from(machine.generation()) << 32 | flags, Ordering::Relaxed);
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "handle_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "models.rs"]
mod models;
