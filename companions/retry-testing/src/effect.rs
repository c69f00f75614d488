//! Effects, as the test's double of a remote service reports them.

use std::fmt::Display;

use super::shared::here;
use retry_runtime::control::lock;

/// Reports an effect that must not happen twice, such as a payment or a mail. The test's double of the remote service
/// calls this function, and [`explore`](super::Scope::explore) counts the effects.
///
/// ```
/// use retry_testing as testing;
///
/// /// A bank that charges for every request.
/// fn post(amount: u32) -> std::io::Result<u32> {
///     testing::effect("charged");
///     Ok(amount)
/// }
///
/// let t = testing::scope();
/// post(7)?;
/// post(7)?;
/// assert_eq!(t.effects("charged"), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Outside a testing scope the function does nothing.
pub fn effect(name: &str) {
    if let Some(within) = here() {
        within.shared.use_it();
        lock(&within.shared.effects).happen(name);
    }
}

/// [`effect`] for a double that recognises a repeated request by its idempotency key: counts one effect for each key.
///
/// Returns whether the effect happened now, and not for an earlier request; always true outside a testing scope.
///
/// ```
/// use retry_testing as testing;
///
/// /// A bank that charges once for each `Idempotency-Key`.
/// fn post(amount: u32, key: &str) -> std::io::Result<u32> {
///     testing::effect_once("charged", key);
///     Ok(amount)
/// }
///
/// let t = testing::scope();
/// post(7, "order 1")?;
/// post(7, "order 1")?;
/// assert_eq!(t.effects("charged"), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn effect_once(name: &str, key: impl Display) -> bool {
    let Some(within) = here() else { return true };
    within.shared.use_it();
    lock(&within.shared.effects).happen_once(name, key.to_string())
}
