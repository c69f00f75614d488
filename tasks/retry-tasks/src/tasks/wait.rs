//! Waiting for a task: for its end, for a limited time, or for each change.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::sync::broadcast::{self, error::RecvError};

use super::crew::{Held, Waiting};
use super::{
    Submitting, Tasks, error::TaskError, info::Format, info::TaskInfo, query::result,
    task::IntoTask,
};
use crate::event::Event;
use crate::record::id::TaskId;

/// The time between two looks at a task that another process may have changed.
const POLL: Duration = Duration::from_millis(200);

/// The result of a call, or the task that continues it in the background.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{Answer, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// match tasks.call_or_background(std::time::Duration::from_secs(5), square::task(12)).await? {
///     Answer::Ready(square) => assert_eq!(square, 144),
///     Answer::Background(id) => println!("task {id} goes on"),
/// }
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<Out> {
    /// The call has returned this value in time.
    Ready(Out),
    /// The call continues as this task.
    Background(TaskId),
}

impl Tasks {
    /// Waits until a task has ended and returns its result. Any process may run the task.
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
    /// let square: u32 = tasks.wait(id).await?;
    /// assert_eq!(square, 144);
    /// # worker.shutdown(std::time::Duration::ZERO).await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as of [`result`](Tasks::result). Inside a task, also [`TaskError::NoFreeSlot`], when the task that is waited
    /// for has been due for two seconds and cannot start, since every slot is held by a task that waits
    /// and no other worker runs a task.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not affect the task.
    pub async fn wait<Out: DeserializeOwned>(&self, id: TaskId) -> Result<Out, TaskError> {
        let mut events = self.events();
        let mut waiting = Waiting::of_current(self);
        loop {
            let record = self.record(id).await?;
            let now = self.store().clock().now();
            if let Some(held) = waiting.as_mut().and_then(|waiting| waiting.stuck(&record, now)) {
                if !self.others_run(&record.name, held).await? {
                    return Err(TaskError::NoFreeSlot { id, slots: held.slots });
                }
                waiting.iter_mut().for_each(Waiting::go_on);
            }
            if let Some(out) = result(record)? {
                return Ok(out);
            }
            self.changed(&mut events, id).await;
        }
    }

    /// Whether other workers run tasks, and may have a slot when those end.
    async fn others_run(&self, function: &str, held: Held) -> Result<bool, TaskError> {
        let counts = self.counts_by_function().await?;
        let running = match held.is_of_function {
            true => counts.get(function).map_or(0, |counts| counts.running),
            false => counts.values().map(|counts| counts.running).sum(),
        };
        Ok(running > held.slots as u64)
    }

    /// Submits a task and waits for it, at most for `limit`. Returns its result, or the identifier of the task, which
    /// continues in the background.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # use retry_tasks::{Answer, Tasks};
    /// # use std::time::Duration;
    /// # #[retryable(on = any, task)]
    /// # async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tasks = Tasks::memory();
    /// # let worker = tasks.worker().start()?;
    /// match tasks.call_or_background(Duration::from_secs(5), square::task(12)).await? {
    ///     Answer::Ready(square) => assert_eq!(square, 144),
    ///     Answer::Background(id) => println!("ask again about {id}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as of [`submit`](Tasks::submit), and of [`result`](Tasks::result) when the task ends in time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not affect a task that was submitted.
    pub fn call_or_background<Out: DeserializeOwned>(
        &self,
        limit: Duration,
        task: impl IntoTask<Out>,
    ) -> Submitting<'_, Answer<Out>> {
        let submission = self.submit(task);
        Box::pin(async move {
            // The limit includes the time of the submission.
            let end = self.store().clock().now() + limit;
            let id = submission.await?;
            self.wait_for(end.since(self.store().clock().now()), id).await
        })
    }

    /// Waits for a submitted task, at most for `limit`: the second half of
    /// [`call_or_background`](Self::call_or_background).
    ///
    /// # Errors
    ///
    /// The same as of [`result`](Tasks::result) when the task ends in time.
    pub async fn wait_for<Out: DeserializeOwned>(
        &self,
        limit: Duration,
        id: TaskId,
    ) -> Result<Answer<Out>, TaskError> {
        let clock = self.store().clock();
        let late = clock.sleep_until(clock.now() + limit);
        tokio::select! {
            biased;
            out = self.wait(id) => out.map(Answer::Ready),
            () = late => Ok(Answer::Background(id)),
        }
    }

    /// Watches a task in any process: the watch returns its present information, then the new information after each
    /// change, until the task has ended.
    ///
    /// ```no_run
    /// # use retry_tasks::{Format, Tasks, TaskId};
    /// # async fn follow(tasks: Tasks, id: TaskId) -> Result<(), retry_tasks::TaskError> {
    /// let mut watch = tasks.watch(id, Format::Standard);
    /// while let Some(info) = watch.next().await? {
    ///     println!("{}: {:?}", info.state, info.progress);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, id: TaskId, format: Format) -> Watch {
        Watch { events: self.events(), tasks: self.clone(), id, format, last: None }
    }

    /// Completes when the task may have changed.
    async fn changed(&self, events: &mut broadcast::Receiver<Event>, id: TaskId) {
        let clock = self.store().clock();
        let poll = clock.sleep_until(clock.now() + POLL);
        let event = async {
            loop {
                match events.recv().await {
                    Ok(event) if event.id != id => {}
                    Err(RecvError::Closed) => return std::future::pending().await,
                    Ok(_) | Err(RecvError::Lagged(_)) => return,
                }
            }
        };
        tokio::select! {
            () = event => {}
            () = poll => {}
        }
    }
}

/// A watch over the changes of one task; [`Tasks::watch`] starts it.
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
/// let mut watch = tasks.watch(id, Format::Minimal);
/// while let Some(info) = watch.next().await? {
///     println!("{}", info.state);
/// }
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Watch {
    tasks: Tasks,
    events: broadcast::Receiver<Event>,
    id: TaskId,
    format: Format,
    last: Option<TaskInfo>,
}

impl Watch {
    /// Waits until the information about the task differs from the last one and returns it; `None` after the task has
    /// ended.
    ///
    /// # Errors
    ///
    /// There is no such task, or the store fails.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no change.
    pub async fn next(&mut self) -> Result<Option<TaskInfo>, TaskError> {
        loop {
            if self.last.as_ref().is_some_and(|last| last.state.is_ended()) {
                return Ok(None);
            }
            let mut info = self.tasks.info(self.id, self.format).await?;
            // The expected end moves with the clock.
            let eta = info.eta.take();
            if self.last.as_ref() != Some(&info) {
                self.last = Some(info.clone());
                info.eta = eta;
                return Ok(Some(info));
            }
            self.tasks.changed(&mut self.events, self.id).await;
        }
    }
}
