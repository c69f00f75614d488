//! The failures of submissions, queries and orders.

use crate::machine::orders::Verb;
use crate::record::{id::TaskId, reason::FailReason, state::State};
use crate::store::error::StoreError;

/// A failure of [`Tasks`](crate::Tasks), or of the task in question.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{TaskError, Tasks};
///
/// #[retryable(max = 0, on = any, task)]
/// async fn send(n: u32) -> Result<u32, String> { Err("down".into()) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// let id = tasks.submit(send::task(1)).await?;
/// let error = tasks.wait::<u32>(id).await.unwrap_err();
/// assert!(matches!(&error, TaskError::Failed { error, .. } if error == "down"));
/// println!("{error}");
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The arguments cannot be written as JSON.
    #[error("the arguments of `{name}` cannot be stored: {detail}")]
    Arguments {
        /// The function.
        name: String,
        /// The argument and the reason.
        detail: String,
    },
    /// The store has no task with this identifier.
    #[error(
        "there is no task {0}; it was never submitted to this store, or was removed after its end"
    )]
    Unknown(TaskId),
    /// The task's state does not allow the order.
    #[error("cannot {verb} task {id}: it is {state}; {}", verb.remedy())]
    Refused {
        /// The task.
        id: TaskId,
        /// The order.
        verb: Verb,
        /// The state of the task. When two orders race, the one that wins has set it.
        state: State,
    },
    /// Another task has the unique key of the task, and would run beside it.
    #[error(
        "cannot {verb} task {id}: task {holder} has its key; cancel that one, or wait for its end"
    )]
    KeyTaken {
        /// The task.
        id: TaskId,
        /// The order.
        verb: Verb,
        /// The task that has the key.
        holder: TaskId,
    },
    /// The running task waits for another one, which cannot start: every slot that it could have is held by a task that waits.
    #[error(
        "task {id} cannot start: the {slots} slots that it could have are held by tasks that wait for others; raise \
         `in_flight` or `concurrency`, or submit the next step instead of waiting for it"
    )]
    NoFreeSlot {
        /// The task that was waited for.
        id: TaskId,
        /// The number of slots.
        slots: usize,
    },
    /// The task has failed.
    #[error("task {id} failed ({reason}): {error}")]
    Failed {
        /// The task.
        id: TaskId,
        /// Why the task failed.
        reason: FailReason,
        /// The text of the last failure.
        error: String,
    },
    /// The task was cancelled.
    #[error("task {0} was cancelled")]
    Cancelled(TaskId),
    /// The result does not have the requested type.
    #[error("the result of task {id} has another type: {detail}")]
    Result {
        /// The task.
        id: TaskId,
        /// The reason.
        detail: String,
    },
}
