//! The public API of tasks. Submissions are here; queries, orders and waiting have files of their own.

pub(crate) mod crew;
pub(crate) mod current;
pub(crate) mod error;
pub(crate) mod info;
mod orders;
mod query;
pub(crate) mod task;
pub(crate) mod wait;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

use crate::event::Event;
use crate::record::{NewTask, id::TaskId};
use crate::store::{Store, Submitted};
use crate::value::size;
use error::TaskError;
use task::{IntoTask, Task, WithKey};

/// The future of a submission. Its type does not name the argument: rustc reports an argument that is no task once, and not again
/// at the `await`.
type Submitting<'a, T> = Pin<Box<dyn Future<Output = Result<T, TaskError>> + Send + 'a>>;

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
    /// The longest arguments, and the longest result, in bytes.
    pub(crate) value_limit: usize,
}

impl Tasks {
    /// Creates a handle to the tasks of this store.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Tasks { store, value_limit: size::LIMIT }
    }

    /// Sets how long the arguments of a submitted task, and the result of a task that a worker of this handle runs, may be in
    /// bytes of JSON; 64 MiB by default. A longer value is refused: at the submission, or as a failure of the attempt.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # use retry_tasks::Tasks;
    /// # #[retryable(on = any, task)]
    /// # async fn greet(text: String) -> Result<String, String> { Ok(text.clone()) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let tasks = Tasks::memory().value_limit(1024);
    /// let refused = tasks.submit(greet::task("hello".repeat(1000))).await;
    /// assert!(refused.unwrap_err().to_string().contains("4.9 KiB exceed the limit of 1.0 KiB"));
    /// # }
    /// ```
    #[must_use]
    pub fn value_limit(self, bytes: usize) -> Self {
        Tasks { value_limit: bytes, ..self }
    }

    /// The store that keeps the tasks.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Submits a task. The task is stored when the identifier is returned.
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
    /// let worker = tasks.worker().start()?;
    /// let id = tasks.submit(square::task(12)).await?;
    /// assert_eq!(tasks.wait::<u32>(id).await?, 144);
    /// # worker.shutdown(std::time::Duration::ZERO).await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not take the submission back: the task may be stored, or may be stored later. Use
    /// [`submit_unique`](Self::submit_unique) where the program may submit it again.
    ///
    /// # Errors
    ///
    /// The arguments cannot be written as JSON or are longer than the [limit](Self::value_limit), or the store fails.
    pub fn submit<Out>(&self, task: impl IntoTask<Out>) -> Submitting<'_, TaskId> {
        let task = self.checked(task.into_task(), None);
        Box::pin(async move { Ok(self.store.submit(task?).await?.id) })
    }

    /// Submits a task unless the store has one of the same function with the same key that has not ended yet or whose
    /// result is still [valid](Task::valid_for). A failure or a cancellation frees the key.
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
    /// The same as of [`submit`](Self::submit).
    pub fn submit_unique<K, Out>(
        &self,
        key: K,
        task: impl WithKey<K, Out>,
    ) -> Submitting<'_, Submitted> {
        let (key, task) = task.with_key(key);
        let task = self.checked(task, Some(key));
        Box::pin(async move { Ok(self.store.submit(task?).await?) })
    }

    /// Submits many tasks of one function at once, which costs little more than one. A store with transactions, as those of
    /// this project are, stores all of them or none.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # use retry_tasks::Tasks;
    /// # #[retryable(on = any, task)]
    /// # fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), retry_tasks::TaskError> {
    /// let tasks = Tasks::memory();
    /// let ids = tasks.submit_many((1..=100).map(square::task)).await?;
    /// assert_eq!(ids.len(), 100);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as of [`submit`](Self::submit).
    ///
    /// # Cancel safety
    ///
    /// The same as of [`submit`](Self::submit).
    pub fn submit_many<Out>(
        &self,
        tasks: impl IntoIterator<Item: IntoTask<Out>>,
    ) -> Submitting<'_, Vec<TaskId>> {
        let tasks = tasks.into_iter().map(|task| self.checked(task.into_task(), None));
        let tasks = tasks.collect::<Result<Vec<_>, _>>();
        Box::pin(async move {
            let submitted = self.store.submit_many(tasks?).await?;
            Ok(submitted.into_iter().map(|submitted| submitted.id).collect())
        })
    }

    fn checked<Out>(&self, task: Task<Out>, key: Option<String>) -> Result<NewTask, TaskError> {
        let new = task.into_new(key)?;
        let length = new.arguments.len();
        if length > self.value_limit {
            let detail = size::too_long(length, self.value_limit);
            return Err(TaskError::Arguments { name: new.name, detail });
        }
        Ok(new)
    }

    /// Subscribes to the events that the workers and orders of this process cause. A listener that is thousands of
    /// events behind misses some and learns how many.
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
    /// let mut events = tasks.events();
    /// tasks.submit(square::task(12)).await?;
    /// assert_eq!(events.recv().await?.kind.name(), "task.submitted");
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.store.events()
    }
}
