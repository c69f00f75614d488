//! Operations that a user ordered: they run in the background and are stored in a file that outlives the app.
//!
//! A worker makes their attempts, following the same rules as a direct call. A failed operation stays in the file with
//! its history and is offered for retry, even after the app was closed or killed and started again.
//! `retry tasks list --db FILE` shows the same tasks from outside the app.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use retry_tasks::{Filter, Format, Phase, Task, TaskError, TaskId, TaskInfo, Tasks, Worker};

use super::{Client, close_the_breaker};

/// The orders of the app.
pub(super) struct Orders {
    tasks: Tasks,
    worker: Worker,
}

impl Orders {
    /// Opens the file and starts a worker that continues its orders.
    pub(super) fn open(file: &Path, client: &Client) -> Result<Self, Box<dyn Error>> {
        let tasks = Tasks::sqlite(file)?;
        let worker = tasks.worker().state(client.clone()).start()?;
        Ok(Orders { tasks, worker })
    }

    /// The store of the orders, for the window.
    pub(super) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Submits an order; when this returns, the order is on disk.
    pub(super) async fn order<Out>(&self, operation: Task<Out>) -> Result<TaskId, TaskError> {
        self.tasks.submit(operation).await
    }

    /// The newest orders, for the window.
    pub(super) async fn newest(&self) -> Result<Vec<TaskInfo>, TaskError> {
        let newest = Filter::new().name("docker::*").limit(30);
        Ok(self.tasks.list(newest, Format::Full).await?.tasks)
    }

    /// The failed orders; each is a line in the window, with a button "Retry".
    pub(super) async fn failed(&self) -> Result<Vec<TaskInfo>, TaskError> {
        let failed = Filter::new().phase(Phase::Failed).name("docker::*");
        Ok(self.tasks.list(failed, Format::Full).await?.tasks)
    }

    /// The button "Retry" starts a new round of attempts. A person asks, so an open breaker must not delay them.
    pub(super) async fn retry(&self, id: TaskId) -> Result<(), TaskError> {
        close_the_breaker();
        self.tasks.retry(id).await.map(drop)
    }

    /// Waits until an order has ended, and returns it.
    pub(super) async fn ended(&self, id: TaskId) -> Result<TaskInfo, TaskError> {
        let mut updates = self.tasks.watch(id, Format::Full);
        let mut last = self.tasks.info(id, Format::Full).await?;
        while let Some(info) = updates.next().await? {
            last = info;
        }
        Ok(last)
    }

    /// Closes the app; running attempts get a second to finish.
    pub(super) async fn close(self) {
        self.worker.shutdown(Duration::from_secs(1)).await;
    }
}

/// The window's line for a failed order.
pub(super) fn line(info: &TaskInfo) -> String {
    let attempts = match info.attempts().len() {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    let error = info.last_error.as_deref().unwrap_or_default();
    format!("{} {}: {} after {attempts}: {error}", info.name, arguments(info), info.state)
}

fn arguments(info: &TaskInfo) -> String {
    let values = info.arguments.iter().flat_map(|it| it.as_object().into_iter().flatten());
    values.map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(" ")
}
