//! Queries about tasks.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::{Tasks, error::TaskError, info::Format, info::TaskInfo};
use crate::machine::retention::Retention;
use crate::record::{Record, id::TaskId, state::State};
use crate::store::{Stored, analytics::Analytics, counts::Counts, filter::Filter, filter::Page};

impl Tasks {
    /// Returns information about a task.
    ///
    /// # Errors
    ///
    /// There is no such task, or the store fails.
    pub async fn info(&self, id: TaskId, format: Format) -> Result<TaskInfo, TaskError> {
        let stored = self.store.load(id, true).await?.ok_or(TaskError::Unknown(id))?;
        Ok(self.describe(stored, format))
    }

    fn describe(&self, stored: Stored, format: Format) -> TaskInfo {
        TaskInfo::new(stored, self.store.clock().now(), format)
    }

    /// Returns the result of a complete task; `None` while the task has not ended.
    ///
    /// # Errors
    ///
    /// The task failed or was cancelled, there is no such task, its result has another type, or the store fails.
    pub async fn result<Out: DeserializeOwned>(
        &self,
        id: TaskId,
    ) -> Result<Option<Out>, TaskError> {
        result(self.record(id).await?)
    }

    /// Loads a task without its attempts.
    pub(super) async fn record(&self, id: TaskId) -> Result<Record, TaskError> {
        let (record, _) = self.store.load(id, false).await?.ok_or(TaskError::Unknown(id))?;
        Ok(record)
    }

    /// Lists the tasks that pass the filter, the newest first.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn list(&self, filter: Filter, format: Format) -> Result<Page<TaskInfo>, TaskError> {
        let filter = if format == Format::Minimal { filter.brief() } else { filter };
        // The start of the running attempt, which the expected end needs, is part of the history.
        let page = self.store.list(filter, format != Format::Minimal).await?;
        let tasks = page.tasks.into_iter().map(|stored| self.describe(stored, format));
        Ok(Page { tasks: tasks.collect(), next: page.next })
    }

    /// Returns the tasks that wait for a time which has not come, delayed ones and those in a pause before a retry: those that
    /// are due first at the beginning, at most `limit`.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// use retry_tasks::{Format, Tasks};
    /// use std::time::Duration;
    ///
    /// #[retryable(on = any, task)]
    /// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tasks = Tasks::memory();
    /// tasks.submit(square::task(1).delay(Duration::from_secs(60))).await?;
    /// let sooner = tasks.submit(square::task(2).delay(Duration::from_secs(30))).await?;
    /// assert_eq!(tasks.upcoming(10, Format::Minimal).await?[0].id, sooner);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn upcoming(&self, limit: usize, format: Format) -> Result<Vec<TaskInfo>, TaskError> {
        let tasks = self.store.upcoming(limit, format != Format::Minimal).await?.into_iter();
        Ok(tasks.map(|stored| self.describe(stored, format)).collect())
    }

    /// Counts the tasks by state.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn counts(&self) -> Result<Counts, TaskError> {
        Ok(self.store.counts().await?.into_values().sum())
    }

    /// Counts the tasks of each function by state. A function that no program has any more is found here.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn counts_by_function(&self) -> Result<BTreeMap<String, Counts>, TaskError> {
        Ok(self.store.counts().await?)
    }

    /// Evaluates the stored attempts of the function with this name, or of all functions.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn analytics(&self, name: Option<&str>) -> Result<Analytics, TaskError> {
        Ok(self.store.analytics(name.map(str::to_owned)).await?)
    }

    /// Removes the ended tasks that the retention does not keep, and returns their number. Workers do this
    /// regularly.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn prune(&self, retention: Retention) -> Result<u64, TaskError> {
        Ok(self.store.prune(retention).await?)
    }
}

/// The result of a task; `None` while it has not ended.
pub(super) fn result<Out: DeserializeOwned>(record: Record) -> Result<Option<Out>, TaskError> {
    let id = record.id;
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
