//! Counting of events through the crate `metrics`. [`crate::metrics`] has the table of all metrics.

use std::time::Duration;

use ::metrics::{counter, gauge, histogram};
use retry_runtime::metrics::Instrument::{Counter, Gauge, Histogram};
use retry_runtime::metrics::Metric;

use super::{Event, EventKind, Measured};
use crate::machine::orders::Verb;
use crate::record::{attempt::AttemptOutcome, state::Phase};

const SITE: &[&str] = &["retry.site"];
const OUTCOME: &[&str] = &["retry.site", "retry.outcome"];

const SUBMITTED: Metric =
    Metric::new("retry.tasks.submitted", Counter, "{task}", SITE, "tasks that were submitted");
const STARTED: Metric = Metric::new(
    "retry.tasks.started",
    Counter,
    "{attempt}",
    SITE,
    "attempts of tasks that workers of this process started",
);
const ATTEMPTS: Metric = Metric::new(
    "retry.tasks.attempts",
    Counter,
    "{attempt}",
    OUTCOME,
    "attempts of tasks that have ended",
);
const HELD_BACK: Metric = Metric::new(
    "retry.tasks.held_back",
    Counter,
    "{attempt}",
    SITE,
    "attempts of tasks that the budget or the breaker has refused",
);
const ENDED: Metric = Metric::new(
    "retry.tasks.ended",
    Counter,
    "{task}",
    &["retry.site", "retry.state", "retry.reason"],
    "tasks that have ended",
);
const ORDERS: Metric = Metric::new(
    "retry.tasks.orders",
    Counter,
    "{order}",
    &["retry.site", "retry.verb"],
    "orders by hand that tasks have accepted",
);
const QUEUE: Metric = Metric::new(
    "retry.tasks.queue.duration",
    Histogram,
    "s",
    SITE,
    "time between the due time and the start of an attempt of a task",
);
const DURATION: Metric = Metric::new(
    "retry.tasks.attempt.duration",
    Histogram,
    "s",
    OUTCOME,
    "time that attempts of tasks took",
);
const PRESENT: Metric = Metric::new(
    "retry.tasks.present",
    Gauge,
    "{task}",
    &["retry.state"],
    "tasks in the store, by state",
);

/// All metrics, in the order of the table above.
pub const ALL: &[Metric] =
    &[SUBMITTED, STARTED, ATTEMPTS, HELD_BACK, ENDED, ORDERS, QUEUE, DURATION, PRESENT];

/// Describes the metrics to the exporter. Stores call this when they are opened; call it again when the exporter is
/// installed later.
pub fn describe() {
    ALL.iter().for_each(Metric::describe);
}

/// Sets the number of tasks in this state.
pub(crate) fn set_present(phase: Phase, count: u64) {
    gauge!(PRESENT.name, "retry.state" => phase.name()).set(count as f64);
}

/// Counts a committed event.
pub(crate) fn count(event: &Event, measured: Option<Measured>) {
    let site = || event.name.clone();
    match measured {
        Some(Measured::Queued(time)) => {
            histogram!(QUEUE.name, "retry.site" => site()).record(time);
        }
        Some(Measured::Attempt(outcome, time)) => count_attempt(site(), outcome, time),
        None => {}
    }
    match &event.kind {
        EventKind::Submitted => counter!(SUBMITTED.name, "retry.site" => site()).increment(1),
        EventKind::Started { .. } => counter!(STARTED.name, "retry.site" => site()).increment(1),
        EventKind::HeldBack { .. } => counter!(HELD_BACK.name, "retry.site" => site()).increment(1),
        EventKind::Completed => count_end(site(), Phase::Complete, "success".to_owned()),
        EventKind::Failed { reason, .. } => {
            count_end(site(), Phase::Failed, reason.name().replace([' ', '-'], "_"));
        }
        EventKind::Cancelled => {
            count_end(site(), Phase::Cancelled, "cancelled".to_owned());
            count_order(site(), Verb::Cancel);
        }
        EventKind::Retried => count_order(site(), Verb::Retry),
        EventKind::Reset => count_order(site(), Verb::Reset),
        EventKind::Progress(_)
        | EventKind::Waiting { .. }
        | EventKind::Lost { .. }
        | EventKind::Returned => {}
    }
}

fn count_attempt(site: String, outcome: AttemptOutcome, time: Duration) {
    let outcome = outcome.name();
    counter!(ATTEMPTS.name, "retry.site" => site.clone(), "retry.outcome" => outcome).increment(1);
    histogram!(DURATION.name, "retry.site" => site, "retry.outcome" => outcome).record(time);
}

fn count_end(site: String, phase: Phase, reason: String) {
    let state = phase.name();
    counter!(ENDED.name, "retry.site" => site, "retry.state" => state, "retry.reason" => reason)
        .increment(1);
}

fn count_order(site: String, verb: Verb) {
    counter!(ORDERS.name, "retry.site" => site, "retry.verb" => verb.name()).increment(1);
}
