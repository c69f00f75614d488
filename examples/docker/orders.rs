//! What a person has ordered: operations that go on in the background, in a file that outlives the app.
//!
//! A worker makes their attempts by the same rules as those of a call. What has failed for good stays in the file
//! with its history, and is offered for retry; so it is after the app was closed, or killed, and started again.
//! `retry tasks list --db FILE` shows the same from outside.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use retry_tasks::{Filter, Format, Phase, Task, TaskError, TaskId, TaskInfo, Tasks, Worker};

use super::{Client, close_the_breaker};

/// The app's orders.
pub(super) struct Orders {
    tasks: Tasks,
    worker: Worker,
}

impl Orders {
    /// Those in this file, and a worker that goes on with them.
    pub(super) fn open(file: &Path, client: &Client) -> Result<Self, Box<dyn Error>> {
        let tasks = Tasks::sqlite(file)?;
        let worker = tasks.worker().state(client.clone()).start()?;
        Ok(Orders { tasks, worker })
    }

    /// A button in the window: when it answers, the order is on the disk.
    pub(super) async fn order<Out>(&self, operation: Task<Out>) -> Result<TaskId, TaskError> {
        self.tasks.submit(operation).await
    }

    /// What has not worked: each is a line in the window, with a button "Retry".
    pub(super) async fn failed(&self) -> Result<Vec<TaskInfo>, TaskError> {
        let failed = Filter::new().phase(Phase::Failed).name("docker::*");
        Ok(self.tasks.list(failed, Format::Full).await?.tasks)
    }

    /// The button "Retry": a further round of attempts. A person asks, so an open breaker is no reason to wait.
    pub(super) async fn retry(&self, id: TaskId) -> Result<(), TaskError> {
        close_the_breaker();
        self.tasks.retry(id).await.map(drop)
    }

    /// What has become of an order, once it has ended.
    pub(super) async fn ended(&self, id: TaskId) -> Result<TaskInfo, TaskError> {
        let mut news = self.tasks.watch(id, Format::Full);
        let mut last = self.tasks.info(id, Format::Full).await?;
        while let Some(info) = news.next().await? {
            last = info;
        }
        Ok(last)
    }

    /// The app is closed: attempts that run have a second.
    pub(super) async fn close(self) {
        self.worker.shutdown(Duration::from_secs(1)).await;
    }
}

/// What the window says of an order that has failed.
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
