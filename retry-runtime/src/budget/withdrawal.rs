//! The RAII guard of one retry, and the refusal of one.

use std::ops::Deref;
use std::time::Duration;
use std::{fmt, mem};

use super::bucket::tokens;
use super::handle::Budget;
use crate::failure::class::Kind;

/// The tokens taken out for one retry.
///
/// Report the end of the retry with [`succeeded`](Self::succeeded) or [`failed`](Self::failed). Dropped
/// without a report (the retry never started, or its future was dropped midway), the withdrawal gives the
/// whole cost back, since a cancelled retry says nothing about the dependency.
///
/// `B` is `&Budget`, `Arc<Budget>` or anything else that dereferences to a budget.
#[must_use = "dropped, it gives the tokens back as if the retry had never been made"]
pub struct Withdrawal<B: Deref<Target = Budget>> {
    budget: B,
    cost: u32,
}

impl<B: Deref<Target = Budget>> Withdrawal<B> {
    /// [`Budget::try_withdraw`], for a guard that keeps the budget alive.
    ///
    /// # Errors
    /// [`Refused`] when the tokens are not there.
    pub fn take(budget: B, kind: Kind) -> Result<Self, Refused> {
        let cost = budget.withdraw(budget.timeline.now(), kind)?;
        Ok(Withdrawal { budget, cost })
    }

    #[inline]
    pub(super) const fn of(budget: B, cost: u32) -> Self {
        Withdrawal { budget, cost }
    }

    /// Tokens that were taken out.
    pub fn cost(&self) -> f64 {
        tokens(self.cost)
    }

    /// The retry succeeded: gives the settings' refund back.
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

/// The budget refused this retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub(super) available: u32,
    pub(super) capacity: u32,
    pub(super) cost: u32,
    pub(super) wait: Option<Duration>,
}

impl Refused {
    /// Tokens that were there.
    pub const fn available(&self) -> f64 {
        tokens(self.available)
    }

    /// Tokens that the bucket holds.
    pub const fn capacity(&self) -> f64 {
        tokens(self.capacity)
    }

    /// Tokens that the retry would have cost.
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
