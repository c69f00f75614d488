//! A task as the machine changes it: the record, its history, and the claim under which an attempt runs.

use serde::{Deserialize, Serialize};

use super::ask::Told;
use crate::base::time::Time;
use crate::event::EventKind;
use crate::record::{NewTask, Record, attempt::TaskAttempt};

/// The number of attempts in a history: unlimited attempts must not cost more and more.
pub(crate) const KEPT: usize = 1000;

/// A task, as an engine keeps it: one value that [`apply`](super::apply) changes.
///
/// A store that keeps the history elsewhere leaves `attempts` empty and follows [`Told::Attempt`] and its siblings.
///
/// ```
/// use retry_tasks::machine::Task;
/// use retry_tasks::{NewTask, State, Time};
///
/// # let new = NewTask {
/// #     name: "mail::send".into(),
/// #     arguments: "{}".into(),
/// #     limit: Some(4),
/// #     ..NewTask::default()
/// # };
/// let (task, told) = Task::submit(new, Time::from_millis(0));
/// assert_eq!((task.record.state, told.len()), (State::Pending, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The record.
    pub record: Record,
    /// The attempts that have ended, in order: the last thousand. The running one is part of the
    /// [record](Record::running_attempt).
    #[serde(default)]
    pub attempts: Vec<TaskAttempt>,
    /// The number that the holder of the running attempt has chosen for its claim; `None` when the store uses the fencing token
    /// alone.
    #[serde(default)]
    pub nonce: Option<u64>,
}

impl Task {
    /// Creates a task that is submitted now, and tells so.
    pub fn submit(new: NewTask, now: Time) -> (Self, Vec<Told>) {
        (Task::of(Record::new(new, now)), vec![Told::event(EventKind::Submitted)])
    }

    /// Wraps the record of a store that keeps the history elsewhere.
    pub const fn of(record: Record) -> Self {
        Task { record, attempts: Vec::new(), nonce: None }
    }

    /// The attempts in order, a running one included.
    pub fn history(&self) -> Vec<TaskAttempt> {
        self.attempts.iter().cloned().chain(self.record.running_attempt()).collect()
    }

    /// Adds an attempt that has ended to the history.
    pub(super) fn keep(&mut self, attempt: TaskAttempt, told: &mut Vec<Told>) {
        let superfluous = (self.attempts.len() + 1).saturating_sub(KEPT);
        self.attempts.drain(..superfluous);
        self.attempts.push(attempt.clone());
        told.push(Told::Attempt(attempt));
    }
}
