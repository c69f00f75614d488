//! Counting of events through the crate `metrics`. [`crate::metrics`] has the table of all metrics.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ::metrics::{counter, histogram};
use retry_metrics::Instrument::{Counter, Gauge, Histogram};
use retry_metrics::Metric;

use super::{Event, EventKind, Measured};
use crate::record::{attempt::AttemptOutcome, state::Phase};

/// Declares a constant for each metric, and the list of all.
macro_rules! table {
    ($($metric:ident = $kind:ident $name:literal $unit:literal [$($attribute:literal)*] $is:literal)*) => {
        $(pub(crate) const $metric: Metric = Metric::new($name, $kind, $unit, &[$($attribute),*], $is);)*

        /// All metrics, in the order of the table above.
        pub const ALL: &[Metric] = &[$($metric),*];
    };
}

table! {
    SUBMITTED = Counter "retry.tasks.submitted" "{task}" ["retry.site"] "tasks that were submitted"
    STARTED = Counter "retry.tasks.started" "{attempt}" ["retry.site"]
        "attempts of tasks that workers of this process started"
    ATTEMPTS = Counter "retry.tasks.attempts" "{attempt}" ["retry.site" "retry.outcome"]
        "attempts of tasks that have ended"
    HELD_BACK = Counter "retry.tasks.held_back" "{attempt}" ["retry.site"]
        "attempts of tasks that the budget or the breaker has refused"
    ENDED = Counter "retry.tasks.ended" "{task}" ["retry.site" "retry.state" "retry.reason"] "tasks that have ended"
    ORDERS = Counter "retry.tasks.orders" "{order}" ["retry.site" "retry.verb"]
        "orders by hand that tasks have accepted"
    QUEUE = Histogram "retry.tasks.queue.duration" "s" ["retry.site"]
        "time between the due time and the start of an attempt of a task"
    DURATION = Histogram "retry.tasks.attempt.duration" "s" ["retry.site" "retry.outcome"]
        "time that attempts of tasks took"
    PRESENT = Gauge "retry.tasks.present" "{task}" ["retry.state"] "tasks in the store, by state"
    QUEUED = Gauge "retry.tasks.queued" "{task}" ["retry.queue"] "pending and waiting tasks"
    OLDEST = Gauge "retry.tasks.oldest_due.age" "s" ["retry.site"] "time since which the longest due task is due"
    WORKERS = Gauge "retry.tasks.workers" "{worker}" [] "workers of this process that take tasks"
}

/// Describes the metrics to the exporter. Stores call this when they are opened; call it again when the exporter is
/// installed later.
///
/// ```
/// retry_tasks::metrics::describe(); // after the exporter was installed
/// ```
pub fn describe() {
    ALL.iter().for_each(Metric::describe);
}

/// The workers of this process.
static WORKING: AtomicU32 = AtomicU32::new(0);

/// A worker that takes tasks, until it is dropped.
#[derive(Debug)]
pub(crate) struct Working(());

impl Working {
    pub(crate) fn begin() -> Self {
        WORKING.fetch_add(1, Ordering::Relaxed);
        Working(())
    }

    /// The number of workers at this moment.
    pub(crate) fn count() -> u32 {
        WORKING.load(Ordering::Relaxed)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        WORKING.fetch_sub(1, Ordering::Relaxed);
    }
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
            count_order(site(), "cancel");
        }
        EventKind::Retried => count_order(site(), "retry"),
        EventKind::Reset => count_order(site(), "reset"),
        EventKind::Progress(_)
        | EventKind::Waiting { .. }
        | EventKind::Lost { .. }
        | EventKind::Misfit { .. }
        | EventKind::Snoozed { .. }
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

fn count_order(site: String, verb: &'static str) {
    counter!(ORDERS.name, "retry.site" => site, "retry.verb" => verb).increment(1);
}
