//! The budget itself: one atomic, shared by everyone who retries on its account.

use std::ops::Deref;
use std::time::{Duration, Instant};
use std::{fmt, mem};

use super::bucket::{Bucket, State, Verdict};
use super::settings::{BudgetSettings, DepositOn};
use crate::classify::Kind;
use crate::now::{Epoch, Now};
use crate::setting::SettingError;
use crate::sync::{AtomicU64, Ordering, const_unless_loom};

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
/// use std::time::Instant;
///
/// static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(1));
///
/// let retry = BUDGET.try_withdraw(Instant::now, Kind::Transient)?;
/// // The retry fails: its token is spent, and the next one is refused.
/// retry.failed();
/// let refused = BUDGET.try_withdraw(Instant::now, Kind::Transient).unwrap_err();
/// assert_eq!(refused.to_string(), "the retry budget is spent: 0 of 1 tokens left, a retry costs 1");
/// # Ok::<(), retry_runtime::budget::Refused>(())
/// ```
///
/// Admission is by compare-and-swap: of two threads that race for the last token one gets it. Time is
/// counted in whole milliseconds from the first moment that the budget is told.
pub struct Budget {
    bucket: Bucket,
    settings: BudgetSettings,
    state: AtomicU64,
    epoch: Epoch,
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
            Budget { bucket, settings, state, epoch: Epoch::new() }
        }
    }

    /// A budget of settings that are known at run time only.
    ///
    /// # Errors
    /// As [`BudgetSettings::validate`].
    pub fn try_new(settings: BudgetSettings) -> Result<Self, SettingError> {
        settings.validate()?;
        Ok(Budget::new(settings))
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
    pub fn try_withdraw(&self, now: impl Now, kind: Kind) -> Result<Withdrawal<&Self>, Refused> {
        Withdrawal::take(self, now, kind)
    }

    /// A failure of a kind that is retried was not retried, for another reason than this budget: the
    /// attempts or the time were used up. Only [`Charge::Failures`](super::Charge::Failures) counts it.
    pub fn charge_final(&self, now: impl Now, kind: Kind) {
        if self.bucket.charges_failures() {
            let now = self.millis(now.now());
            let cost = self.bucket.cost(kind);
            self.update(|state| match self.bucket.withdraw(now, state, cost) {
                Verdict::Admitted(left) | Verdict::Refused(left) => left,
            });
        }
    }

    /// Tokens that can be taken out at this moment.
    pub fn available(&self, now: impl Now) -> f64 {
        let now = self.millis(now.now());
        tokens(self.bucket.refill(now, self.load()).milli())
    }

    /// Tokens of the full bucket.
    pub const fn capacity(&self) -> f64 {
        tokens(self.bucket.capacity)
    }

    /// The settings.
    pub const fn settings(&self) -> &BudgetSettings {
        &self.settings
    }

    /// The first moment from `now` on at which a retry after a failure of this kind is admitted if nothing
    /// but time passes; `None` when time alone does not bring it about.
    pub fn would_admit_at(&self, now: impl Now, kind: Kind) -> Option<Instant> {
        let now = now.now();
        let millis = self.millis(now);
        match self.bucket.admits_in(millis, self.load(), self.bucket.cost(kind))? {
            0 => Some(now),
            wait => self.epoch.moment(now, Duration::from_millis(millis + wait)),
        }
    }

    /// Fills the bucket.
    pub fn reset(&self) {
        self.put(self.bucket.capacity);
    }

    fn withdraw(&self, now: impl Now, kind: Kind) -> Result<u32, Refused> {
        let now = self.millis(now.now());
        let cost = self.bucket.cost(kind);
        let mut state = self.load();
        loop {
            let verdict = self.bucket.withdraw(now, state, cost);
            let (Verdict::Admitted(next) | Verdict::Refused(next)) = verdict;
            match self.swap(state, next) {
                Err(newer) => state = newer,
                Ok(()) if matches!(verdict, Verdict::Admitted(_)) => return Ok(cost),
                Ok(()) => {
                    let wait = self.bucket.admits_in(now, next, cost).map(Duration::from_millis);
                    return Err(Refused {
                        available: next.milli(),
                        capacity: self.bucket.capacity,
                        cost,
                        wait,
                    });
                }
            }
        }
    }

    fn put(&self, milli: u32) {
        self.update(|state| self.bucket.put(state, milli));
    }

    fn update(&self, change: impl Fn(State) -> State) {
        let mut state = self.load();
        while let Err(newer) = self.swap(state, change(state)) {
            state = newer;
        }
    }

    fn load(&self) -> State {
        // Relaxed is enough: the word is all there is, nothing else is published by it.
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

    fn millis(&self, now: Instant) -> u64 {
        self.epoch.tick(now).as_millis() as u64
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

/// The tokens taken out for one retry.
///
/// Told [`succeeded`](Self::succeeded) or [`failed`](Self::failed) when the retry has ended. Dropped
/// untold (the retry never started, or its future was dropped midway) it gives the whole cost back,
/// since a retry that was called off says nothing about the dependency.
///
/// `B` is `&Budget`, `Arc<Budget>` or whatever else leads to one.
#[must_use = "dropped, it gives the tokens back as if the retry had never been made"]
pub struct Withdrawal<B: Deref<Target = Budget>> {
    budget: B,
    cost: u32,
}

impl<B: Deref<Target = Budget>> Withdrawal<B> {
    /// [`Budget::try_withdraw`], for a guard that keeps the budget alive.
    ///
    /// # Errors
    /// As there.
    pub fn take(budget: B, now: impl Now, kind: Kind) -> Result<Self, Refused> {
        let cost = budget.withdraw(now, kind)?;
        Ok(Withdrawal { budget, cost })
    }

    /// Tokens that were taken out.
    pub fn cost(&self) -> f64 {
        tokens(self.cost)
    }

    /// The retry succeeded: gives back what the settings' refund says.
    pub fn succeeded(mut self) {
        let cost = mem::take(&mut self.cost);
        self.budget.put(self.budget.bucket.refund_of(cost));
    }

    /// The retry failed: the tokens are spent.
    pub fn failed(mut self) {
        self.cost = 0;
    }
}

impl<B: Deref<Target = Budget>> Drop for Withdrawal<B> {
    fn drop(&mut self) {
        if self.cost > 0 {
            self.budget.put(self.budget.bucket.given_back(self.cost));
        }
    }
}

impl<B: Deref<Target = Budget>> fmt::Debug for Withdrawal<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Withdrawal").field("cost", &self.cost()).finish_non_exhaustive()
    }
}

/// The budget does not pay for this retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    available: u32,
    capacity: u32,
    cost: u32,
    wait: Option<Duration>,
}

impl Refused {
    /// Tokens that were there.
    pub const fn available(&self) -> f64 {
        tokens(self.available)
    }

    /// Tokens that the retry would have cost.
    pub const fn cost(&self) -> f64 {
        tokens(self.cost)
    }

    /// The time after which a retry would be admitted if nothing else happened; `None` when time alone
    /// does not bring it about.
    pub const fn wait(&self) -> Option<Duration> {
        self.wait
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the retry budget is spent: {} of {} tokens left, a retry costs {}",
            tokens(self.available),
            tokens(self.capacity),
            tokens(self.cost)
        )
    }
}

impl std::error::Error for Refused {}

const fn tokens(milli: u32) -> f64 {
    milli as f64 / 1000.0
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::sync::Arc;

    #[test]
    fn loom_of_two_threads_that_race_for_the_last_token_one_gets_it() {
        loom::model(|| {
            let budget = Arc::new(Budget::new(BudgetSettings::new().capacity(1)));
            let now = Instant::now();
            let other = Arc::clone(&budget);
            let take = move |budget: &Budget| match budget.try_withdraw(now, Kind::Transient) {
                Ok(withdrawal) => {
                    withdrawal.failed();
                    1
                }
                Err(_) => 0,
            };
            let thread = loom::thread::spawn(move || take(&other));
            let here = take(&budget);
            assert_eq!(here + thread.join().unwrap(), 1);
            assert_eq!(budget.available(now), 0.0);
        });
    }

    #[test]
    fn loom_a_refund_races_a_withdrawal_and_no_token_is_lost_or_made() {
        loom::model(|| {
            let budget = Arc::new(Budget::new(BudgetSettings::new().capacity(2)));
            let now = Instant::now();
            let other = Arc::clone(&budget);
            let thread = loom::thread::spawn(move || {
                drop(other.try_withdraw(now, Kind::Transient).unwrap());
            });
            budget.try_withdraw(now, Kind::Transient).unwrap().failed();
            thread.join().unwrap();
            assert_eq!(budget.available(now), 1.0);
        });
    }
}
