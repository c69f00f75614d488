//! What happens to tasks, as it happens.

use std::time::Duration;

use retry_runtime::Kind;
use serde::Serialize;

use crate::{FailReason, Progress, TaskId, Time};

/// Something that happened to a task in this process.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: Time,
    /// The task.
    pub id: TaskId,
    /// Its function.
    pub name: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event")]
#[non_exhaustive]
pub enum What {
    /// It was handed in.
    #[serde(rename = "task.submitted")]
    Submitted,
    /// An attempt started.
    #[serde(rename = "task.started")]
    Started {
        /// The attempt's number, from 1.
        attempt: u32,
    },
    /// The body has said how far it is.
    #[serde(rename = "task.progress")]
    Progress(Progress),
    /// An attempt failed, or was lost, and another one follows.
    #[serde(rename = "task.waiting")]
    Waiting {
        /// The attempt's number.
        attempt: u32,
        /// The failure's kind.
        kind: Option<Kind>,
        /// The failure in words.
        error: String,
        /// The pause.
        delay: Duration,
    },
    /// A worker gave it back unfinished.
    #[serde(rename = "task.returned")]
    Returned,
    /// Its result is there.
    #[serde(rename = "task.completed")]
    Completed,
    /// It was given up.
    #[serde(rename = "task.failed")]
    Failed {
        /// Why.
        reason: FailReason,
        /// The failure in words.
        error: String,
    },
    /// It was cancelled.
    #[serde(rename = "task.cancelled")]
    Cancelled,
    /// It was made to run again by hand.
    #[serde(rename = "task.retried")]
    Retried,
    /// It was made to run again from the start by hand.
    #[serde(rename = "task.reset")]
    Reset,
}

impl What {
    /// The event's name, stable.
    pub const fn name(&self) -> &'static str {
        match self {
            What::Submitted => "task.submitted",
            What::Started { .. } => "task.started",
            What::Progress(_) => "task.progress",
            What::Waiting { .. } => "task.waiting",
            What::Returned => "task.returned",
            What::Completed => "task.completed",
            What::Failed { .. } => "task.failed",
            What::Cancelled => "task.cancelled",
            What::Retried => "task.retried",
            What::Reset => "task.reset",
        }
    }
}

impl What {
    /// Whether a worker may find something to do that was not there before.
    pub(crate) const fn makes_work(&self) -> bool {
        matches!(
            self,
            What::Submitted | What::Waiting { .. } | What::Returned | What::Retried | What::Reset
        )
    }
}

impl Event {
    /// Emits the event through `tracing`.
    pub(crate) fn trace(&self) {
        #[cfg(feature = "tracing")]
        match &self.what {
            What::Failed { reason, error } => {
                tracing::warn!(target: "retry_tasks", event = "task.failed", task = %self.id, name = self.name, %reason, error);
            }
            what => {
                tracing::debug!(target: "retry_tasks", event = what.name(), task = %self.id, name = self.name);
            }
        }
    }
}
