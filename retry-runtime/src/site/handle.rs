//! Breakers and budgets by name, for whoever watches and operates them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use super::{Found, all_breakers, all_budgets};
use crate::base::clock;
use crate::breaker::{CircuitOpen, Figures, Mode, Permit, Snapshot};
use crate::budget::Budget;
use crate::turn::admission;

/// A breaker by its name: its state, its figures, and what can be done to it by hand.
///
/// ```
/// use retry_runtime::breaker::Mode;
/// use retry_runtime::{BreakerHandle, retryable};
///
/// #[retryable(on = any, breaker = "payments")]
/// fn charge() -> std::io::Result<u32> { Ok(1) }
///
/// let payments = BreakerHandle::named("payments").expect("declared above");
/// payments.force_open();
/// assert!(charge().is_err());
/// payments.force_close();
/// assert_eq!(payments.mode(), Mode::Closed);
/// # assert!(charge().is_ok());
/// ```
#[derive(Clone)]
pub struct BreakerHandle(Found);

impl BreakerHandle {
    pub(crate) const fn of(found: Found) -> Self {
        BreakerHandle(found)
    }

    /// Every breaker that has a name so far.
    pub fn all() -> Vec<Self> {
        all_breakers().into_iter().map(BreakerHandle).collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Its state at this moment.
    pub fn mode(&self) -> Mode {
        self.0.mode(clock::now)
    }

    /// What it has counted in its present state.
    pub fn figures(&self) -> Figures {
        self.0.figures(clock::now)
    }

    /// Refuses every call until another order.
    pub fn force_open(&self) {
        self.0.force_open(clock::now);
    }

    /// Closes it with an empty window.
    pub fn force_close(&self) {
        self.0.force_close(clock::now);
    }

    /// Admits every call and counts nothing.
    pub fn disable(&self) {
        self.0.disable(clock::now);
    }

    /// Admits every call and counts, to see in [`Figures::trips`] what the settings would do.
    pub fn shadow(&self) {
        self.0.shadow(clock::now);
    }

    /// Back to how it was made: closed, nothing counted.
    pub fn reset(&self) {
        self.0.reset(clock::now);
    }

    /// The state as data, for [`restore`](Self::restore) after a restart.
    pub fn snapshot(&self) -> Snapshot {
        self.0.snapshot(clock::now)
    }

    /// Takes up a state that was saved.
    pub fn restore(&self, saved: &Snapshot) {
        self.0.restore(clock::now, saved);
    }

    /// The first moment from now on at which a call is admitted if nothing but time passes; `None` where
    /// that depends on something else: on the results of probes, on whoever forced it open.
    pub fn next_admission(&self) -> Option<Instant> {
        self.0.next_admission(clock::now)
    }

    /// Resolves when the breaker would admit a call again; at once when it would now. It asks for no
    /// permit: another call may come first.
    ///
    /// Where time alone does not tell (forced open, probes under way), it looks again every 100 ms.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves nothing behind.
    pub fn admission(&self) -> impl Future<Output = ()> + Send {
        admission(&self.0)
    }

    /// Asks for leave to make one call; the guard is told how it ended, and dropped untold it counts as
    /// abandoned.
    ///
    /// # Errors
    ///
    /// [`CircuitOpen`] when the call must not be made.
    pub fn permit(&self) -> Result<Permit<&crate::breaker::Breaker>, CircuitOpen> {
        self.0.permit(clock::now)
    }
}

impl fmt::Debug for BreakerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerHandle")
            .field("name", &self.name())
            .field("mode", &self.mode())
            .finish()
    }
}

/// A budget by its name.
///
/// ```
/// use retry_runtime::{BudgetHandle, retryable};
///
/// #[retryable(on = any, base = "0s", name = "doc::fetch")]
/// fn fetch() -> Result<u32, String> { Err("down".into()) }
///
/// let budget = BudgetHandle::named("doc::fetch").expect("every function has one");
/// for _ in 0..10 {
///     let _ = fetch();
/// }
/// assert!(budget.available() < 1.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BudgetHandle(&'static Budget);

impl BudgetHandle {
    pub(crate) const fn of(budget: &'static Budget) -> Self {
        BudgetHandle(budget)
    }

    /// Tokens that can be taken out at this moment.
    pub fn available(&self) -> f64 {
        self.0.available(clock::now)
    }

    /// Tokens of the full bucket.
    pub fn capacity(&self) -> f64 {
        self.0.capacity()
    }

    /// Fills the bucket.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// The budget itself.
    pub fn budget(&self) -> &'static Budget {
        self.0
    }
}
/// Every budget that pays for retries now, by its name: the shared name, or the name of the budget's function.
pub fn budgets() -> BTreeMap<String, BudgetHandle> {
    all_budgets().into_iter().map(|(name, budget)| (name, BudgetHandle(budget))).collect()
}
