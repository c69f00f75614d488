//! Counts, durations and states through the crate [`metrics`](https://docs.rs/metrics), for the exporter that the
//! program has installed.
//!
//! With the feature `metrics` each store counts its committed changes as they happen. The gauge needs a query of the
//! store, which [`publish`] makes. The function's own metrics ([`retry_metrics`]) show the failures and delays
//! inside the attempts.
//!
//! | metric | type | unit | attributes | is |
//! |---|---|---|---|---|
//! | `retry.tasks.submitted` | counter | `{task}` | `retry.site` | tasks that were submitted |
//! | `retry.tasks.started` | counter | `{attempt}` | `retry.site` | attempts that workers of this process started |
//! | `retry.tasks.attempts` | counter | `{attempt}` | `retry.site`, `retry.outcome` | attempts that have ended: `succeeded`, `failed`, `lost`, `cancelled` |
//! | `retry.tasks.held_back` | counter | `{attempt}` | `retry.site` | attempts that the budget or the breaker refused |
//! | `retry.tasks.ended` | counter | `{task}` | `retry.site`, `retry.state`, `retry.reason` | tasks that have ended: `complete` (`success`), `cancelled` (`cancelled`), or `failed` with its reason |
//! | `retry.tasks.orders` | counter | `{order}` | `retry.site`, `retry.verb` | orders by hand that were accepted: `retry`, `reset`, `cancel` |
//! | `retry.tasks.queue.duration` | histogram | `s` | `retry.site` | time between the due time and the start of an attempt |
//! | `retry.tasks.attempt.duration` | histogram | `s` | `retry.site`, `retry.outcome` | time that an attempt took; for a lost one, until the loss was noticed |
//! | `retry.tasks.present` | gauge | `{task}` | `retry.state` | tasks in the store, by state |
//! | `retry.tasks.queued` | gauge | `{task}` | `retry.queue` | pending and waiting tasks: `due`, `held_back` by the budget, or `scheduled` for later |
//! | `retry.tasks.oldest_due.age` | gauge | `s` | `retry.site` | time since which the longest due task is due; 0 when none is |
//! | `retry.tasks.workers` | gauge | `{worker}` | none | workers of this process that take tasks |
//!
//! Each process counts the changes that it commits itself, so the counts of several processes that share a file add
//! up. The bounds of [`retry_metrics::SECONDS`] fit both histograms.

pub use crate::event::metrics::{ALL, describe};

use ::metrics::gauge;

use crate::event::metrics::{OLDEST, PRESENT, QUEUED, WORKERS, Working};
use crate::record::state::Phase;
use crate::store::counts::Counts;
use crate::tasks::{Tasks, error::TaskError};

/// Sets the gauges: the tasks in each state, how long the longest due one has waited, and the workers. The query reads an
/// index of all tasks.
/// Call this every few seconds, or before answering a scrape.
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
    let by_function = tasks.counts_by_function().await?;
    let mut counts = Counts::default();
    by_function.values().for_each(|of_function| counts.add(*of_function));
    for phase in Phase::ALL {
        gauge!(PRESENT.name, "retry.state" => phase.name()).set(counts.of(phase) as f64);
    }
    let queues =
        [("due", counts.due), ("held_back", counts.held_back), ("scheduled", counts.scheduled())];
    for (queue, tasks) in queues {
        gauge!(QUEUED.name, "retry.queue" => queue).set(tasks as f64);
    }
    gauge!(WORKERS.name).set(f64::from(Working::count()));
    let now = tasks.store().clock().now();
    for (site, counts) in by_function {
        let age = counts.oldest_due.map_or(0.0, |due| now.since(due).as_secs_f64());
        gauge!(OLDEST.name, "retry.site" => site).set(age);
    }
    Ok(())
}
