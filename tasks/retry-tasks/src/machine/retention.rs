//! Retention: which ended tasks a store may remove, and how long a task answers for its unique key.

use std::time::Duration;

use crate::base::time::Time;
use crate::record::{Record, state::Phase, state::State};

/// How long a store keeps ended tasks. The limits hold for each function by itself, and for complete, failed and cancelled
/// tasks apart: a quick function does not push out the failures of another one.
///
/// A complete task that still answers for its key ([`valid_for`](crate::Task::valid_for)) is kept, whatever the limits are.
///
/// ```
/// use retry_tasks::Retention;
/// use std::time::Duration;
///
/// const DAY: Duration = Duration::from_secs(24 * 3600);
/// let retention = Retention::forever().age(DAY).failed_age(90 * DAY);
/// # let _ = retention;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// The greatest number of ended tasks of a function in one state.
    pub count: Option<u64>,
    /// The greatest age of an ended task, counted from its end.
    pub age: Option<Duration>,
    /// The greatest number of failed tasks of a function; `None` for the same as of others.
    pub failed_count: Option<u64>,
    /// The greatest age of a failed task; `None` for the same as of others.
    pub failed_age: Option<Duration>,
}

impl Retention {
    /// Keeps every task.
    pub const fn forever() -> Self {
        Retention { count: None, age: None, failed_count: None, failed_age: None }
    }

    /// Keeps at most this many ended tasks of a function in one state.
    #[must_use]
    pub const fn count(self, count: u64) -> Self {
        Retention { count: Some(count), ..self }
    }

    /// Keeps an ended task for at most this long.
    #[must_use]
    pub const fn age(self, age: Duration) -> Self {
        Retention { age: Some(age), ..self }
    }

    /// Keeps at most this many failed tasks of a function, whatever [`count`](Self::count) says.
    #[must_use]
    pub const fn failed_count(self, count: u64) -> Self {
        Retention { failed_count: Some(count), ..self }
    }

    /// Keeps a failed task for at most this long, whatever [`age`](Self::age) says.
    #[must_use]
    pub const fn failed_age(self, age: Duration) -> Self {
        Retention { failed_age: Some(age), ..self }
    }

    /// The limits for tasks in this phase, as [`count`](Self::count) and [`age`](Self::age).
    #[must_use]
    pub fn of(self, phase: Phase) -> Self {
        match phase {
            Phase::Failed => Retention {
                count: self.failed_count.or(self.count),
                age: self.failed_age.or(self.age),
                ..self
            },
            _ => self,
        }
    }

    /// Whether a task may be removed that ended at `ended`, when `present` ended tasks are stored and this one is the
    /// oldest of them.
    pub fn expires(&self, now: Time, ended: Time, present: u64) -> bool {
        self.count.is_some_and(|count| present > count)
            || self.age.is_some_and(|age| ended < now.before(age))
    }
}

impl Default for Retention {
    /// Keeps at most 100 000 tasks of a function in each state; complete and cancelled ones for 30 days, failed ones for half
    /// a year.
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        Retention::forever().count(100_000).age(30 * DAY).failed_age(180 * DAY)
    }
}

impl Record {
    /// Whether the task has promised to answer for its key for some time that is not over. A store keeps it for so long.
    pub fn has_promised_its_key(&self, now: Time) -> bool {
        let is_keyed = self.key.is_some() && self.state == State::Complete;
        let promise = self.ended_at.zip(self.valid_for).filter(|_| is_keyed);
        promise.is_some_and(|(ended, valid)| now < ended + valid)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tasks_have_limits_of_their_own_and_else_those_of_all() {
        let day = Duration::from_secs(24 * 3600);
        let both = Retention::forever().count(2).age(day);
        assert_eq!((both.of(Phase::Failed), both.of(Phase::Complete)), (both, both));
        // In any order.
        for apart in
            [both.failed_age(9 * day), Retention::forever().failed_age(9 * day).count(2).age(day)]
        {
            assert_eq!(apart.of(Phase::Failed).age, Some(9 * day));
            assert_eq!(apart.of(Phase::Failed).count, Some(2));
            assert_eq!(apart.of(Phase::Cancelled).age, Some(day));
        }
    }
}
