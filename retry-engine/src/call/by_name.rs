//! Finds budgets and breakers by name; in a testing scope, the scope's copies.

use super::intercepted;
use crate::budget::Budget;
use crate::site::{self, BreakerRef};

/// The breaker of this name: one that attributes share (`breaker = "payments"`), the function's own
/// (`billing::charge`), a static that an attribute uses, or one of a keyed table (`api[eu.example.com]`), once
/// the key has been used. `None` when there is no such breaker.
///
/// In a testing scope, it is the scope's copy.
///
/// ```
/// use retry_runtime::breaker::Mode;
/// use retry_runtime::{breaker, retryable};
///
/// #[retryable(on = any, breaker = "payments")]
/// fn charge() -> std::io::Result<u32> { Ok(1) }
///
/// let payments = breaker("payments").expect("declared above");
/// payments.force_open();
/// assert!(charge().is_err());
/// payments.force_close();
/// assert_eq!(payments.mode(), Mode::Closed);
/// # assert!(charge().is_ok());
/// ```
#[inline]
pub fn breaker(name: &str) -> Option<BreakerRef> {
    let found = site::find_breaker(name)?;
    match (intercepted::here(), found.as_static()) {
        (Some(interceptor), Some(own)) => Some(interceptor.breaker(own).into()),
        _ => Some(found),
    }
}

/// The budget of this name: one that attributes share (`budget = "name"`), or the function's own
/// (`billing::charge`). `None` when there is no such budget.
///
/// The budget above the keys where the budget has a key; [`budget_keys`](crate::budget_keys) has those of the keys. A
/// configuration changes the settings of the budget, and not which budget it is. In a testing scope, it is the scope's
/// copy.
///
/// ```
/// use retry_runtime::retryable;
///
/// #[retryable(on = any, base = "0s", name = "doc::fetch")]
/// fn fetch() -> Result<u32, String> { Err("down".into()) }
///
/// let budget = retry_runtime::budget("doc::fetch").expect("every function has one");
/// for _ in 0..10 {
///     let _ = fetch();
/// }
/// assert!(budget.available() < 1.0);
/// ```
#[inline]
pub fn budget(name: &str) -> Option<&'static Budget> {
    let own = site::find_budget(name)?;
    Some(intercepted::here().and_then(|interceptor| interceptor.budget(own)).unwrap_or(own))
}
