//! A task and its attempts as a store keeps them.

pub(crate) mod attempt;
pub(crate) mod id;
pub(crate) mod lane;
pub(crate) mod reason;
pub(crate) mod state;

use std::time::Duration;

use retry_runtime::{Failures, Kind};
use serde::{Deserialize, Serialize};

use crate::base::time::Time;
use attempt::{AttemptOutcome, TaskAttempt};
use id::TaskId;
use lane::Lane;
use state::State;

/// A task on its way into a store. The default has no name, no arguments and no limits.
///
/// ```
/// use retry_tasks::{NewTask, Record, Time};
///
/// let task = NewTask {
///     name: "mail::send".into(),
///     arguments: r#"{"to":"a@example.com"}"#.into(),
///     limit: Some(4),
///     ..NewTask::default()
/// };
/// let record = Record::new(task, Time::from_millis(0));
/// assert_eq!(record.max_retries(), Some(3));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewTask {
    /// The identifier, so that a submission can be repeated when its outcome is not known: a task that is stored under
    /// it already answers. `None`: the store makes a new one.
    pub id: Option<TaskId>,
    /// The function's name.
    pub name: String,
    /// The arguments: a JSON object.
    pub arguments: String,
    /// The names of the arguments that must not be shown.
    pub redacted: Vec<String>,
    /// The priority; due tasks with a greater one start first.
    pub priority: i32,
    /// The delay before the first attempt.
    pub delay: Duration,
    /// The time limit for the task, counted from its submission.
    pub deadline: Option<Duration>,
    /// The unique key. While a task has not failed, it answers for later ones with the same name and key.
    pub key: Option<String>,
    /// How long the result answers for later tasks with the same key; `None` for as long as it is stored.
    pub valid_for: Option<Duration>,
    /// The number of attempts that the function's policy allows; `None` when only time limits them.
    pub limit: Option<u32>,
}

/// A stored task.
///
/// ```
/// # use retry_tasks::{NewTask, Record, Time, State};
/// # use std::time::Duration;
///
/// # let task = NewTask {
/// #     name: "mail::send".into(),
/// #     arguments: r#"{"to":"a@example.com"}"#.into(),
/// #     limit: Some(4),
/// #     ..NewTask::default()
/// # };
/// let now = Time::from_millis(0);
/// let mut record = Record::new(task, now); // what a store keeps
/// assert_eq!((record.state, record.retry_count()), (State::Pending, 0));
/// record.claim(now, Duration::from_secs(30), 0, "worker 1");
/// assert_eq!(record.state, State::Running);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The identifier.
    pub id: TaskId,
    /// The function's name.
    pub name: String,
    /// The arguments: a JSON object.
    pub arguments: String,
    /// The names of the arguments that must not be shown.
    pub redacted: Vec<String>,
    /// The state.
    pub state: State,
    /// The priority; due tasks with a greater one start first.
    pub priority: i32,
    /// The unique key, until another task has taken it over.
    pub key: Option<String>,
    /// How long the result answers for later tasks with the same key; `None` for as long as it is stored.
    pub valid_for: Option<Duration>,
    /// The time of the submission.
    pub created_at: Time,
    /// The due time. While an attempt is running, the end of its lease; `None` when the task has ended.
    pub run_at: Option<Time>,
    /// The start of the first attempt.
    pub started_at: Option<Time>,
    /// The start of the latest attempt.
    pub attempt_at: Option<Time>,
    /// The time at which the task ended.
    pub ended_at: Option<Time>,
    /// The time after which no attempt may start.
    pub deadline: Option<Time>,
    /// The number of attempts, lost ones included.
    pub attempts: u32,
    /// The number of attempts in the current round; a retry by hand starts a new round.
    pub round: u32,
    /// The start of the round's first attempt.
    pub round_at: Option<Time>,
    /// The number of attempts that a round may have; `None` when only time limits them.
    pub limit: Option<u32>,
    /// The fencing token. Each claim increases it, so that the holder of an older one can change nothing.
    pub fence: u64,
    /// The name of the worker that made the last attempt.
    pub worker: Option<String>,
    /// The progress that the running attempt has reported, or the successful one; `None` after any other.
    pub progress: Option<Progress>,
    /// The result: JSON.
    pub result: Option<String>,
    /// The text of the last failure.
    pub last_error: Option<String>,
    /// The kind of the last failure.
    pub last_kind: Option<Kind>,
    /// The last delay before a retry.
    pub last_delay: Option<Duration>,
    /// Whether the function's bucket must pay even for the first attempt of the round.
    pub paced: bool,
    /// The lane in which the task waits; `None` when it has ended.
    pub lane: Option<Lane>,
    /// The thousandths of a token that the bucket has paid for the running attempt.
    pub paid: u64,
    /// How long the running attempt's lease is valid without a renewal.
    pub lease_length: Duration,
    /// The failures of the current round by kind.
    pub failures: Failures,
    /// The key that another task has taken over: a retry by hand needs it back.
    pub lost_key: Option<String>,
    /// The number of retries by hand that led to an attempt.
    pub by_hand: u32,
    /// Since when workers have found that the arguments do not fit their function.
    pub misfit_at: Option<Time>,
    /// Why the stored row cannot be read; the other fields have those parts that can. `None` for a sound row.
    pub trouble: Option<String>,
}

/// The progress of a task, as its function reports it.
///
/// ```
/// use retry_tasks::Progress;
///
/// let half = Progress { fraction: Some(0.5), message: Some("copying".into()) };
/// assert_eq!(half.fraction, Some(0.5));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The completed share, from 0 to 1; `None` when the function does not know it.
    pub fraction: Option<f64>,
    /// The current activity.
    pub message: Option<String>,
}

impl Record {
    /// Creates the record of a task that is submitted now.
    pub fn new(task: NewTask, now: Time) -> Self {
        Record {
            id: task.id.unwrap_or_else(|| TaskId::new(now)),
            name: task.name,
            arguments: task.arguments,
            redacted: task.redacted,
            state: State::Pending,
            priority: task.priority,
            key: task.key,
            valid_for: task.valid_for,
            created_at: now,
            run_at: Some(now + task.delay),
            started_at: None,
            attempt_at: None,
            ended_at: None,
            deadline: task.deadline.map(|limit| now + limit),
            attempts: 0,
            round: 0,
            round_at: None,
            limit: task.limit,
            fence: 0,
            worker: None,
            progress: None,
            result: None,
            last_error: None,
            last_kind: None,
            last_delay: None,
            paced: false,
            lane: Some(if task.delay.is_zero() { Lane::Ready } else { Lane::Later }),
            paid: 0,
            lease_length: Duration::ZERO,
            failures: Failures::default(),
            lost_key: None,
            by_hand: 0,
            misfit_at: None,
            trouble: None,
        }
    }

    /// The running attempt; `None` when none is running. The record has all of it, so that a store keeps no row for an attempt
    /// that has not ended.
    pub fn running_attempt(&self) -> Option<TaskAttempt> {
        (self.state == State::Running).then(|| self.latest_attempt())
    }

    /// The latest attempt, as it was when it started.
    pub(crate) fn latest_attempt(&self) -> TaskAttempt {
        TaskAttempt {
            attempt: self.attempts,
            fence: self.fence,
            started: self.attempt_at.or(self.started_at).unwrap_or(self.created_at),
            ended: None,
            outcome: AttemptOutcome::Running,
            kind: None,
            error: None,
            delay: None,
            delay_source: None,
            worker: self.worker.clone().unwrap_or_default(),
        }
    }

    /// The number of retries, lost attempts included.
    pub fn retry_count(&self) -> u32 {
        self.attempts.saturating_sub(1)
    }

    /// The number of retries that the limit and the retries by hand allow in all; `None` when only time limits
    /// them.
    pub fn max_retries(&self) -> Option<u32> {
        let before = self.attempts.saturating_sub(self.round);
        self.limit.map(|limit| before.saturating_add(limit.max(self.round)).saturating_sub(1))
    }
}
