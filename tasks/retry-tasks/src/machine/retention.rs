//! Retention: which ended tasks a store may remove, and how long a task answers for its unique key.

use std::time::Duration;

use crate::base::time::Time;
use crate::record::{Record, state::State};

/// How long a store keeps ended tasks.
///
/// ```
/// use retry_tasks::Retention;
/// use std::time::Duration;
///
/// let week = Retention::forever().age(Duration::from_secs(7 * 24 * 3600)).count(10_000);
/// assert_eq!(week.count, Some(10_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// The greatest number of ended tasks to keep.
    pub count: Option<u64>,
    /// The greatest age of an ended task, counted from its end.
    pub age: Option<Duration>,
}

impl Retention {
    /// Keeps every task.
    pub const fn forever() -> Self {
        Retention { count: None, age: None }
    }

    /// Keeps at most this many ended tasks.
    #[must_use]
    pub const fn count(self, count: u64) -> Self {
        Retention { count: Some(count), ..self }
    }

    /// Keeps an ended task for at most this long.
    #[must_use]
    pub const fn age(self, age: Duration) -> Self {
        Retention { age: Some(age), ..self }
    }

    /// Whether a task may be removed that ended at `ended`, when `present` ended tasks are stored and this one is the
    /// oldest of them.
    pub fn expires(&self, now: Time, ended: Time, present: u64) -> bool {
        self.count.is_some_and(|count| present > count)
            || self.age.is_some_and(|age| ended < now.before(age))
    }
}

impl Default for Retention {
    /// Keeps at most 100 000 ended tasks, and none for longer than 30 days.
    fn default() -> Self {
        Retention::forever().count(100_000).age(Duration::from_secs(30 * 24 * 3600))
    }
}

impl Record {
    /// Whether a new submission with the same key gets this task instead of a task of its own.
    pub fn answers_for_key(&self, now: Time) -> bool {
        match self.state {
            State::Complete => match (self.ended_at, self.valid_for) {
                (Some(ended), Some(valid)) => now < ended + valid,
                _ => true,
            },
            State::Failed { .. } | State::Cancelled => false,
            _ => true,
        }
    }
}
