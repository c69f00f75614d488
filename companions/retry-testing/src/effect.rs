//! What a test's double of the other side says has happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::shared::{here, lock};

/// Effects that have happened in a scope.
#[derive(Debug, Default)]
pub(super) struct Effects {
    counts: BTreeMap<String, u32>,
    keys: BTreeSet<(String, String)>,
}

impl Effects {
    fn happen(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn happen_once(&mut self, what: &str, key: String) -> bool {
        let new = self.keys.insert((what.to_owned(), key));
        if new {
            self.happen(what);
        }
        new
    }

    pub(super) fn count(&self, what: &str) -> u32 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// All that have happened, and how often; nothing has happened afterwards.
    pub(super) fn take(&mut self) -> BTreeMap<String, u32> {
        self.keys.clear();
        std::mem::take(&mut self.counts)
    }
}

/// Says that something has happened that must not happen twice: money moved, a mail was sent. For the test's
/// double of the other side; [`explore`](super::Scope::explore) counts it.
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
/// Outside of a testing scope it does nothing.
pub fn effect(what: &str) {
    if let Some(within) = here() {
        within.shared.use_it();
        lock(&within.shared.effects).happen(what);
    }
}

/// [`effect`], for a double that knows a request again by its idempotency key: it happens once for each key.
/// Returns whether it has happened now; outside of a testing scope always.
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
pub fn effect_once(what: &str, key: impl Display) -> bool {
    let Some(within) = here() else { return true };
    within.shared.use_it();
    lock(&within.shared.effects).happen_once(what, key.to_string())
}
