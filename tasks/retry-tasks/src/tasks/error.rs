//! The failures of submissions, queries and orders.

use std::fmt;

use crate::machine::orders::Verb;
use crate::record::{id::TaskId, reason::FailReason, state::State};
use crate::store::error::StoreError;

/// A failure of [`Tasks`](crate::Tasks), or of the task in question.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// The store failed.
    Store(StoreError),
    /// The arguments cannot be written as JSON.
    Arguments {
        /// The function.
        name: String,
        /// The argument and the reason.
        detail: String,
    },
    /// The store has no task with this identifier.
    Unknown(TaskId),
    /// The task's state does not allow the order.
    Refused {
        /// The task.
        id: TaskId,
        /// The order.
        verb: Verb,
        /// The state of the task. When two orders race, the one that wins has set it.
        state: State,
    },
    /// The task has failed.
    Failed {
        /// The task.
        id: TaskId,
        /// Why the task failed.
        reason: FailReason,
        /// The text of the last failure.
        error: String,
    },
    /// The task was cancelled.
    Cancelled(TaskId),
    /// The result does not have the requested type.
    Result {
        /// The task.
        id: TaskId,
        /// The reason.
        detail: String,
    },
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Store(error) => error.fmt(f),
            TaskError::Arguments { name, detail } => {
                write!(f, "the arguments of `{name}` cannot be stored: {detail}")
            }
            TaskError::Unknown(id) => write!(
                f,
                "there is no task {id}; it was never submitted to this store, or was removed after its end"
            ),
            TaskError::Refused { id, verb, state } => {
                write!(f, "cannot {verb} task {id}: it is {state}; {}", verb.remedy())
            }
            TaskError::Failed { id, reason, error } => {
                write!(f, "task {id} failed ({reason}): {error}")
            }
            TaskError::Cancelled(id) => write!(f, "task {id} was cancelled"),
            TaskError::Result { id, detail } => {
                write!(f, "the result of task {id} has another type: {detail}")
            }
        }
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TaskError::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for TaskError {
    fn from(error: StoreError) -> Self {
        TaskError::Store(error)
    }
}
