//! Events: the vocabulary, and their delivery to listeners, `tracing` and metrics.

pub(crate) mod bus;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod news;
#[cfg(feature = "tracing")]
mod trace;

use std::time::Duration;

use retry_runtime::Kind;
use serde::{Deserialize, Serialize};

use crate::base::time::Time;
use crate::record::{Progress, attempt::AttemptOutcome, id::TaskId, reason::FailReason};

/// An event in the life of a task.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::Tasks;
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let mut events = tasks.events();
/// tasks.submit(square::task(12)).await?;
/// let event = events.recv().await?;
/// println!("{} {} {}: {}", event.at, event.name, event.id, event.kind.name());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The time of the event.
    pub at: Time,
    /// The task.
    pub id: TaskId,
    /// The name of the task's function.
    pub name: String,
    /// The kind of event.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// The kind of an [`Event`], with its details.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{EventKind, Tasks};
///
/// #[retryable(max = 0, on = any, task)]
/// async fn send(n: u32) -> Result<u32, String> { Err("down".into()) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// let mut events = tasks.events();
/// tasks.submit(send::task(1)).await?;
/// loop {
///     match events.recv().await?.kind {
///         EventKind::Failed { reason, error } => break println!("failed ({reason}): {error}"),
///         other => println!("{}", other.name()),
///     }
/// }
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
#[non_exhaustive]
pub enum EventKind {
    /// The task was submitted.
    #[serde(rename = "task.submitted")]
    Submitted,
    /// An attempt has started.
    #[serde(rename = "task.started")]
    Started {
        /// The attempt's number, from 1.
        attempt: u32,
    },
    /// The function has reported its progress.
    #[serde(rename = "task.progress")]
    Progress(Progress),
    /// An attempt failed or was lost, and another one follows.
    #[serde(rename = "task.waiting")]
    Waiting {
        /// The attempt's number.
        attempt: u32,
        /// The kind of the failure.
        kind: Option<Kind>,
        /// The text of the failure.
        error: String,
        /// The delay before the next attempt.
        delay: Duration,
    },
    /// An attempt was lost: its process ended or did not renew its lease in time, or its worker was shut down. The
    /// next event shows the consequence.
    #[serde(rename = "task.lost")]
    Lost {
        /// The attempt's number.
        attempt: u32,
    },
    /// The budget or the breaker refused the attempt. The attempt was not made and does not count.
    #[serde(rename = "task.held_back")]
    HeldBack {
        /// The attempt's number; the next attempt gets the same one.
        attempt: u32,
        /// The delay before the next request to the budget or the breaker.
        delay: Duration,
    },
    /// The stored arguments do not fit the function of the worker that has claimed the task. The task is left to a worker of
    /// another version of the program for some minutes.
    #[serde(rename = "task.misfit")]
    Misfit {
        /// The misfit.
        error: String,
    },
    /// The function has put the task off. The attempt does not count.
    #[serde(rename = "task.snoozed")]
    Snoozed {
        /// The delay before the next attempt.
        delay: Duration,
    },
    /// A worker that shut down has returned the task unfinished.
    #[serde(rename = "task.returned")]
    Returned,
    /// The task has succeeded and its result is stored.
    #[serde(rename = "task.completed")]
    Completed,
    /// The task has failed.
    #[serde(rename = "task.failed")]
    Failed {
        /// Why the task failed.
        reason: FailReason,
        /// The text of the failure.
        error: String,
    },
    /// The task was cancelled.
    #[serde(rename = "task.cancelled")]
    Cancelled,
    /// The task was retried by hand.
    #[serde(rename = "task.retried")]
    Retried,
    /// The task was reset by hand.
    #[serde(rename = "task.reset")]
    Reset,
}

impl EventKind {
    /// The name of the event. Names are stable.
    pub const fn name(&self) -> &'static str {
        match self {
            EventKind::Submitted => "task.submitted",
            EventKind::Started { .. } => "task.started",
            EventKind::Progress(_) => "task.progress",
            EventKind::Waiting { .. } => "task.waiting",
            EventKind::Lost { .. } => "task.lost",
            EventKind::HeldBack { .. } => "task.held_back",
            EventKind::Misfit { .. } => "task.misfit",
            EventKind::Snoozed { .. } => "task.snoozed",
            EventKind::Returned => "task.returned",
            EventKind::Completed => "task.completed",
            EventKind::Failed { .. } => "task.failed",
            EventKind::Cancelled => "task.cancelled",
            EventKind::Retried => "task.retried",
            EventKind::Reset => "task.reset",
        }
    }

    /// Whether a worker may find a task to claim that was not due before.
    pub(crate) const fn may_make_due(&self) -> bool {
        matches!(
            self,
            EventKind::Submitted
                | EventKind::Waiting { .. }
                | EventKind::HeldBack { .. }
                | EventKind::Misfit { .. }
                | EventKind::Snoozed { .. }
                | EventKind::Returned
                | EventKind::Retried
                | EventKind::Reset
        )
    }
}

/// A duration that ends with an event, for metrics.
///
/// ```
/// use retry_tasks::{AttemptOutcome, Measured};
/// use std::time::Duration;
///
/// let took = Measured::Attempt(AttemptOutcome::Succeeded, Duration::from_millis(20));
/// # let _ = took;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measured {
    /// The time between an attempt's due time and its start.
    Queued(Duration),
    /// The time that an attempt took.
    Attempt(AttemptOutcome, Duration),
}
