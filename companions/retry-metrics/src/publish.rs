//! Publishes the counts and states that the engine keeps anyway.

use std::cell::Cell;
use std::collections::BTreeMap;

use metrics::{counter, gauge};
use retry_runtime::breaker::Mode;
use retry_runtime::{Kind, Stats, StopReason, control, live, sites};

use super::keys;
use super::latency;
use super::table::{
    ATTEMPTS, CALLS, CAPACITY, CONFIGURATIONS, ENABLED, FAILURES, LIVE, OWED, RETRIES, STATE,
    STOPS, TOKENS, UNATTEMPTED, WASTED, describe,
};

/// Hands the present counts and states to the installed exporter.
///
/// To be called now and then: before a scrape is answered, at the exporter's upkeep, or by
/// [`export`](super::export()) at an interval. Without an installed exporter it does nothing of
/// consequence.
///
/// Several threads may publish at the same time. A panic of the exporter ends here, and the next publication tries again;
/// an exporter that publishes in turn publishes nothing twice.
///
/// ```
/// /// The answer to a scrape.
/// fn metrics(render: impl Fn() -> String) -> String {
///     retry_metrics::publish();
///     render()
/// }
/// # assert_eq!(metrics(String::new), "");
/// ```
pub fn publish() {
    thread_local! {
        static PUBLISHING: Cell<bool> = const { Cell::new(false) };
    }
    if PUBLISHING.replace(true) {
        return;
    }
    let parts = [
        describe,
        publish_counts,
        publish_live,
        publish_settings,
        publish_breakers,
        publish_budgets,
        latency::publish,
    ];
    for part in parts {
        control::contained(part);
    }
    PUBLISHING.set(false);
}

// No lock: of two threads the later one may bring the lower counts, which `absolute` is specified to cope with.
fn publish_counts() {
    let mut counted: BTreeMap<&'static str, Stats> = BTreeMap::new();
    for site in sites() {
        counted.entry(site.name()).or_default().add(&control::totals(site));
    }
    for (site, stats) in counted {
        publish_stats(site, stats);
    }
}

fn publish_stats(site: &'static str, mut stats: Stats) {
    for (outcome, calls) in [
        ("first_try", stats.first_try),
        ("after_retry", stats.after_retry),
        ("failed", stats.failed),
        ("recovered", stats.recovered),
        ("cancelled", stats.cancelled),
    ] {
        counter!(CALLS.name, "retry.site" => site, "retry.outcome" => outcome).absolute(calls);
    }
    counter!(UNATTEMPTED.name, "retry.site" => site).absolute(stats.unattempted);
    counter!(ATTEMPTS.name, "retry.site" => site).absolute(stats.attempts);
    counter!(WASTED.name, "retry.site" => site).absolute(stats.wasted);
    for (at, retries) in stats.retries_by_number.iter().enumerate() {
        let number = (at + 1).to_string();
        counter!(RETRIES.name, "retry.site" => site, "retry.number" => number).absolute(*retries);
    }
    for kind in Kind::ALL {
        let failures = *stats.failures.of(kind);
        if failures > 0 {
            counter!(FAILURES.name, "retry.site" => site, "retry.kind" => kind.name())
                .absolute(failures);
        }
    }
    for (reason, calls) in stats.reasons.all().filter(|(_, calls)| *calls > 0) {
        counter!(STOPS.name, "retry.site" => site, "retry.reason" => word(reason)).absolute(calls);
    }
}

/// The reason as a value of an attribute: `circuit_open`.
pub(super) fn word(reason: StopReason) -> String {
    reason.name().replace([' ', '-'], "_")
}

fn publish_live() {
    // Every function, so that a value goes back to 0.
    let mut live: BTreeMap<&'static str, u32> = sites().map(|site| (site.name(), 0)).collect();
    live.entry("").or_default();
    for call in live::calls() {
        *live.entry(call.name()).or_default() += 1;
    }
    for (site, calls) in live {
        gauge!(LIVE.name, "retry.site" => site).set(calls);
    }
}

fn publish_settings() {
    let mut enabled: BTreeMap<&'static str, bool> = BTreeMap::new();
    for site in sites() {
        *enabled.entry(site.name()).or_default() |= control::is_retried(site);
    }
    for (site, is_enabled) in enabled {
        gauge!(ENABLED.name, "retry.site" => site).set(f64::from(u8::from(is_enabled)));
    }
    let (applied, refused) = control::configurations();
    for (result, count) in [("applied", applied), ("refused", refused)] {
        counter!(CONFIGURATIONS.name, "retry.result" => result).absolute(count);
    }
}

/// Every state of a breaker.
pub(super) const MODES: [Mode; 6] =
    [Mode::Closed, Mode::Open, Mode::HalfOpen, Mode::ForcedOpen, Mode::Disabled, Mode::Shadow];

fn publish_breakers() {
    let mut modes: BTreeMap<String, [u32; MODES.len()]> = BTreeMap::new();
    let mut keys = Vec::new();
    for breaker in retry_runtime::breakers() {
        let counts = modes.entry(table(breaker.name()).to_owned()).or_default();
        let mode = breaker.mode();
        if let (Some(table), Some(key)) = (breaker.table(), breaker.key()) {
            keys.push((table.to_owned(), key.to_owned(), mode));
        }
        MODES.iter().zip(counts).for_each(|(each, count)| *count += u32::from(*each == mode));
    }
    for (breaker, counts) in modes {
        for (mode, count) in MODES.iter().zip(counts) {
            gauge!(STATE.name, "retry.breaker" => breaker.clone(), "retry.state" => mode.name())
                .set(count);
        }
    }
    keys::publish(keys);
}

/// The name of the table that a breaker belongs to, else its own.
pub(super) fn table(breaker: &str) -> &str {
    match breaker.split_once('[') {
        Some((table, key)) if key.ends_with(']') => table,
        _ => breaker,
    }
}

fn publish_budgets() {
    for (name, budget) in retry_runtime::budgets() {
        gauge!(TOKENS.name, "retry.budget" => name.clone()).set(budget.available());
        gauge!(OWED.name, "retry.budget" => name.clone()).set(budget.owed());
        gauge!(CAPACITY.name, "retry.budget" => name).set(budget.capacity());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breaker_of_a_table_counts_for_its_table() {
        assert_eq!(table("hosts[eu-1]"), "hosts");
        assert_eq!(table("hosts[[::1]:80]"), "hosts");
        assert_eq!(table("odd[name"), "odd[name");
    }

    #[test]
    fn a_reason_is_one_word() {
        assert_eq!(word(StopReason::RetryAfterTooLong), "retry_after_too_long");
        assert_eq!(word(StopReason::CircuitOpen), "circuit_open");
    }
}
