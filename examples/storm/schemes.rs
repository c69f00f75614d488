//! The compared retry schemes.

use std::time::Duration;

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
pub(crate) const FIXED: &str = "capacity = 20";
pub(crate) const OURS: &str = "our default";

/// The rows with another policy than the default: ours, and a capacity of 20 set by hand.
pub(crate) const OURS_OTHERWISE: [&str; 3] =
    ["ours, max 50, base 1 s", "ours, max 3, base 100 ms", "ours, max 50, base 100 ms"];
pub(crate) const FIXED_OTHERWISE: &str = "capacity = 20, max 50, 1 s";

/// The runtime's defaults: three retries with full jitter, after at most 1 s, 2 s and 4 s.
const THREE: Policy = Policy::new().idempotent(true);
const FIFTY: Policy = THREE.max(50);

/// The same number of retries from 100 ms up to 2 s.
const fn soon(policy: Policy) -> Policy {
    policy.base(Duration::from_millis(100)).cap(Duration::from_secs(2))
}

/// All schemes with the default policy, ours last.
pub(crate) fn schemes() -> Vec<Scheme> {
    let mut schemes = vec![
        scheme(NONE, THREE.max(0), None),
        scheme(UNCHECKED, THREE, None),
        scheme(UNLIMITED, THREE, Some(BudgetSettings::unlimited())),
    ];
    schemes.extend(budgets(THREE));
    schemes
}

/// The schemes that have a budget, with this policy, ours last.
pub(crate) fn budgets(policy: Policy) -> Vec<Scheme> {
    let budget = |name, settings| scheme(name, policy, Some(settings));
    vec![
        budget("finagle", BudgetSettings::finagle()),
        budget("grpc", BudgetSettings::grpc()),
        budget("aws", BudgetSettings::aws()),
        budget("sre", BudgetSettings::sre()),
        budget(FIXED, BudgetSettings::new().capacity(20)),
        budget(OURS, BudgetSettings::new()),
    ]
}

/// Other policies than the default: ours beside a peer's rule.
pub(crate) fn other_policies() -> Vec<Scheme> {
    let [fifty, three_soon, fifty_soon] = OURS_OTHERWISE;
    let (ours, aws) = (Some(BudgetSettings::new()), Some(BudgetSettings::aws()));
    vec![
        scheme("aws, max 50, base 1 s", FIFTY, aws),
        scheme("aws, max 50, base 100 ms", soon(FIFTY), aws),
        scheme(FIXED_OTHERWISE, FIFTY, Some(BudgetSettings::new().capacity(20))),
        scheme(fifty, FIFTY, ours),
        scheme(three_soon, soon(THREE), ours),
        scheme(fifty_soon, soon(FIFTY), ours),
    ]
}

const fn scheme(name: &'static str, policy: Policy, budget: Option<BudgetSettings>) -> Scheme {
    Scheme { name, retries: Retries::new(policy, budget) }
}

/// Computes the row of each scheme, with a thread per row.
pub(crate) fn rows<T: Send>(schemes: &[Scheme], row: impl Fn(Scheme) -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let row = &row;
        let rows: Vec<_> = schemes.iter().map(|scheme| scope.spawn(move || row(*scheme))).collect();
        rows.into_iter().map(|row| row.join().expect("the model does not panic")).collect()
    })
}
