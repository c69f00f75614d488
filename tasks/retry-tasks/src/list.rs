//! Asking for many tasks at once.

use serde::{Deserialize, Serialize};

use crate::record::Record;
use crate::{Phase, TaskId, Time};

/// Which tasks.
///
/// ```
/// use retry_tasks::{Filter, Phase};
///
/// let failed = Filter::new().phase(Phase::Failed).name("billing::*").limit(20);
/// # let _ = failed;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// In one of these phases; all when it is empty.
    pub phases: Vec<Phase>,
    /// Of the function of this name, or of those whose names begin with it where it ends in `*`.
    pub name: Option<String>,
    /// Submitted at this time or later.
    pub since: Option<Time>,
    /// Submitted before this time.
    pub until: Option<Time>,
    /// Older than this task: where the next page begins.
    pub after: Option<TaskId>,
    /// At most so many, from 1; 100 unless it is set.
    pub limit: usize,
}

impl Filter {
    /// Every task, in pages of 100.
    pub const fn new() -> Self {
        Filter { phases: Vec::new(), name: None, since: None, until: None, after: None, limit: 100 }
    }

    /// Tasks in this phase; several calls add up.
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.phases.push(phase);
        self
    }

    /// Tasks of this function; `billing::*` for all whose names begin so.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Tasks that were submitted at this time or later.
    #[must_use]
    pub fn since(mut self, time: Time) -> Self {
        self.since = Some(time);
        self
    }

    /// Tasks that were submitted before this time.
    #[must_use]
    pub fn until(mut self, time: Time) -> Self {
        self.until = Some(time);
        self
    }

    /// Tasks older than this one: [`Page::next`] of the page before.
    #[must_use]
    pub fn after(mut self, id: TaskId) -> Self {
        self.after = Some(id);
        self
    }

    /// At most so many; 0 counts as 1.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Whether a task passes, whatever page it is on.
    pub(crate) fn admits(&self, record: &Record) -> bool {
        let named = self.name.as_deref().is_none_or(|wanted| match wanted.strip_suffix('*') {
            Some(prefix) => record.name.starts_with(prefix),
            None => record.name == wanted,
        });
        let at = record.created_at;
        named
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
            && (self.phases.is_empty() || self.phases.contains(&record.state.phase()))
    }
}

impl Default for Filter {
    fn default() -> Self {
        Filter::new()
    }
}

/// Some of the tasks that were asked for, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The tasks.
    pub tasks: Vec<T>,
    /// Where the next page begins, for [`Filter::after`]; `None` on the last one.
    pub next: Option<TaskId>,
}

impl<T> Page<T> {
    /// The page of these tasks, of which one more than fits on it may have been found.
    pub(crate) fn cut(mut tasks: Vec<T>, limit: usize, id: impl Fn(&T) -> TaskId) -> Self {
        let more = tasks.len() > limit.max(1);
        tasks.truncate(limit.max(1));
        let next = tasks.last().map(id).filter(|_| more);
        Page { tasks, next }
    }

    pub(crate) fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page { tasks: self.tasks.into_iter().map(map).collect(), next: self.next }
    }
}

/// How many tasks stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// Not started yet.
    pub pending: u64,
    /// An attempt runs.
    pub running: u64,
    /// Another attempt follows.
    pub waiting: u64,
    /// The result is there.
    pub complete: u64,
    /// Given up.
    pub failed: u64,
    /// Ended by hand.
    pub cancelled: u64,
}

impl Counts {
    /// The count of one phase.
    pub const fn of(&self, phase: Phase) -> u64 {
        match phase {
            Phase::Pending => self.pending,
            Phase::Running => self.running,
            Phase::Waiting => self.waiting,
            Phase::Complete => self.complete,
            Phase::Failed => self.failed,
            Phase::Cancelled => self.cancelled,
        }
    }

    pub(crate) fn add(&mut self, phase: Phase, count: u64) {
        *match phase {
            Phase::Pending => &mut self.pending,
            Phase::Running => &mut self.running,
            Phase::Waiting => &mut self.waiting,
            Phase::Complete => &mut self.complete,
            Phase::Failed => &mut self.failed,
            Phase::Cancelled => &mut self.cancelled,
        } += count;
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        Phase::ALL.into_iter().map(|phase| self.of(phase)).sum()
    }
}
