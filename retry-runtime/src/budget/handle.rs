//! The budget: one atomic and a clock, shared by all calls that pay with it.

use std::fmt;
use std::time::{Duration, Instant};

use super::bucket::{Bucket, State, Verdict, tokens};
use super::settings::{BudgetSettings, DepositOn};
use super::withdrawal::{Refused, Withdrawal};
use crate::base::clock::{Moment, Timeline};
use crate::base::setting::SettingError;
use crate::base::sync::{AtomicU64, Ordering, const_unless_loom};
use crate::failure::class::Kind;

/// A budget for retries, to be shared: in a `static`, an `Arc`, or by reference.
///
/// The caller reports three things, whichever [settings](BudgetSettings) are behind it: a first try that
/// succeeded ([`deposit_success`](Self::deposit_success)), a first try that failed
/// ([`deposit_failure`](Self::deposit_failure)), and each retry that it would like to make
/// ([`try_withdraw`](Self::try_withdraw)), whose [`Withdrawal`] is then told how the retry ended.
///
/// ```
/// use retry_runtime::budget::{Budget, BudgetSettings};
/// use retry_runtime::Kind;
///
/// static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(1));
///
/// let retry = BUDGET.try_withdraw(Kind::Transient)?;
/// // The retry fails: its token is spent, and the next one is refused.
/// retry.failed();
/// let refused = BUDGET.try_withdraw(Kind::Transient).unwrap_err();
/// assert_eq!(refused.to_string(), "the retry budget is spent: 0 of 1 tokens left, a retry costs 1");
/// # Ok::<(), retry_runtime::budget::Refused>(())
/// ```
///
/// # By hand
/// Code that retries without `#[retryable]`, say a queue of failed jobs, reports the same three things:
///
/// ```
/// # use retry_runtime::budget::{Budget, BudgetSettings};
/// # use retry_runtime::Classify;
/// # use std::{cell::Cell, io};
/// static JOBS: Budget = Budget::new(BudgetSettings::new());
///
/// fn send_with_retries(send: impl Fn() -> io::Result<u32>) -> io::Result<u32> {
///     let mut result = send();
///     match &result {
///         Ok(_) => JOBS.deposit_success(),
///         Err(_) => JOBS.deposit_failure(),
///     }
///     while let Err(error) = &result {
///         let Ok(retry) = JOBS.try_withdraw(error.classify().kind) else { break };
///         result = send();
///         match &result {
///             Ok(_) => retry.succeeded(),
///             Err(_) => retry.failed(),
///         }
///     }
///     result
/// }
/// # let calls = Cell::new(0);
/// # send_with_retries(|| { calls.set(calls.get() + 1); Err(io::ErrorKind::ConnectionRefused.into()) }).unwrap_err();
/// # assert_eq!(calls.get(), 11);
/// ```
///
/// Admission is by compare-and-swap: of two threads that race for the last token one gets it. Time is
/// counted in whole milliseconds from the first moment at which the budget reads its clock.
pub struct Budget {
    pub(super) bucket: Bucket,
    settings: BudgetSettings,
    state: AtomicU64,
    pub(super) timeline: Timeline,
}

impl Budget {
    const_unless_loom! {
        /// A budget with its bucket full.
        ///
        /// # Panics
        /// When the settings make no sense, with [`SettingError::message`]; in a `static` or a `const`
        /// that is a compile error. [`try_new`](Self::try_new) returns the error.
        #[track_caller]
        pub fn new(settings: BudgetSettings) -> Self {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
            let bucket = Bucket::new(settings);
            let state = AtomicU64::new(bucket.start().0);
            Budget { bucket, settings, state, timeline: Timeline::new() }
        }
    }

    /// A budget whose settings are known at run time only.
    ///
    /// # Errors
    /// As [`BudgetSettings::validate`].
    pub fn try_new(settings: BudgetSettings) -> Result<Self, SettingError> {
        settings.validate()?;
        Ok(Budget::new(settings))
    }

    /// Reads the time from this clock; the default is the engine's, which follows a paused tokio clock.
    #[must_use]
    pub const fn with_clock(mut self, clock: fn() -> Instant) -> Self {
        self.timeline.set_clock(clock);
        self
    }

    /// A call succeeded at its first try. With a full bucket: one load and a comparison.
    #[inline]
    pub fn deposit_success(&self) {
        let state = State(self.state.load(Ordering::Relaxed));
        if state.milli() < self.bucket.capacity {
            self.put(self.bucket.deposit);
        }
    }

    /// A call failed at its first try: a deposit where [`DepositOn::EveryCall`] is set, else nothing.
    pub fn deposit_failure(&self) {
        if self.bucket.deposit_on == DepositOn::EveryCall {
            self.put(self.bucket.deposit);
        }
    }

    /// Takes the cost of a retry after a failure of this kind; the guard is told how the retry ended.
    ///
    /// # Errors
    /// [`Refused`] when the tokens are not there: no retry must be made.
    pub fn try_withdraw(&self, kind: Kind) -> Result<Withdrawal<&Self>, Refused> {
        Withdrawal::take(self, kind)
    }

    /// [`try_withdraw`](Self::try_withdraw) in one step, where that is possible: the tokens are there, the
    /// settings charge for retries only, and no other thread changes the bucket meanwhile. `now` is the
    /// engine's time.
    #[inline]
    pub(crate) fn withdraw_at(&self, now: Moment, kind: Kind) -> Option<Withdrawal<&Self>> {
        let (cost, state) = (self.bucket.cost(kind), self.load());
        let now = self.timeline.millis(self.timeline.known(now));
        let left = self.bucket.take_at_once(now, state, cost)?;
        self.swap(state, left).ok()?;
        Some(Withdrawal::of(self, cost))
    }

    /// [`try_withdraw`](Self::try_withdraw); `now` is the engine's time.
    pub(crate) fn try_withdraw_at(
        &self,
        now: Moment,
        kind: Kind,
    ) -> Result<Withdrawal<&Self>, Refused> {
        let cost = self.withdraw(self.timeline.known(now), kind)?;
        Ok(Withdrawal::of(self, cost))
    }

    /// A failure of a kind that is retried was not retried, for another reason than this budget: the
    /// attempts or the time were used up. Only [`Charge::Failures`](super::Charge::Failures) counts it.
    pub fn charge_final(&self, kind: Kind) {
        if self.bucket.above.is_some() {
            let now = self.millis();
            let cost = self.bucket.cost(kind);
            self.update(|state| match self.bucket.withdraw(now, state, cost) {
                Verdict::Admitted(left) | Verdict::Refused(left) => left,
            });
        }
    }

    /// Tokens that can be taken out at this moment.
    pub fn available(&self) -> f64 {
        tokens(self.bucket.refill(self.millis(), self.load()).milli())
    }

    /// Tokens of the full bucket.
    pub const fn capacity(&self) -> f64 {
        tokens(self.bucket.capacity)
    }

    /// The settings.
    pub const fn settings(&self) -> &BudgetSettings {
        &self.settings
    }

    /// The first moment from now on at which a retry after a failure of this kind is admitted if nothing
    /// but time passes; `None` when more than time is needed.
    pub fn would_admit_at(&self, kind: Kind) -> Option<Instant> {
        let now = self.timeline.now();
        let millis = self.timeline.millis(now);
        match self.bucket.admits_in(millis, self.load(), self.bucket.cost(kind))? {
            0 => Some(now.instant()),
            wait => self.timeline.instant(now, Duration::from_millis(millis + wait)),
        }
    }

    /// Whether a retry after a failure of this kind would be refused at this moment.
    pub(crate) fn refuses(&self, kind: Kind) -> bool {
        self.bucket.admits_in(self.millis(), self.load(), self.bucket.cost(kind)) != Some(0)
    }

    /// Fills the bucket.
    pub fn reset(&self) {
        self.put(self.bucket.capacity);
    }

    /// Takes the cost of a retry after a failure of this kind, in milli-tokens.
    #[inline]
    pub(super) fn withdraw(&self, now: Moment, kind: Kind) -> Result<u32, Refused> {
        let now = self.timeline.millis(now);
        let cost = self.bucket.cost(kind);
        let mut state = self.load();
        loop {
            let verdict = self.bucket.withdraw(now, state, cost);
            let (Verdict::Admitted(next) | Verdict::Refused(next)) = verdict;
            match self.swap(state, next) {
                Err(newer) => state = newer,
                Ok(()) if matches!(verdict, Verdict::Admitted(_)) => return Ok(cost),
                Ok(()) => return Err(self.refused(now, next, cost)),
            }
        }
    }

    #[cold]
    fn refused(&self, now: u64, state: State, cost: u32) -> Refused {
        Refused {
            available: state.milli(),
            capacity: self.bucket.capacity,
            cost,
            wait: self.bucket.admits_in(now, state, cost).map(Duration::from_millis),
        }
    }

    pub(super) fn put(&self, milli: u32) {
        self.update(|state| self.bucket.put(state, milli));
    }

    fn update(&self, change: impl Fn(State) -> State) {
        let mut state = self.load();
        while let Err(newer) = self.swap(state, change(state)) {
            state = newer;
        }
    }

    fn load(&self) -> State {
        // Relaxed is enough: the word publishes nothing but itself.
        State(self.state.load(Ordering::Relaxed))
    }

    fn swap(&self, from: State, to: State) -> Result<(), State> {
        if from == to {
            return Ok(());
        }
        self.state
            .compare_exchange(from.0, to.0, Ordering::Relaxed, Ordering::Relaxed)
            .map(drop)
            .map_err(State)
    }

    fn millis(&self) -> u64 {
        self.timeline.millis(self.timeline.now())
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("tokens", &tokens(self.load().milli()))
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(retry_loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, retry_loom))]
#[path = "models.rs"]
mod models;
