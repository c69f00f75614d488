//! The budget: one atomic and a clock, shared by all calls that pay with it.

use std::fmt;
use std::ops::Deref;

use super::bucket::{Bucket, Capacity, State, Verdict, tokens};
use super::rules::{InForce, Rules};
use super::settings::{BudgetSettings, DepositOn};
use super::volume::{CHARGED, Calls, Follow, OF_KEY, OF_SITE, Volume};
use super::withdrawal::{Price, Refused, Withdrawal};
use crate::base::clock::{Moment, Timeline};
use crate::base::setting::SettingError;
use crate::base::sync::{AtomicU64, Ordering, const_unless_loom};
use crate::base::time::Instant;
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
/// # assert_eq!(calls.get(), 7);
/// ```
///
/// Admission is by compare-and-swap: of two threads that race for the last token one gets it. Time is
/// counted in whole milliseconds from the first moment at which the budget reads its clock. The volume of calls, which
/// the capacity follows where none is set, is the number of first tries that are reported here, and of the calls of
/// annotated functions that have this budget.
pub struct Budget {
    pub(super) rules: Rules,
    volume: Volume,
    state: AtomicU64,
    pub(super) timeline: Timeline,
}

impl Budget {
    const_unless_loom! {
        /// A budget that owes nothing.
        ///
        /// # Panics
        /// When the settings make no sense, with [`SettingError::message`]; in a `static` or a `const`
        /// that is a compile error. [`try_new`](Self::try_new) returns the error.
        #[track_caller]
        pub fn new(settings: BudgetSettings) -> Self {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
            Budget::following(settings, OF_SITE)
        }
    }

    const_unless_loom! {
        fn following(settings: BudgetSettings, follow: Follow) -> Self {
            let state = AtomicU64::new(Bucket::new(settings, follow).start().0);
            Budget {
                rules: Rules::new(settings, follow),
                volume: Volume::new(follow),
                state,
                timeline: Timeline::new(),
            }
        }
    }

    /// A budget of one key, with settings that have passed their check.
    pub(super) fn of_key(settings: BudgetSettings) -> Self {
        Budget::following(settings, OF_KEY)
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

    /// A call succeeded at its first try. While nothing is owed: one load and a comparison, and an addition for the
    /// volume.
    pub fn deposit_success(&self) {
        self.count();
        self.pay_off();
    }

    /// A call failed at its first try: a deposit where [`DepositOn::EveryCall`] is set, else nothing.
    pub fn deposit_failure(&self) {
        self.count();
        self.deposit_lost();
    }

    /// [`deposit_success`](Self::deposit_success) for a call that is counted elsewhere.
    #[inline(always)]
    pub(crate) fn pay_off(&self) {
        if !self.is_full() {
            self.deposit();
        }
    }

    /// Whether a deposit would change nothing.
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        State(self.state.load(Ordering::Relaxed)).owed() == 0
    }

    /// [`deposit_failure`](Self::deposit_failure) for a call that is counted elsewhere.
    pub(crate) fn deposit_lost(&self) {
        if self.rules.bucket().deposit_on == DepositOn::EveryCall {
            self.deposit();
        }
    }

    #[cold]
    #[inline(never)]
    fn deposit(&self) {
        self.put(self.rules.bucket().deposit);
    }

    /// Counts a call of which no [function](Calls) knows.
    #[inline]
    pub(crate) fn count(&self) {
        if self.volume.count() {
            // The first call: from now on calls are counted.
            self.millis();
        }
    }

    /// Whether the functions are known whose calls are counted.
    pub(crate) fn has_sources(&self) -> bool {
        self.volume.has_sources()
    }

    /// Sets the functions whose calls are counted.
    pub(crate) fn set_sources(&self, sources: &[&'static dyn Calls]) {
        self.volume.set_sources(sources);
    }

    /// Asks for a retry after a failure of this kind; the guard is told how the retry ended.
    ///
    /// # Errors
    /// [`Refused`] when the retry would owe more than the capacity: no retry must be made.
    pub fn try_withdraw(&self, kind: Kind) -> Result<Withdrawal<&Self>, Refused> {
        Withdrawal::take(self, kind)
    }

    /// [`try_withdraw`](Self::try_withdraw) for the retry of this number within its call, from 1: where the capacity
    /// follows the volume, a retry after the third owes nothing while there are at most three calls in 30 s.
    ///
    /// # Errors
    /// As [`try_withdraw`](Self::try_withdraw).
    pub fn try_withdraw_for(&self, kind: Kind, retry: u32) -> Result<Withdrawal<&Self>, Refused> {
        let now = self.timeline.now();
        let free = self.is_free(now, retry, || 0);
        self.withdraw(now, kind, free).map(|price| Withdrawal::of(self, price))
    }

    /// [`try_withdraw`](Self::try_withdraw) in one step, for a budget that the guard keeps alive; `now` is the engine's
    /// time.
    #[inline(always)]
    pub(crate) fn withdraw_for<B: Deref<Target = Self>>(
        budget: B,
        now: Moment,
        kind: Kind,
        free: bool,
    ) -> Result<Withdrawal<B>, Refused> {
        let price = budget.withdraw(budget.timeline.known(now), kind, free)?;
        Ok(Withdrawal::of(budget, price))
    }

    /// Whether the retry of this number owes nothing: it comes after the third, and the calls of the last 30 s and
    /// those in flight are at most three.
    #[inline]
    pub(crate) fn is_free(&self, now: Moment, retry: u32, in_flight: impl FnOnce() -> u64) -> bool {
        retry > CHARGED && self.is_free_late(now, in_flight)
    }

    /// [`is_free`](Self::is_free) for a retry that is not always charged.
    #[cold]
    fn is_free_late(&self, now: Moment, in_flight: impl FnOnce() -> u64) -> bool {
        if matches!(self.rules.bucket().capacity, Capacity::Fixed(_)) {
            return false;
        }
        let volume = self.volume.look(self.timeline.millis(self.timeline.known(now)));
        volume.is_few(0) && volume.is_few(in_flight())
    }

    /// A failure of a kind that is retried was not retried, for another reason than this budget: the
    /// attempts or the time were used up. Only [`Charge::Failures`](super::Charge::Failures) counts it.
    pub fn charge_final(&self, kind: Kind) {
        let bucket = self.rules.bucket();
        if bucket.above.is_some() {
            let (now, cost) = (self.millis(), bucket.cost(kind));
            let capacity = self.capacity_at(&bucket, now);
            self.update(|state| match bucket.withdraw(now, state, cost, capacity) {
                Verdict::Admitted(left) | Verdict::Refused(left) => left,
            });
        }
    }

    pub(super) fn capacity_at(&self, bucket: &Bucket, now: u64) -> u32 {
        match bucket.capacity {
            Capacity::Fixed(capacity) => capacity,
            Capacity::Follows => self.volume.capacity(now),
        }
    }

    /// The settings in force: a configuration's, or those that the budget was made with.
    pub fn settings(&self) -> impl Deref<Target = BudgetSettings> + fmt::Debug + use<> {
        InForce(self.rules.settings())
    }

    /// The settings that the budget was made with.
    pub(crate) const fn made(&self) -> &BudgetSettings {
        self.rules.made()
    }

    /// Puts other valid settings in force, or with `None` those that the budget was made with. The budget goes on owing
    /// its debt, at most its new capacity.
    #[inline]
    pub(crate) fn change(&self, settings: Option<BudgetSettings>) {
        let is_same = self.rules.settings() == settings.unwrap_or(*self.rules.made());
        self.rules.change(settings);
        if is_same {
            return;
        }
        let now = self.millis();
        let bucket = self.rules.bucket();
        let capacity = self.capacity_at(&bucket, now);
        self.update(|state| state.at_most(capacity));
    }

    /// A budget with the same settings that owes nothing and has counted no calls.
    #[must_use]
    #[inline]
    pub fn twin(&self) -> Self {
        Budget::following(self.rules.settings(), self.rules.follow())
    }

    /// Forgets the debt.
    pub fn reset(&self) {
        self.update(|state| State::new(0, state.stamp()));
    }

    /// Adds the cost of a retry after a failure of this kind to the debt.
    pub(super) fn withdraw(&self, now: Moment, kind: Kind, free: bool) -> Result<Price, Refused> {
        let (bucket, now) = (self.rules.bucket(), self.timeline.millis(now));
        let bucket = &*bucket;
        let free = free && matches!(bucket.capacity, Capacity::Follows);
        let price = if free { Price::FREE } else { bucket.price(kind) };
        // Read at most once: a lost race for the word does not change the volume.
        let mut read = None;
        let mut state = self.load();
        loop {
            let capacity = match bucket.capacity {
                Capacity::Fixed(capacity) => capacity,
                // The exact capacity is not smaller, and would change neither the debt nor the answer.
                Capacity::Follows => match self.volume.certain(now) {
                    Some(certain) if bucket.bears(certain, state, price.cost) => certain,
                    _ => *read.get_or_insert_with(|| self.volume.take_capacity(now)),
                },
            };
            let verdict = bucket.withdraw(now, state, price.cost, capacity);
            let (Verdict::Admitted(next) | Verdict::Refused(next)) = verdict;
            match self.swap(state, next) {
                Err(newer) => state = newer,
                Ok(()) if matches!(verdict, Verdict::Admitted(_)) => return Ok(price),
                Ok(()) => return Err(Refused::by(bucket, now, next, price.cost, capacity)),
            }
        }
    }

    pub(super) fn put(&self, milli: u32) {
        self.update(|state| state.less(milli));
    }

    fn update(&self, change: impl Fn(State) -> State) {
        let mut state = self.load();
        while let Err(newer) = self.swap(state, change(state)) {
            state = newer;
        }
    }

    pub(super) fn load(&self) -> State {
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

    pub(super) fn millis(&self) -> u64 {
        self.timeline.millis(self.timeline.now())
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("owed", &tokens(self.load().owed()))
            .field("settings", &self.rules.settings())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(retry_loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, retry_loom))]
#[path = "models.rs"]
mod models;
