//! Rows: all that the operations need of a backend inside one transaction.

use crate::base::time::Time;
use crate::record::{Record, attempt::TaskAttempt, id::TaskId};
use crate::store::{
    analytics::Analytics, counts::Counts, error::Result, filter::Filter, filter::Page,
};

/// A task that may be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The task.
    pub id: TaskId,
    /// The priority; due tasks with a greater one start first.
    pub priority: i32,
    /// The due time, or the end of the lease.
    pub run_at: Time,
}

/// The rows of a store in one transaction.
#[allow(clippy::missing_errors_doc, reason = "each error is a failure of the store")]
pub trait Table {
    /// Inserts a task.
    fn insert(&mut self, record: &Record) -> Result<()>;
    /// Updates a task. The identifier, the name, the priority, the arguments and the times of submission and validity
    /// never change.
    fn update(&mut self, record: &Record) -> Result<()>;
    /// Returns a task.
    fn get(&mut self, id: TaskId) -> Result<Option<Record>>;
    /// Returns the task of this function that has this key.
    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>>;
    /// Extends the lease with this fencing token until `until`; `false` when it is no longer valid.
    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool>;

    /// Returns the tasks of this function whose `run_at` has come, the greatest priority first, then the longest due.
    fn due(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<Due>>;
    /// Returns the earliest `run_at` among the tasks of this function.
    fn next_due(&mut self, name: &str) -> Result<Option<Time>>;

    /// Inserts an attempt, or updates the one with the same fencing token.
    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()>;
    /// Returns the attempt with this fencing token.
    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>>;
    /// Returns the attempts of a task in order.
    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>>;
    /// Removes the attempt with this fencing token, or all attempts of the task.
    fn remove_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()>;

    /// Returns a page of the tasks that pass the filter, the newest first.
    fn list(&mut self, filter: &Filter) -> Result<Page<Record>>;
    /// Counts the tasks by state.
    fn counts(&mut self) -> Result<Counts>;
    /// Evaluates the stored attempts of the function with this name, or of all functions.
    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics>;

    /// Counts the tasks that have ended.
    fn ended(&mut self) -> Result<u64>;
    /// Returns the tasks that ended first, with the times of their ends.
    fn oldest_ended(&mut self, limit: usize) -> Result<Vec<(TaskId, Time)>>;
    /// Removes a task and its attempts.
    fn remove(&mut self, id: TaskId) -> Result<()>;
}
