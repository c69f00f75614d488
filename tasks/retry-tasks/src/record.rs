//! A task and its attempts as stores keep them.

use std::time::Duration;

use retry_runtime::resume::Standing;
use retry_runtime::{DelaySource, Failures, Kind};
use serde::{Deserialize, Serialize};

use crate::{State, TaskId, Time};

/// A task that is handed in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewTask {
    /// The function's name.
    pub name: String,
    /// Its arguments: a JSON object.
    pub arguments: String,
    /// Arguments that are not shown.
    pub redacted: Vec<String>,
    /// The greater comes first.
    pub priority: i32,
    /// How long to wait before the first attempt.
    pub delay: Duration,
    /// How long it may take, counted from its submission.
    pub deadline: Option<Duration>,
    /// Tasks with the same name and key are one task, as long as it has not failed.
    pub key: Option<String>,
    /// How long its result answers for later tasks with the key; `None`: as long as it is kept.
    pub valid_for: Option<Duration>,
    /// How many attempts there may be.
    pub limit: Option<u32>,
}

/// A task, as it is stored.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Record {
    /// The identifier.
    pub id: TaskId,
    /// The function's name.
    pub name: String,
    /// The arguments: a JSON object.
    pub arguments: String,
    /// Arguments that are not shown.
    pub redacted: Vec<String>,
    /// Where it stands.
    pub state: State,
    /// The greater comes first.
    pub priority: i32,
    /// What makes it one of its kind.
    pub key: Option<String>,
    /// How long its result answers for others with the key.
    pub valid_for: Option<Duration>,
    /// When it was submitted.
    pub created_at: Time,
    /// When it is due; of a running task, when its lease ends; `None` for one that has ended.
    pub run_at: Option<Time>,
    /// When its first attempt started.
    pub started_at: Option<Time>,
    /// When it ended.
    pub ended_at: Option<Time>,
    /// When it must have ended.
    pub deadline: Option<Time>,
    /// Attempts that were made, those lost included.
    pub attempts: u32,
    /// How many of them belong to the present round; a retry by hand begins a new one.
    pub round: u32,
    /// When the first attempt of the round started.
    pub round_at: Option<Time>,
    /// How many attempts a round may have.
    pub limit: Option<u32>,
    /// Grows with every claim: who holds an older one has lost the task.
    pub fence: u64,
    /// Who runs it, or ran it last.
    pub worker: Option<String>,
    /// How far it is, and in what.
    pub progress: Option<Progress>,
    /// What it returned: JSON.
    pub result: Option<String>,
    /// The last failure in words.
    pub last_error: Option<String>,
    /// The last failure's kind.
    pub last_kind: Option<Kind>,
    /// The last delay.
    pub last_delay: Option<Duration>,
    /// Whether the function's budget pays for the next attempt, although it is the first of its round.
    pub paced: bool,
}

/// How far a task is, as its body says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// From 0 to 1; `None` when the body does not know.
    pub fraction: Option<f64>,
    /// What it is doing.
    pub message: Option<String>,
}

/// One attempt, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskAttempt {
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// The claim that it was made under; it orders the attempts.
    pub fence: u64,
    /// When it started.
    pub started: Time,
    /// When it ended; `None` while it runs.
    pub ended: Option<Time>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The failure's kind.
    pub kind: Option<Kind>,
    /// The failure in words.
    pub error: Option<String>,
    /// The pause after it.
    pub delay: Option<Duration>,
    /// Where the pause's length came from.
    pub delay_source: Option<DelaySource>,
    /// Who made it.
    pub worker: String,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// It still runs, as far as is known.
    Running,
    /// It returned a value.
    Succeeded,
    /// It returned a failure.
    Failed,
    /// Its process ended, or was not heard of until the lease ran out.
    Lost,
    /// The task was cancelled meanwhile.
    Cancelled,
}

impl AttemptOutcome {
    /// All of them.
    pub const ALL: [AttemptOutcome; 5] = [
        AttemptOutcome::Running,
        AttemptOutcome::Succeeded,
        AttemptOutcome::Failed,
        AttemptOutcome::Lost,
        AttemptOutcome::Cancelled,
    ];

    /// The outcome in a word, as in the serialised form.
    pub const fn name(self) -> &'static str {
        match self {
            AttemptOutcome::Running => "running",
            AttemptOutcome::Succeeded => "succeeded",
            AttemptOutcome::Failed => "failed",
            AttemptOutcome::Lost => "lost",
            AttemptOutcome::Cancelled => "cancelled",
        }
    }
}

/// A task that a worker holds for one attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Claimed {
    /// The task, with the attempt counted.
    pub record: Record,
    /// Where the call stood before this attempt.
    pub standing: Standing,
    /// When the attempt started.
    pub at: Time,
}

/// The claim that an attempt is made under: a task and its fencing token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Lease {
    /// The task.
    pub id: TaskId,
    /// The token; an order under an older one is refused.
    pub fence: u64,
}

impl Record {
    /// Where the call stands, for the engine.
    pub(crate) fn standing(&self, now: Time, failures: Failures) -> Standing {
        Standing {
            attempts: self.round,
            elapsed: self.round_at.map_or(Duration::ZERO, |at| now.since(at)),
            remaining: self.deadline.map(|deadline| deadline.since(now)),
            previous: self.last_delay,
            last_kind: self.last_kind,
            failures,
            call_id: self.id.call_id(),
        }
    }

    /// The lease of the attempt that runs.
    pub(crate) fn lease(&self) -> Lease {
        Lease { id: self.id, fence: self.fence }
    }

    /// Whether its deadline has passed.
    pub(crate) fn is_overdue(&self, now: Time) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}
