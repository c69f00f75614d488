//! The seam between the public API and whatever keeps the tasks.
//!
//! [`Store`] is all that the rest of the crate knows of a store: it takes tasks and orders, answers queries, and
//! [serves](Store::serve) a worker, its [`Host`]. How a store finds tasks for the worker is its own business: a
//! durable-execution engine that calls workers implements `Store` directly, with the rules of
//! [`machine`](crate::machine) and a [`Bulletin`] for its events.
//!
//! A store with rows and transactions implements the two traits of [`rows`](crate::rows) instead, as the memory and the
//! SQLite store do. Both kinds of store are tested with the crate `retry-tasks-conformance`.

pub(crate) mod analytics;
pub(crate) mod attempt;
pub(crate) mod bulletin;
pub(crate) mod counts;
pub(crate) mod error;
pub(crate) mod filter;
pub(crate) mod handle;
pub(crate) mod host;
pub(crate) mod upcoming;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::base::clock::Clock;
use crate::event::Event;
use crate::machine::{orders::Ordered, orders::Verb, retention::Retention};
use crate::record::{NewTask, Record, attempt::TaskAttempt, id::TaskId, state::State};
use analytics::Analytics;
pub use attempt::{Attempt, Ending, News, Stop};
pub use bulletin::Bulletin;
use counts::Counts;
use error::StoreError;
use filter::{Filter, Page};
pub use host::{End, Host, Hosted, Settings};

/// The reply of a store.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A task with its attempts.
pub type Stored = (Record, Vec<TaskAttempt>);

/// The task that a submission has led to.
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
/// let first = tasks.submit_unique("12", square::task(12)).await?;
/// let second = tasks.submit_unique("12", square::task(12)).await?;
/// assert!(second.existing && second.id == first.id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// The identifier of the task.
    pub id: TaskId,
    /// Whether the task was there before, under the same key.
    pub existing: bool,
}

/// The reason for which an order by hand is refused.
///
/// ```
/// use retry_tasks::State;
/// use retry_tasks::store::Refusal;
///
/// fn reason(refusal: Refusal) -> String {
///     match refusal {
///         Refusal::State(state) => format!("it is {state}"),
///         Refusal::Key(other) => format!("task {other} has its key"),
///         _ => "the store refuses it".to_owned(),
///     }
/// }
/// assert_eq!(reason(Refusal::State(State::Pending)), format!("it is {}", State::Pending));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The task is in this state, which does not allow the order.
    State(State),
    /// This other task has the unique key of the task and answers for it.
    Key(TaskId),
}

/// A store of tasks, which also decides which worker runs them.
///
/// ```
/// use retry_tasks::store::Store;
/// use retry_tasks::{StoreError, TaskId, Verb};
///
/// /// Cancels a task, as `Tasks::cancel` does.
/// async fn cancel(store: &dyn Store, id: TaskId) -> Result<bool, StoreError> {
///     Ok(matches!(store.order(id, Verb::Cancel).await?, Some(Ok(_))))
/// }
/// # let _ = cancel;
/// ```
#[allow(clippy::missing_errors_doc, reason = "each error is a failure of the store")]
pub trait Store: Send + Sync + fmt::Debug + 'static {
    /// Stores a task. After the reply, the task survives everything that the store survives.
    fn submit(&self, task: NewTask) -> Reply<'_, Submitted>;
    /// Stores tasks in this order. A store with transactions stores all of them or none.
    fn submit_many(&self, tasks: Vec<NewTask>) -> Reply<'_, Vec<Submitted>> {
        Box::pin(async move {
            let mut submitted = Vec::with_capacity(tasks.len());
            for task in tasks {
                submitted.push(self.submit(task).await?);
            }
            Ok(submitted)
        })
    }
    /// Carries out an order by hand. Replies `None` when there is no such task, and with the reason when the order is refused.
    fn order(&self, id: TaskId, verb: Verb) -> Reply<'_, Option<Result<Ordered, Refusal>>>;
    /// Carries out an order by hand for each of these tasks that accepts it, in few transactions, and replies with their
    /// number.
    fn order_all(&self, ids: Vec<TaskId>, verb: Verb) -> Reply<'_, u64>;
    /// Loads a task, with its attempts if `attempts` is set.
    fn load(&self, id: TaskId, attempts: bool) -> Reply<'_, Option<Stored>>;
    /// Lists the tasks that pass the filter, the newest first, with their attempts if `attempts` is set.
    fn list(&self, filter: Filter, attempts: bool) -> Reply<'_, Page<Stored>>;
    /// Returns the tasks that wait for a time which has not come: those with the earliest one first, at most `limit`, with their
    /// attempts if `attempts` is set. Unless a store finds them by their times, all open tasks are read for this.
    fn upcoming(&self, limit: usize, attempts: bool) -> Reply<'_, Vec<Stored>> {
        Box::pin(upcoming::listed(self, limit, attempts))
    }
    /// Counts the tasks of each function by state.
    fn counts(&self) -> Reply<'_, BTreeMap<String, Counts>>;
    /// Evaluates the stored attempts of the function with this name, or of all functions.
    fn analytics(&self, name: Option<String>) -> Reply<'_, Analytics>;
    /// Removes the ended tasks that the retention does not keep, and replies with their number.
    fn prune(&self, retention: Retention) -> Reply<'_, u64>;
    /// Removes those of these tasks that have ended, with their attempts, and replies with their number. A store that does not
    /// implement this fails with [`StoreError::Unsupported`].
    fn remove(&self, ids: Vec<TaskId>) -> Reply<'_, u64> {
        let _ = ids;
        Box::pin(std::future::ready(Err(StoreError::Unsupported {
            what: "remove single tasks",
            why: "it does not implement `Store::remove`; ended tasks leave it by its retention",
        })))
    }
    /// Subscribes to the events of this process.
    fn events(&self) -> broadcast::Receiver<Event>;
    /// The clock from which the store reads all times.
    fn clock(&self) -> &Arc<dyn Clock>;
    /// Runs tasks on the host until the host ends.
    fn serve(self: Arc<Self>, host: Arc<dyn Host>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
