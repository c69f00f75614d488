//! The RAII guard of one retry, and the refusal of one.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use super::bucket::{Bucket, State, tokens};
use super::handle::Budget;
use crate::failure::class::Kind;

/// The debt of one retry to a budget.
///
/// Report the start of the retry's attempt with [`begin`](Self::begin), and its end with
/// [`succeeded`](Self::succeeded) or [`failed`](Self::failed). Dropped before the attempt has begun, the withdrawal
/// gives the whole debt back: the retry was never made. Dropped later, the debt stays: the dependency had the request.
///
/// `B` is `&Budget`, `Arc<Budget>` or anything else that dereferences to a budget.
///
/// ```
/// use retry_runtime::Kind;
/// use retry_runtime::budget::{Budget, BudgetSettings};
///
/// let budget = Budget::new(BudgetSettings::new().capacity(2));
/// let mut retry = budget.try_withdraw(Kind::Transient)?;
/// retry.begin(); // the attempt is sent
/// retry.succeeded(); // gives the token back
/// assert_eq!(budget.owed(), 0.0);
/// # Ok::<(), retry_runtime::budget::Refused>(())
/// ```
#[must_use = "dropped, it gives the tokens back as if the retry had never been made"]
pub struct Withdrawal<B: Deref<Target = Budget>> {
    budget: B,
    price: Price,
    /// Given back when the withdrawal is dropped.
    dropped: u32,
}

/// The debt of one retry, and the amounts that can be given back, in milli-tokens. Decided once, when the retry is asked
/// for: the volume of calls may have changed until it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    pub(super) cost: u32,
    /// Given back by a retry that succeeds.
    pub(super) refund: u32,
    /// Given back by a retry that was never made.
    pub(super) unmade: u32,
}

impl Price {
    pub(super) const FREE: Price = Price { cost: 0, refund: 0, unmade: 0 };
}

impl<B: Deref<Target = Budget>> Withdrawal<B> {
    /// [`Budget::try_withdraw`], for a guard that keeps the budget alive.
    ///
    /// # Errors
    /// [`Refused`] when the retry would owe more than the capacity.
    pub fn take(budget: B, kind: Kind) -> Result<Self, Refused> {
        let price = budget.withdraw(budget.timeline.now(), kind, false)?;
        Ok(Withdrawal::of(budget, price))
    }

    pub(super) const fn of(budget: B, price: Price) -> Self {
        Withdrawal { budget, price, dropped: price.unmade }
    }

    /// Tokens that the retry owes.
    pub fn cost(&self) -> f64 {
        tokens(self.price.cost)
    }

    /// The attempt begins: from now on, dropping the withdrawal gives nothing back.
    pub fn begin(&mut self) {
        self.dropped = 0;
    }

    /// The retry succeeded: gives the settings' refund back.
    pub fn succeeded(mut self) {
        self.dropped = self.price.refund;
    }

    /// The retry failed: the debt stays.
    pub fn failed(mut self) {
        self.dropped = 0;
    }
}

impl<B: Deref<Target = Budget>> Drop for Withdrawal<B> {
    fn drop(&mut self) {
        if self.dropped > 0 {
            self.budget.put(self.dropped);
        }
    }
}

impl<B: Deref<Target = Budget>> fmt::Debug for Withdrawal<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Withdrawal").field("cost", &self.cost()).finish_non_exhaustive()
    }
}

/// The budget refused this retry.
///
/// ```
/// use retry_runtime::Kind;
/// use retry_runtime::budget::{Budget, BudgetSettings};
///
/// let budget = Budget::new(BudgetSettings::new().capacity(1).no_refill());
/// budget.try_withdraw(Kind::Transient)?.failed();
/// let refused = budget.try_withdraw(Kind::Transient).unwrap_err();
/// assert_eq!((refused.owed(), refused.capacity(), refused.cost()), (1.0, 1.0, 1.0));
/// assert_eq!(refused.wait(), None); // only successes pay the debt off
/// # Ok::<(), retry_runtime::budget::Refused>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub(super) owed: u32,
    pub(super) capacity: u32,
    pub(super) cost: u32,
    pub(super) wait: Option<Duration>,
}

impl Refused {
    #[cold]
    pub(super) fn by(bucket: &Bucket, now: u64, state: State, cost: u32, capacity: u32) -> Self {
        let wait = bucket.admits_in(now, state, cost, capacity).map(Duration::from_millis);
        Refused { owed: state.owed(), capacity, cost, wait }
    }

    /// Tokens that were left: the capacity less the debt.
    pub const fn available(&self) -> f64 {
        tokens(self.capacity - self.owed)
    }

    /// Tokens that were owed.
    pub const fn owed(&self) -> f64 {
        tokens(self.owed)
    }

    /// Tokens that could be owed.
    pub const fn capacity(&self) -> f64 {
        tokens(self.capacity)
    }

    /// Tokens that the retry would have owed.
    pub const fn cost(&self) -> f64 {
        tokens(self.cost)
    }

    /// The time after which a retry would be admitted if nothing else happened; `None` when more than time
    /// is needed.
    pub const fn wait(&self) -> Option<Duration> {
        self.wait
    }
}

impl fmt::Display for Refused {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the retry budget is spent: {} of {} tokens left, a retry costs {}",
            self.available(),
            self.capacity(),
            self.cost()
        )
    }
}

impl std::error::Error for Refused {}
