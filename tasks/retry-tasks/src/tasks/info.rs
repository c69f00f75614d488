//! Information about a task, for people and programs.

use std::time::Duration;

use retry_runtime::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::time::Time;
use crate::record::{Progress, Record, attempt::TaskAttempt, id::TaskId, state::State};
use crate::store::Stored;

/// The amount of information about a task.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{Format, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let id = tasks.submit(square::task(12)).await?;
/// let brief = tasks.info(id, Format::Minimal).await?;
/// let full = tasks.info(id, Format::Full).await?;
/// assert!(brief.arguments.is_none() && full.arguments.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Identifier, name, state, progress and counters.
    Minimal,
    /// Also times, the last error and the result.
    #[default]
    Standard,
    /// Also arguments and history.
    Full,
}

/// Information about a task.
///
/// The serialised form omits fields that the [`Format`] leaves out or whose value is unknown.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{Format, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// let id = tasks.submit(square::task(12)).await?;
/// tasks.wait::<u32>(id).await?;
/// let info = tasks.info(id, Format::Full).await?;
/// assert_eq!((info.retry_count, info.attempts().len()), (0, 1));
/// assert!(info.is_terminal());
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The identifier.
    pub id: TaskId,
    /// The function's name.
    pub name: String,
    /// The state.
    #[serde(flatten)]
    pub state: State,
    /// The progress that the function has reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The number of retries, attempts that were lost with their process included.
    pub retry_count: u32,
    /// The number of retries that were ordered by hand; they are among the `retry_count`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub by_hand: u32,
    /// The number of retries that the limit and the retries by hand allow in all; `None` when only time limits them.
    pub max_retries: Option<u32>,
    /// Whether [`retry`](crate::Tasks::retry) accepts the task; see [`State::can_retry`].
    pub can_retry: bool,
    /// The time of the submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Time>,
    /// The due time of the next attempt; `None` while one is running and after the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Time>,
    /// The start of the first attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// The time at which the task ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// The time after which no attempt may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Time>,
    /// The expected end of the running attempt, if its function reports the completed share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Time>,
    /// The text of the last failure; it stays when a later attempt succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// The kind of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_kind: Option<Kind>,
    /// The name of the worker that made the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// The arguments; those that must not be shown are `"<redacted>"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Value>,
    /// The attempts in order, a running one included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<TaskAttempt>>,
}

impl TaskInfo {
    pub(super) fn new((record, attempts): Stored, now: Time, format: Format) -> Self {
        let (standard, full) = (format != Format::Minimal, format == Format::Full);
        TaskInfo {
            eta: eta(&record, &attempts, now).filter(|_| standard),
            arguments: full.then(|| arguments(&record)),
            retry_count: record.retry_count(),
            by_hand: record.by_hand,
            max_retries: record.max_retries(),
            id: record.id,
            state: record.state,
            can_retry: record.state.can_retry(),
            progress: record.progress,
            created_at: standard.then_some(record.created_at),
            due_at: record.run_at.filter(|_| standard && record.state != State::Running),
            started_at: record.started_at.filter(|_| standard),
            ended_at: record.ended_at.filter(|_| standard),
            deadline: record.deadline.filter(|_| standard),
            last_error: record.last_error.filter(|_| standard),
            last_kind: record.last_kind.filter(|_| standard),
            worker: record.worker.filter(|_| standard),
            result: record.result.filter(|_| standard).map(|result| json(&result)),
            history: full.then_some(attempts),
            name: record.name,
        }
    }

    /// Whether the task has ended and no retries are left: it is complete, cancelled, or failed with its retries used
    /// up. A task that failed with retries left is not terminal, because a retry by hand stays within its limit.
    /// [`State::is_ended`] ignores the limit.
    pub fn is_terminal(&self) -> bool {
        match self.state {
            State::Complete | State::Cancelled => true,
            State::Failed { .. } => self.max_retries.is_some_and(|max| self.retry_count >= max),
            _ => false,
        }
    }

    /// The attempts; empty unless the format is [`Format::Full`].
    pub fn attempts(&self) -> &[TaskAttempt] {
        self.history.as_deref().unwrap_or_default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The expected end of the running attempt, if it continues at its present speed.
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
    for name in &record.redacted {
        if let Some(value) = arguments.get_mut(name) {
            *value = Value::String("<redacted>".to_owned());
        }
    }
    arguments
}

/// Parses a text that was written as JSON.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
