//! The compared retry schemes.

use retry_runtime::Policy;
use retry_runtime::budget::BudgetSettings;

use super::clients::Retries;

/// A row of the tables.
#[derive(Clone, Copy)]
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) retries: Retries,
}

pub(crate) const NONE: &str = "no retries";
pub(crate) const UNCHECKED: &str = "3 retries, full jitter";
pub(crate) const UNLIMITED: &str = "unlimited";
pub(crate) const PLAIN: &str = "our bucket, no time refill";
pub(crate) const OURS: &str = "our default";

/// The runtime's defaults: three retries with full jitter, after at most 1 s, 2 s and 4 s.
const THREE: Policy = Policy::new().idempotent(true);

/// All schemes, ours last.
pub(crate) fn schemes() -> Vec<Scheme> {
    let budget = |name, settings| scheme(name, THREE, Some(settings));
    vec![
        scheme(NONE, THREE.max(0), None),
        scheme(UNCHECKED, THREE, None),
        budget(UNLIMITED, BudgetSettings::unlimited()),
        budget("finagle", BudgetSettings::finagle()),
        budget("grpc", BudgetSettings::grpc()),
        budget("aws", BudgetSettings::aws()),
        budget("sre", BudgetSettings::sre()),
        budget(PLAIN, BudgetSettings::new().no_refill()),
        budget(OURS, BudgetSettings::new()),
    ]
}

/// Our token bucket, refilled with one token per `every`.
#[cfg(test)]
pub(crate) fn refilled(every: std::time::Duration) -> Retries {
    Retries { policy: THREE, budget: Some(BudgetSettings::new().refill(every)) }
}

const fn scheme(name: &'static str, policy: Policy, budget: Option<BudgetSettings>) -> Scheme {
    Scheme { name, retries: Retries { policy, budget } }
}
