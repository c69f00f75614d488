//! The budget and the breaker of a name, as a call that started here would have them.

use crate::budget::Budget;
#[cfg(feature = "testing")]
use crate::call::context;
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
pub fn breaker(name: &str) -> Option<BreakerRef> {
    let found = site::find_breaker(name)?;
    #[cfg(feature = "testing")]
    if let (Some(within), Some(process)) = (context::within(), found.as_static()) {
        return Some(within.shared.breaker(process).into());
    }
    Some(found)
}

/// The budget of this name: one that attributes share (`budget = "name"`), or the function's own
/// (`billing::charge`). `None` when there is no such budget.
///
/// In a testing scope, it is the scope's copy.
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
pub fn budget(name: &str) -> Option<&'static Budget> {
    let found = site::find(name)?;
    #[cfg(feature = "testing")]
    if let Some(own) = context::within().and_then(|within| within.shared.budget(found)) {
        return Some(own);
    }
    Some(found)
}
