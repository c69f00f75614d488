//! The breaker: the machine behind a lock, the lock-free word beside it, and a clock.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::figures::Figures;
use super::machine::Machine;
use super::paths::Memory;
use super::permit::Permit;
use super::runs::{Runs, Taken};
use super::settings::BreakerSettings;
use super::snapshot::Snapshot;
use super::ticket::{CircuitOpen, Mode};
use super::word::Word;
use crate::base::clock::{Moment, Timeline};
use crate::base::name::Name;
use crate::base::pool::Pool;
use crate::base::setting::SettingError;
use crate::base::sync::{Mutex, const_unless_loom, unpoisoned};
use crate::base::time::Instant;
use crate::failure::class::Classify;

/// A circuit breaker, to be shared: in a `static`, an `Arc`, or by reference.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
/// use std::io;
///
/// static PAYMENTS: Breaker = Breaker::new("payments", BreakerSettings::new().consecutive(2));
///
/// fn charge() -> Result<(), io::Error> {
///     Err(io::ErrorKind::ConnectionRefused.into())
/// }
///
/// for _ in 0..2 {
///     let permit = PAYMENTS.permit()?;
///     match charge() {
///         Ok(()) => permit.success(),
///         Err(_) => permit.failure(),
///     }
/// }
/// assert_eq!(PAYMENTS.mode(), Mode::Open);
/// let refused = PAYMENTS.permit().unwrap_err();
/// assert_eq!(refused.to_string(), "the circuit breaker `payments` is open");
/// # Ok::<(), retry_runtime::breaker::CircuitOpen>(())
/// ```
///
/// Callers who drop their calls say nothing. [`min_calls`](BreakerSettings::min_calls) of them in a row open the
/// breaker if each waited for [`slow`](BreakerSettings::slow), or for 1 s, and no answer of any kind has come for
/// 10 s: the other side hangs.
// In this order: threads read the first fields all the time, and a failure writes the last one. They are further apart
// than a cache line, so that a failure does not slow down the other cores.
#[repr(C)]
pub struct Breaker {
    pub(super) word: Word,
    pub(super) runs: Runs,
    settings: BreakerSettings,
    pub(super) timeline: Timeline,
    /// The length of the table's name, with which the name of a breaker by key begins; 0 for all others.
    table: usize,
    pub(super) name: Name,
    pub(super) guarded: Mutex<Guarded>,
}

/// The state that the lock guards.
pub(super) struct Guarded {
    pub(super) machine: Machine,
    pub(super) taken: Taken,
}

/// Settings that configurations have set and that somebody has read.
static CONFIGURED: Pool<BreakerSettings> = Pool::new();

impl Breaker {
    const_unless_loom! {
        /// A closed breaker. The name is for messages and events.
        ///
        /// # Panics
        /// When the settings make no sense, with [`SettingError::message`]; in a `static` or a `const`
        /// that is a compile error. [`try_new`](Self::try_new) returns the error.
        #[track_caller]
        pub fn new(name: &'static str, settings: BreakerSettings) -> Self {
            Breaker::named(Name::Given(Cow::Borrowed(name)), settings)
        }
    }

    const_unless_loom! {
        /// [`new`](Self::new) with a name of any kind.
        #[track_caller]
        pub(crate) fn named(name: Name, settings: BreakerSettings) -> Self {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
            Breaker {
                word: Word::new(&settings),
                runs: Runs::new(),
                settings,
                timeline: Timeline::new(),
                name,
                table: 0,
                guarded: Mutex::new(Guarded {
                    machine: Machine::new(settings),
                    taken: Taken::NOTHING,
                }),
            }
        }
    }

    /// A breaker whose name and settings are known at run time only.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings};
    ///
    /// let rate = 0.3; // from a file
    /// let bank = Breaker::try_new("bank", BreakerSettings::new().rate(rate))?;
    /// assert_eq!(bank.name(), "bank");
    /// assert!(Breaker::try_new("bank", BreakerSettings::new().rate(30.0)).is_err());
    /// # Ok::<(), retry_runtime::breaker::BreakerError>(())
    /// ```
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

    /// A breaker of settings that have passed their check.
    pub(crate) fn checked(name: impl Into<Cow<'static, str>>, settings: BreakerSettings) -> Self {
        let mut breaker = Breaker::new("", settings);
        breaker.name = Name::Given(name.into());
        breaker
    }

    /// The breaker of a key in the table of this name.
    #[inline]
    pub(super) fn of_key(table: &str, key: &str, settings: BreakerSettings) -> Self {
        let mut breaker = Breaker::checked(format!("{table}[{key}]"), settings);
        breaker.table = table.len();
        breaker
    }

    /// Reads the time from this clock; the default is the engine's, which follows a paused tokio clock.
    #[must_use]
    #[inline]
    pub const fn with_clock(mut self, clock: fn() -> Instant) -> Self {
        self.timeline.set_clock(clock);
        self
    }

    /// Fixes the jitter of the open times, for simulations and tests. By default every breaker has a jitter
    /// of its own, so that many processes do not come back at the same moment.
    #[must_use]
    #[inline]
    pub fn with_seed(mut self, seed: u64) -> Self {
        unpoisoned(self.guarded.get_mut()).machine.seed = Some(seed);
        self
    }

    /// The same breaker without a name: no event tells of it. For simulations inside a program whose events are of its
    /// real breakers.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn unheard(self) -> Self {
        Breaker { name: Name::Unheard, ..self }
    }

    /// Asks for permission to make one call. Report the end of the call to the permit; a permit that is
    /// dropped without a report counts as a call that its caller gave up.
    ///
    /// # Errors
    /// [`CircuitOpen`] when the call must not be made.
    #[inline(always)]
    pub fn permit(&self) -> Result<Permit<&Self>, CircuitOpen> {
        Permit::acquire(self)
    }

    /// Runs the body if the breaker admits the call, and counts its result; a panic counts as a failure and
    /// goes on.
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
    /// [`CircuitOpen`] when the body was not run; the inner result is the body's.
    #[inline]
    pub fn call<T, E: Classify>(
        &self,
        body: impl FnOnce() -> Result<T, E>,
    ) -> Result<Result<T, E>, CircuitOpen> {
        let permit = self.permit()?;
        let result = body();
        permit.result(&result);
        Ok(result)
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The name of its table, for a breaker by key.
    #[inline]
    pub fn table(&self) -> Option<&str> {
        self.name().get(..self.table).filter(|table| !table.is_empty())
    }

    /// The key, for a breaker by key; a long one is cut.
    ///
    /// ```
    /// use retry_runtime::breaker::{BreakerSettings, Keyed};
    ///
    /// let hosts = Keyed::<String>::try_new("api", 100, BreakerSettings::new())?;
    /// let eu = hosts.get("eu.example.com");
    /// assert_eq!((eu.table(), eu.key()), (Some("api"), Some("eu.example.com")));
    /// # Ok::<(), retry_runtime::breaker::BreakerError>(())
    /// ```
    #[inline]
    pub fn key(&self) -> Option<&str> {
        self.table()?;
        self.name().get(self.table + 1..self.name().len() - 1)
    }

    /// The settings in force: those that the breaker was made with, or those that a configuration has set since.
    pub fn settings(&self) -> &BreakerSettings {
        let settings = *unpoisoned(self.guarded.lock()).machine.settings();
        if settings == self.settings { &self.settings } else { CONFIGURED.keep(settings) }
    }

    /// The settings that the breaker was made with.
    #[doc(hidden)]
    pub const fn declared(&self) -> &BreakerSettings {
        &self.settings
    }

    /// Goes on with other settings. The window and the failures in a row are carried over, an open breaker stays open
    /// until its time is up, and orders stay in force.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    ///
    /// static SEARCH: Breaker = Breaker::new("search", BreakerSettings::new().consecutive(2));
    ///
    /// SEARCH.permit()?.failure();
    /// SEARCH.configure(BreakerSettings::new().consecutive(3))?;
    /// SEARCH.permit()?.failure();
    /// assert_eq!(SEARCH.mode(), Mode::Closed);
    /// SEARCH.permit()?.failure();
    /// assert_eq!(SEARCH.mode(), Mode::Open);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`BreakerSettings::validate`].
    #[inline]
    pub fn configure(&self, settings: BreakerSettings) -> Result<(), SettingError> {
        settings.validate()?;
        self.configure_checked(settings);
        Ok(())
    }

    /// [`configure`](Self::configure) for settings that have passed their check.
    pub(crate) fn configure_checked(&self, settings: BreakerSettings) {
        self.locked_now(|machine, now| {
            if *machine.settings() != settings {
                machine.configure(now, settings);
                self.word.configure(&settings);
            }
        });
    }

    /// The breaker's memory, read without a transition and so without listeners; `now` is read from its clock.
    #[inline]
    pub(super) fn memory(&self, now: Moment) -> Memory {
        unpoisoned(self.guarded.lock()).machine.memory(self.tick(now))
    }

    /// The state at this moment.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// assert_eq!(bank.mode(), Mode::Closed);
    /// ```
    #[inline]
    pub fn mode(&self) -> Mode {
        self.locked_now(Machine::mode)
    }

    /// The counts of the present state.
    #[inline]
    pub fn figures(&self) -> Figures {
        self.locked_now(Machine::figures)
    }

    /// The first moment from now on at which a call is admitted if nothing but time passes; `None` where
    /// that depends on something else: on the results of probes, on an operator who forced it open.
    ///
    /// ```
    /// use retry_runtime::breaker::{Breaker, BreakerSettings};
    ///
    /// let bank = Breaker::new("bank", BreakerSettings::new());
    /// bank.trip(None);
    /// assert!(bank.next_admission().is_some()); // in about 5 s
    /// bank.force_open();
    /// assert!(bank.next_admission().is_none()); // depends on an operator
    /// ```
    #[inline]
    pub fn next_admission(&self) -> Option<Instant> {
        self.next_admission_from(self.timeline.now())
    }

    fn next_admission_from(&self, now: Moment) -> Option<Instant> {
        let at = self.locked_rarely(now, Machine::next_admission)?;
        self.timeline.instant(now, at).map(|instant| instant.max(now.instant()))
    }

    /// The time until [`next_admission`](Self::next_admission); zero when a call is admitted now.
    pub(crate) fn time_to_admission(&self) -> Option<Duration> {
        let now = self.timeline.now();
        self.next_admission_from(now).map(|admission| admission - now.instant())
    }

    /// Whether a call would be refused at this moment. A closed breaker answers without lock and clock.
    #[inline]
    pub(crate) fn refuses(&self) -> bool {
        !self.word.admits() && self.refuses_locked()
    }

    #[cold]
    fn refuses_locked(&self) -> bool {
        self.time_to_admission() != Some(Duration::ZERO)
    }

    /// The state as data, for [`restore`](Self::restore) after a restart.
    #[inline]
    pub fn snapshot(&self) -> Snapshot {
        self.locked_now(Machine::snapshot)
    }

    /// Takes up a state that was saved.
    #[inline]
    pub fn restore(&self, saved: &Snapshot) {
        self.locked_now(|machine, now| machine.restore(now, saved));
    }
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("name", &self.name())
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
