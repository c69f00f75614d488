//! What is known of a task, for people and programs.

use std::time::Duration;

use retry_runtime::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::{Progress, Record, TaskAttempt};
use crate::{State, TaskId, Time};

/// How much of a task is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Where it stands: identifier, name, state, progress, counters.
    Minimal,
    /// Also its times, its last error and its result.
    #[default]
    Standard,
    /// Also its arguments and its history.
    Full,
}

/// What is known of a task.
///
/// What a [`Format`] leaves out, or is not known, is missing from the serialised form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The identifier.
    pub id: TaskId,
    /// The function's name.
    pub name: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: State,
    /// How far it is, as its body says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Retries that were made; attempts lost with their process count.
    pub retry_count: u32,
    /// Retries that may be made, with those that were granted by hand; `None` when only time limits them.
    pub max_retries: Option<u32>,
    /// Whether [`retry`](crate::Tasks::retry) accepts it; see [`State::can_retry`].
    pub can_retry: bool,
    /// When it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// When its first attempt started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// When it is given up, at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// When it will probably have ended: known while an attempt runs whose body tells its progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Time>,
    /// The last failure in words; kept when a later attempt succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The last failure's kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_kind: Option<Kind>,
    /// Who runs it, or ran it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// What it returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Its arguments; those that are not to be shown are `"<redacted>"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// Its attempts in order, also the one that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<TaskAttempt>>,
}

impl TaskInfo {
    pub(crate) fn new(
        (record, attempts): (Record, Vec<TaskAttempt>),
        now: Time,
        format: Format,
    ) -> Self {
        let eta = eta(&record, &attempts, now);
        let (standard, full) = (format != Format::Minimal, format == Format::Full);
        let (retry_count, max_retries) = (record.retry_count(), record.max_retries());
        let arguments = full.then(|| arguments(&record));
        TaskInfo {
            id: record.id,
            state: record.state,
            can_retry: record.state.can_retry(),
            retry_count,
            max_retries,
            progress: record.progress,
            created_at: standard.then_some(record.created_at),
            started_at: record.started_at.filter(|_| standard),
            ended_at: record.ended_at.filter(|_| standard),
            deadline: record.deadline.filter(|_| standard),
            eta: eta.filter(|_| standard),
            last_error: record.last_error.filter(|_| standard),
            last_kind: record.last_kind.filter(|_| standard),
            worker: record.worker.filter(|_| standard),
            result: record.result.filter(|_| standard).map(|result| json(&result)),
            arguments,
            history: full.then_some(attempts),
            name: record.name,
        }
    }

    /// Whether nothing more can come of it by itself or by its limit: it is complete or cancelled, or it has
    /// failed and its retries are used up. A task that failed before that, for good, is not terminal: a
    /// retry by hand stays within its limit. (For "it has ended" see [`State::is_ended`].)
    pub fn is_terminal(&self) -> bool {
        match self.state {
            State::Complete | State::Cancelled => true,
            State::Failed { .. } => self.max_retries.is_some_and(|max| self.retry_count >= max),
            _ => false,
        }
    }

    /// The attempts, where the format is [`Format::Full`].
    pub fn attempts(&self) -> &[TaskAttempt] {
        self.history.as_deref().unwrap_or_default()
    }
}

/// When the running attempt will have ended, if it goes on as it has begun.
fn eta(record: &Record, attempts: &[TaskAttempt], now: Time) -> Option<Time> {
    if record.state != State::Running {
        return None;
    }
    let fraction = record.progress.as_ref()?.fraction.filter(|fraction| *fraction > 0.0)?;
    let started = attempts.last().map(|attempt| attempt.started).or(record.round_at)?;
    let total = now.since(started).as_secs_f64() / fraction;
    Duration::try_from_secs_f64(total).ok().map(|total| started + total)
}

fn arguments(record: &Record) -> Value {
    let mut arguments = json(&record.arguments);
    if let Value::Object(values) = &mut arguments {
        for name in &record.redacted {
            if let Some(value) = values.get_mut(name) {
                *value = Value::String("<redacted>".to_owned());
            }
        }
    }
    arguments
}

/// The value of a text that was written as JSON.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
