//! Counts, durations and states through the crate [`metrics`](https://docs.rs/metrics), for whichever exporter the
//! program has installed.
//!
//! With the feature `metrics` each store hands over what it has committed, as it happens; the gauge is a
//! question to the store, which [`publish`] asks. What the attempts do inside, their failures and delays, the
//! function's own metrics tell ([`retry_metrics`]).
//!
//! | metric | type | unit | attributes | is |
//! |---|---|---|---|---|
//! | `retry.tasks.submitted` | counter | `{task}` | `retry.site` | tasks that were handed in |
//! | `retry.tasks.started` | counter | `{attempt}` | `retry.site` | attempts that workers of this process took up |
//! | `retry.tasks.attempts` | counter | `{attempt}` | `retry.site`, `retry.outcome` | attempts that have ended: `succeeded`, `failed`, `lost`, `cancelled` |
//! | `retry.tasks.held_back` | counter | `{attempt}` | `retry.site` | attempts that were put off, because the budget or the breaker refused them |
//! | `retry.tasks.ended` | counter | `{task}` | `retry.site`, `retry.state`, `retry.reason` | tasks that have ended: `complete` (`success`), `cancelled` (`cancelled`), `failed` and why |
//! | `retry.tasks.orders` | counter | `{order}` | `retry.site`, `retry.verb` | orders by hand: `retry`, `reset`, `cancel` |
//! | `retry.tasks.queue.duration` | histogram | `s` | `retry.site` | time from when an attempt was due to its start |
//! | `retry.tasks.attempt.duration` | histogram | `s` | `retry.site`, `retry.outcome` | time of attempts; of one that was lost, until that was noticed |
//! | `retry.tasks.present` | gauge | `{task}` | `retry.state` | tasks in the store, by where they stand |
//!
//! Each process counts what it has written down itself: several that share a file add up. The bounds of
//! [`retry_metrics::SECONDS`] fit both histograms.

use std::time::Duration;

use ::metrics::{counter, gauge, histogram};
use retry_metrics::{Instrument, Metric};

use crate::event::{Event, What};
use crate::record::AttemptOutcome;
use crate::store::Measured;
use crate::{Phase, TaskError, Tasks};

const SUBMITTED: Metric = Metric::new(
    "retry.tasks.submitted",
    Instrument::Counter,
    "{task}",
    &["retry.site"],
    "tasks that were handed in",
);
const STARTED: Metric = Metric::new(
    "retry.tasks.started",
    Instrument::Counter,
    "{attempt}",
    &["retry.site"],
    "attempts of tasks that workers of this process took up",
);
const ATTEMPTS: Metric = Metric::new(
    "retry.tasks.attempts",
    Instrument::Counter,
    "{attempt}",
    &["retry.site", "retry.outcome"],
    "attempts of tasks that have ended",
);
const HELD_BACK: Metric = Metric::new(
    "retry.tasks.held_back",
    Instrument::Counter,
    "{attempt}",
    &["retry.site"],
    "attempts of tasks that the budget or the breaker has put off",
);
const ENDED: Metric = Metric::new(
    "retry.tasks.ended",
    Instrument::Counter,
    "{task}",
    &["retry.site", "retry.state", "retry.reason"],
    "tasks that have ended",
);
const ORDERS: Metric = Metric::new(
    "retry.tasks.orders",
    Instrument::Counter,
    "{order}",
    &["retry.site", "retry.verb"],
    "orders by hand that were carried out on tasks",
);
const QUEUE: Metric = Metric::new(
    "retry.tasks.queue.duration",
    Instrument::Histogram,
    "s",
    &["retry.site"],
    "time from when an attempt of a task was due to its start",
);
const DURATION: Metric = Metric::new(
    "retry.tasks.attempt.duration",
    Instrument::Histogram,
    "s",
    &["retry.site", "retry.outcome"],
    "time of attempts of tasks",
);
const PRESENT: Metric = Metric::new(
    "retry.tasks.present",
    Instrument::Gauge,
    "{task}",
    &["retry.state"],
    "tasks in the store, by where they stand",
);

/// Every metric, in the order of the table above.
pub const ALL: &[Metric] =
    &[SUBMITTED, STARTED, ATTEMPTS, HELD_BACK, ENDED, ORDERS, QUEUE, DURATION, PRESENT];

/// Tells the exporter what the metrics are. Stores do it when they are opened; to be called where the exporter
/// is installed later than that.
pub fn describe() {
    ALL.iter().for_each(Metric::describe);
}

/// Hands over how many tasks of this store stand where. It costs a look at an index of all tasks: to be called
/// at an interval of seconds, or before a scrape is answered.
///
/// ```
/// # use retry_tasks::{Tasks, metrics};
/// # use std::time::Duration;
/// # async fn keep_published(tasks: Tasks) -> Result<(), retry_tasks::TaskError> {
/// loop {
///     metrics::publish(&tasks).await?;
///     tokio::time::sleep(Duration::from_secs(10)).await;
/// }
/// # }
/// ```
///
/// # Errors
///
/// The store cannot answer.
pub async fn publish(tasks: &Tasks) -> Result<(), TaskError> {
    describe();
    let counts = tasks.counts().await?;
    for phase in Phase::ALL {
        gauge!(PRESENT.name, "retry.state" => phase.name()).set(counts.of(phase) as f64);
    }
    Ok(())
}

/// Something has happened, and is written down.
pub(crate) fn count(event: &Event, measured: Option<Measured>) {
    let site = || event.name.clone();
    match measured {
        Some(Measured::Queued(time)) => {
            histogram!(QUEUE.name, "retry.site" => site()).record(time);
        }
        Some(Measured::Attempt(outcome, time)) => count_attempt(site(), outcome, time),
        None => {}
    }
    match &event.what {
        What::Submitted => counter!(SUBMITTED.name, "retry.site" => site()).increment(1),
        What::Started { .. } => counter!(STARTED.name, "retry.site" => site()).increment(1),
        What::HeldBack { .. } => counter!(HELD_BACK.name, "retry.site" => site()).increment(1),
        What::Completed => count_end(site(), Phase::Complete, "success".to_owned()),
        What::Failed { reason, .. } => {
            count_end(site(), Phase::Failed, reason.name().replace([' ', '-'], "_"));
        }
        What::Cancelled => {
            count_end(site(), Phase::Cancelled, "cancelled".to_owned());
            count_order(site(), "cancel");
        }
        What::Retried => count_order(site(), "retry"),
        What::Reset => count_order(site(), "reset"),
        What::Progress(_) | What::Waiting { .. } | What::Lost { .. } | What::Returned => {}
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
