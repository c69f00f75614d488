//! Durations of attempts, of functions with `measure`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use metrics::histogram;
use retry_runtime::{Latency, control, sites};

use super::table::ATTEMPT_DURATION;

/// Hands the durations of the attempts since the last publication to the installed exporter. The engine counts them in
/// buckets, whose middle is told: at most 3.2 % from the duration itself.
pub(super) fn publish() {
    static TOLD: Mutex<BTreeMap<&'static str, Latency>> = Mutex::new(BTreeMap::new());
    let mut measured: BTreeMap<&'static str, Latency> = BTreeMap::new();
    for site in sites() {
        if let Some(latency) = site.latency() {
            measured.entry(site.name()).or_default().add(&latency);
        }
    }
    let mut new = Vec::new();
    let mut told = control::lock(&TOLD);
    for (site, latency) in measured {
        let told = told.entry(site).or_default();
        new.push((site, latency.since(told)));
        *told = latency;
    }
    // Not under the lock, or an exporter that publishes in turn would wait for itself.
    drop(told);
    for (site, latency) in new {
        let durations = histogram!(ATTEMPT_DURATION.name, "retry.site" => site);
        for (middle, count) in latency.buckets() {
            durations.record_many(middle, usize::try_from(count).unwrap_or(usize::MAX));
        }
    }
}
