//! Waiting for tasks: for their ends, for news, and for as long as somebody has time.

use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::sync::broadcast;

use crate::event::Event;
use crate::info::{Format, TaskInfo};
use crate::{Task, TaskError, TaskId, Tasks, Time};

/// How soon news of other processes is noticed.
const POLL: Duration = Duration::from_millis(200);

/// A call's value, or the task that it has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<Out> {
    /// The value came in time.
    Ready(Out),
    /// The call goes on in the background.
    Background(TaskId),
}

impl Tasks {
    /// Waits until a task has ended, and returns its result. The task may run in another process.
    ///
    /// # Errors
    ///
    /// As [`result`](Tasks::result).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the task as it is.
    pub async fn wait<Out: DeserializeOwned>(&self, id: TaskId) -> Result<Out, TaskError> {
        let mut events = self.events();
        loop {
            if let Some(out) = self.result(id).await? {
                return Ok(out);
            }
            self.news(&mut events, id).await;
        }
    }

    /// Makes a call in the background, and waits for it for so long: its value if that is in time, else the
    /// identifier of the task, which goes on.
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
    /// As [`submit`](Tasks::submit), and as [`result`](Tasks::result) when the task ends in time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the task as it is, if it was submitted.
    pub async fn call_or_background<Out: DeserializeOwned>(
        &self,
        limit: Duration,
        task: Task<Out>,
    ) -> Result<Answer<Out>, TaskError> {
        // The time that it takes to hand the task in is part of the limit.
        let end = self.store().clock().now() + limit;
        let id = self.submit(task).await?;
        self.wait_until(end, id).await
    }

    /// Waits for a task for so long: the second half of [`call_or_background`](Self::call_or_background),
    /// for tasks that were submitted in another way.
    ///
    /// # Errors
    ///
    /// As [`result`](Tasks::result) when the task ends in time.
    pub async fn wait_for<Out: DeserializeOwned>(
        &self,
        limit: Duration,
        id: TaskId,
    ) -> Result<Answer<Out>, TaskError> {
        self.wait_until(self.store().clock().now() + limit, id).await
    }

    async fn wait_until<Out: DeserializeOwned>(
        &self,
        end: Time,
        id: TaskId,
    ) -> Result<Answer<Out>, TaskError> {
        let late = self.store().clock().sleep_until(end);
        tokio::select! {
            biased;
            out = self.wait(id) => out.map(Answer::Ready),
            () = late => Ok(Answer::Background(id)),
        }
    }

    /// The news of one task, from any process: what is known of it now, and again after each change, until
    /// it has ended.
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

    /// Resolves when there may be news of the task.
    async fn news(&self, events: &mut broadcast::Receiver<Event>, id: TaskId) {
        let clock = self.store().clock();
        let poll = clock.sleep_until(clock.now() + POLL);
        let event = async {
            loop {
                match events.recv().await {
                    Ok(event) if event.id == id => return,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => {
                        return std::future::pending().await;
                    }
                }
            }
        };
        tokio::select! {
            () = event => {}
            () = poll => {}
        }
    }
}

/// The news of one task; made by [`Tasks::watch`].
#[derive(Debug)]
pub struct Watch {
    tasks: Tasks,
    events: broadcast::Receiver<Event>,
    id: TaskId,
    format: Format,
    last: Option<TaskInfo>,
}

impl Watch {
    /// What is known of the task, when it differs from what was told last; `None` after its end was told.
    ///
    /// # Errors
    ///
    /// There is no such task, or the store cannot answer.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Option<TaskInfo>, TaskError> {
        loop {
            if self.last.as_ref().is_some_and(|last| last.state.is_ended()) {
                return Ok(None);
            }
            let mut info = self.tasks.info(self.id, self.format).await?;
            // It moves with the clock.
            let eta = info.eta.take();
            if self.last.as_ref() != Some(&info) {
                self.last = Some(info.clone());
                info.eta = eta;
                return Ok(Some(info));
            }
            self.tasks.news(&mut self.events, self.id).await;
        }
    }
}
