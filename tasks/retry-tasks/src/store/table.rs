//! Rows: all that the operations ask of a store inside of one transaction.

use std::time::Duration;

use crate::analytics::Analytics;
use crate::list::{Counts, Filter, Page};
use crate::record::{Record, TaskAttempt};
use crate::{StoreError, TaskId, Time};

/// A task that may be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The task.
    pub id: TaskId,
    /// The greater comes first.
    pub priority: i32,
    /// Since when it is due.
    pub run_at: Time,
}

type Result<T> = std::result::Result<T, StoreError>;

/// The rows of a store, in one transaction.
#[allow(clippy::missing_errors_doc, reason = "each is the store's own failure")]
pub trait Table {
    /// Adds a task.
    fn insert(&mut self, record: &Record) -> Result<()>;
    /// Writes a task that is there; the arguments never change.
    fn update(&mut self, record: &Record) -> Result<()>;
    /// The task.
    fn get(&mut self, id: TaskId) -> Result<Option<Record>>;
    /// The task of this function that holds the key.
    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>>;

    /// Tasks of this function that are due, the greatest priority first, then the longest due.
    fn due(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<Due>>;
    /// When the next task of this function is due.
    fn next_due(&mut self, name: &str) -> Result<Option<Time>>;

    /// Writes an attempt: a new one, or one whose end is known now.
    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()>;
    /// The attempt of this claim.
    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>>;
    /// The attempts in order.
    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>>;
    /// Forgets one attempt, or all of them.
    fn forget_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()>;

    /// The tasks that pass the filter, the newest first.
    fn list(&mut self, filter: &Filter) -> Result<Page<Record>>;
    /// How many tasks stand where.
    fn counts(&mut self) -> Result<Counts>;
    /// What the stored attempts tell.
    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics>;
    /// Removes ended tasks: those that ended before `before`, and the longest ended beyond `keep`; at most
    /// `chunk` of them.
    fn prune(&mut self, before: Option<Time>, keep: Option<u64>, chunk: usize) -> Result<usize>;
    /// Renews a lease; `false` when it is gone.
    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool>;
}

/// How long ended tasks are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// At most so many ended tasks.
    pub count: Option<u64>,
    /// At most so long after their end.
    pub age: Option<Duration>,
}

impl Retention {
    /// Everything is kept.
    pub const fn forever() -> Self {
        Retention { count: None, age: None }
    }

    /// At most so many ended tasks.
    #[must_use]
    pub const fn count(self, count: u64) -> Self {
        Retention { count: Some(count), ..self }
    }

    /// At most so long after their end.
    #[must_use]
    pub const fn age(self, age: Duration) -> Self {
        Retention { age: Some(age), ..self }
    }
}

impl Default for Retention {
    /// 100 000 ended tasks, and none for longer than 30 days.
    fn default() -> Self {
        Retention::forever().count(100_000).age(Duration::from_secs(30 * 24 * 3600))
    }
}
