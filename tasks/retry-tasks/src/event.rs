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
    /// An attempt was lost: its process ended or was not heard of in time, or its worker was shut down. What
    /// follows is told next.
    #[serde(rename = "task.lost")]
    Lost {
        /// The attempt's number.
        attempt: u32,
    },
    /// The budget or the breaker refused the attempt. It was not made, and is not counted.
    #[serde(rename = "task.held_back")]
    HeldBack {
        /// The attempt's number, which the next one will have.
        attempt: u32,
        /// The pause before the budget or the breaker is asked again.
        delay: Duration,
    },
    /// A worker that ends gave it back unfinished.
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
            What::Lost { .. } => "task.lost",
            What::HeldBack { .. } => "task.held_back",
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
            What::Submitted
                | What::Waiting { .. }
                | What::HeldBack { .. }
                | What::Returned
                | What::Retried
                | What::Reset
        )
    }
}

impl Event {
    /// Emits the event through `tracing`: a warning where a task has failed or an attempt was lost. Of other
    /// failed attempts the engine tells by itself.
    #[cfg(not(feature = "tracing"))]
    pub(crate) fn trace(&self) {}

    /// Emits the event through `tracing`: a warning where a task has failed or an attempt was lost. Of other
    /// failed attempts the engine tells by itself.
    #[cfg(feature = "tracing")]
    pub(crate) fn trace(&self) {
        macro_rules! say {
            ($level:ident, $facts:expr) => {{
                let Facts { attempt, reason, kind, error, delay } = $facts;
                tracing::$level!(
                    target: "retry_tasks",
                    event = self.what.name(),
                    task = %self.id,
                    site = self.name,
                    attempt,
                    reason = reason.map(FailReason::name),
                    kind = kind.map(Kind::name),
                    error,
                    delay_s = delay.map(|delay| delay.as_secs_f64()),
                );
            }};
        }
        match &self.what {
            What::Failed { .. } | What::Lost { .. } => say!(warn, self.what.facts()),
            _ => say!(debug, self.what.facts()),
        }
    }
}

/// What an event says, field by field.
#[cfg(feature = "tracing")]
#[derive(Default)]
struct Facts<'a> {
    attempt: Option<u32>,
    reason: Option<FailReason>,
    kind: Option<Kind>,
    error: Option<&'a str>,
    delay: Option<Duration>,
}

#[cfg(feature = "tracing")]
impl What {
    fn facts(&self) -> Facts<'_> {
        let nothing = Facts::default();
        match self {
            What::Started { attempt } | What::Lost { attempt } => {
                Facts { attempt: Some(*attempt), ..nothing }
            }
            What::Waiting { attempt, kind, error, delay } => Facts {
                attempt: Some(*attempt),
                kind: *kind,
                error: Some(error),
                delay: Some(*delay),
                ..nothing
            },
            What::HeldBack { attempt, delay } => {
                Facts { attempt: Some(*attempt), delay: Some(*delay), ..nothing }
            }
            What::Failed { reason, error } => {
                Facts { reason: Some(*reason), error: Some(error), ..nothing }
            }
            _ => nothing,
        }
    }
}
