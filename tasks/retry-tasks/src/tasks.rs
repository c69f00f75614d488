//! The tasks: handing them in, asking about them, and giving orders by hand.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::broadcast;

use crate::analytics::Analytics;
use crate::event::Event;
use crate::info::{Format, TaskInfo};
use crate::list::{Counts, Filter, Page};
use crate::store::{Kept, Leased, Memory, Retention, Store, Submitted};
use crate::verb::Ordered;
use crate::{Clock, State, SystemClock, Task, TaskError, TaskId, Verb};

/// The tasks of one store. A clone is another handle to the same tasks.
///
/// ```
/// use retry_runtime::retryable;
/// use retry_tasks::Tasks;
/// use std::time::Duration;
///
/// #[retryable(on = any, task)]
/// async fn add(a: u32, b: u32) -> Result<u32, String> {
///     Ok(a + b)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
///
/// let id = tasks.submit(add::task(1, 2)).await?;
/// let sum: u32 = tasks.wait(id).await?;
/// assert_eq!(sum, 3);
///
/// worker.shutdown(Duration::from_secs(5)).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Tasks {
    store: Arc<dyn Store>,
}

impl Tasks {
    /// Tasks in memory: they end with the process.
    pub fn memory() -> Self {
        Tasks::memory_with(Arc::new(SystemClock::new()))
    }

    /// Tasks in memory, on a clock of one's own.
    pub fn memory_with(clock: Arc<dyn Clock>) -> Self {
        Tasks::of(Arc::new(Leased::new(Memory::default(), clock)))
    }

    /// The tasks of this store.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Tasks { store }
    }

    /// The store that keeps the tasks.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Hands a task in. When the identifier is there, the task is stored.
    ///
    /// # Errors
    ///
    /// The arguments cannot be written as JSON, or the store cannot take them.
    pub async fn submit<Out>(&self, task: Task<Out>) -> Result<TaskId, TaskError> {
        Ok(self.store.submit(task.into_new(None)?).await?.id)
    }

    /// Hands a task in unless there is one of this function with the same key: one that has not ended yet, or
    /// one whose result is still [valid](Task::valid_for). A failure or a cancellation frees the key.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # use retry_tasks::Tasks;
    /// # #[retryable(on = any, task)]
    /// # fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), retry_tasks::TaskError> {
    /// let tasks = Tasks::memory();
    /// let task = square::task(12);
    /// let first = tasks.submit_unique(task.key(), task).await?;
    /// let task = square::task(12);
    /// let second = tasks.submit_unique(task.key(), task).await?;
    /// assert!(second.existing && second.id == first.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    pub async fn submit_unique<Out>(
        &self,
        key: impl Into<String>,
        task: Task<Out>,
    ) -> Result<Submitted, TaskError> {
        Ok(self.store.submit(task.into_new(Some(key.into()))?).await?)
    }

    /// What is known of a task.
    ///
    /// # Errors
    ///
    /// There is no such task, or the store cannot answer.
    pub async fn info(&self, id: TaskId, format: Format) -> Result<TaskInfo, TaskError> {
        let kept = self.store.load(id, true).await?.ok_or(TaskError::Unknown(id))?;
        Ok(self.told(kept, format))
    }

    fn told(&self, kept: Kept, format: Format) -> TaskInfo {
        TaskInfo::new(kept, self.store.clock().now(), format)
    }

    /// The result of a task that is complete; `None` while it may still become so.
    ///
    /// # Errors
    ///
    /// It failed or was cancelled, there is no such task, its result is of another type, or the store cannot
    /// answer.
    pub async fn result<Out: DeserializeOwned>(
        &self,
        id: TaskId,
    ) -> Result<Option<Out>, TaskError> {
        let (record, _) = self.store.load(id, false).await?.ok_or(TaskError::Unknown(id))?;
        match record.state {
            State::Complete => {
                let result = record.result.unwrap_or_else(|| "null".to_owned());
                serde_json::from_str(&result)
                    .map(Some)
                    .map_err(|error| TaskError::Result { id, detail: error.to_string() })
            }
            State::Failed { reason } => {
                let error = record.last_error.unwrap_or_default();
                Err(TaskError::Failed { id, reason, error })
            }
            State::Cancelled => Err(TaskError::Cancelled(id)),
            _ => Ok(None),
        }
    }

    /// The tasks that pass the filter, the newest first.
    ///
    /// # Errors
    ///
    /// The store cannot answer.
    pub async fn list(&self, filter: Filter, format: Format) -> Result<Page<TaskInfo>, TaskError> {
        // The time of the running attempt's start is part of the history.
        let page = self.store.list(filter, format != Format::Minimal).await?;
        Ok(page.map(|kept| self.told(kept, format)))
    }

    /// How many tasks stand where.
    ///
    /// # Errors
    ///
    /// The store cannot answer.
    pub async fn counts(&self) -> Result<Counts, TaskError> {
        Ok(self.store.counts().await?)
    }

    /// What the stored attempts of a function tell, or those of all functions.
    ///
    /// # Errors
    ///
    /// The store cannot answer.
    pub async fn analytics(&self, name: Option<&str>) -> Result<Analytics, TaskError> {
        Ok(self.store.analytics(name.map(str::to_owned)).await?)
    }

    /// What happens from now on, as far as this process does it or orders it. A listener who is thousands of
    /// events behind misses some, and is told how many.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.store.events()
    }

    /// Runs a task again that has failed or was cancelled: one further round of attempts, as many as its
    /// limit allows. The counters go on and the history is kept.
    ///
    /// # Errors
    ///
    /// [`TaskError::Refused`] in any other state: of two at once, one wins, and the other is told what the
    /// task is now. There may be no such task, or the store may not answer.
    pub async fn retry(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::Retry).await
    }

    /// [`retry`](Self::retry) with what is left of the limit, and one attempt more when nothing is.
    ///
    /// # Errors
    ///
    /// As [`retry`](Self::retry).
    pub async fn retry_once(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::RetryOnce).await
    }

    /// Runs a task anew that has ended, also one that is complete: counters at zero, no result, no history.
    ///
    /// # Errors
    ///
    /// As [`retry`](Self::retry); the order is refused while the task has not ended.
    pub async fn reset(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::Reset).await
    }

    /// Ends a task. One that waits never starts again. An attempt that runs in this process is dropped at
    /// once, one in another process with its worker's next heartbeat; what it comes to does not count any
    /// more. It may have taken effect.
    ///
    /// # Errors
    ///
    /// As [`retry`](Self::retry); the order is refused when the task has ended.
    pub async fn cancel(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::Cancel).await
    }

    async fn order(&self, id: TaskId, verb: Verb) -> Result<Ordered, TaskError> {
        match self.store.order(id, verb).await? {
            Some(Ok(ordered)) => Ok(ordered),
            Some(Err(state)) => Err(TaskError::Refused { id, verb, state }),
            None => Err(TaskError::Unknown(id)),
        }
    }

    /// Retries every task that passes the filter and can be retried, whatever page it would be on, and says
    /// how many these are. Their functions' budgets pay for the attempts: they start as fast as tokens come
    /// in, so that a dependency which has just recovered is not overrun.
    ///
    /// # Errors
    ///
    /// The store cannot answer; some of the tasks may have been retried.
    pub async fn retry_all(&self, filter: Filter) -> Result<u64, TaskError> {
        let (mut filter, mut retried) = (filter.limit(500), 0);
        loop {
            let page = self.store.list(filter.clone(), false).await?;
            for (record, _) in page.tasks.iter().filter(|(record, _)| record.state.can_retry()) {
                // One that somebody else has retried meanwhile is not counted.
                let ordered = self.store.order(record.id, Verb::RetryPaced).await?;
                retried += u64::from(matches!(ordered, Some(Ok(_))));
            }
            match page.next {
                Some(next) => filter = filter.after(next),
                None => return Ok(retried),
            }
        }
    }

    /// Removes ended tasks beyond what is to be kept, and says how many. Workers do it by themselves.
    ///
    /// # Errors
    ///
    /// The store cannot answer.
    pub async fn prune(&self, retention: Retention) -> Result<u64, TaskError> {
        Ok(self.store.prune(retention).await?)
    }
}
