//! Queries for many tasks: filters and pages.

use std::ops::Range;
use std::time::Duration;

use serde::Serialize;

use crate::base::time::Time;
use crate::record::{Record, id::STEP_BACK, id::TaskId, state::Phase};

/// How long before its submission the caller may have made a task's identifier.
const EARLIER: Duration = Duration::from_secs(3600);

/// A filter for tasks.
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
    /// The phases that pass; all when empty.
    pub phases: Vec<Phase>,
    /// The function's name, or the beginning of one followed by `*`.
    pub name: Option<String>,
    /// The earliest submission that passes.
    pub since: Option<Time>,
    /// The submission from which on no task passes.
    pub until: Option<Time>,
    /// The last task of the previous page; only older tasks pass.
    pub after: Option<TaskId>,
    /// The size of a page, from 1; 100 by default.
    pub limit: usize,
    /// Whether the store may leave out arguments and results, which can be large.
    pub is_brief: bool,
}

impl Filter {
    /// Lets every task pass, in pages of 100.
    pub const fn new() -> Self {
        Filter {
            phases: Vec::new(),
            name: None,
            since: None,
            until: None,
            after: None,
            limit: 100,
            is_brief: false,
        }
    }

    /// Lets tasks in this phase pass; several calls add up.
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.phases.push(phase);
        self
    }

    /// Lets only tasks of this function pass; `billing::*` stands for all names that begin with `billing::`.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Filter { name: Some(name.into()), ..self }
    }

    /// Lets only tasks pass that were submitted at this time or later.
    #[must_use]
    pub fn since(self, time: Time) -> Self {
        Filter { since: Some(time), ..self }
    }

    /// Lets only tasks pass that were submitted before this time.
    #[must_use]
    pub fn until(self, time: Time) -> Self {
        Filter { until: Some(time), ..self }
    }

    /// Lets only tasks pass that are older than this one: [`Page::next`] of the previous page.
    #[must_use]
    pub fn after(self, id: TaskId) -> Self {
        Filter { after: Some(id), ..self }
    }

    /// Sets the size of a page; 0 counts as 1.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Filter { limit, ..self }
    }

    /// Lets the store leave out arguments and results.
    #[must_use]
    pub fn brief(self) -> Self {
        Filter { is_brief: true, ..self }
    }

    /// The identifiers that tasks on the page may have, so that an index finds them: identifiers are in the order of time.
    /// The range is wider than the times of the filter, by an hour before them, for identifiers that were made
    /// before their submission ([`Task::id`](crate::Task::id)), and by a day after them, for clocks that stepped back.
    ///
    /// ```
    /// use retry_tasks::{Filter, Time};
    ///
    /// let ids = Filter::new().since(Time::from_millis(1_700_000_000_000)).ids();
    /// assert_eq!(ids.start.to_string(), "018bcfae-7980-0000-0000-000000000000");
    /// ```
    pub fn ids(&self) -> Range<TaskId> {
        let first = self
            .since
            .map_or(TaskId::from_u128(0), |since| TaskId::first_at(since.before(EARLIER)));
        let last = |until: Time| TaskId::first_at(until + STEP_BACK);
        let end = self.until.map_or(TaskId::from_u128(u128::MAX), last);
        first..self.after.map_or(end, |after| after.min(end))
    }

    /// Whether the task passes, on whichever page.
    pub fn admits(&self, record: &Record) -> bool {
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

/// One page of the tasks that pass a [`Filter`], the newest first.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{Filter, Format, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// for n in 0..3 {
///     tasks.submit(square::task(n)).await?;
/// }
/// let page = tasks.list(Filter::new().limit(2), Format::Minimal).await?;
/// assert_eq!(page.tasks.len(), 2);
/// let next = page.next.expect("there is another page");
/// assert_eq!(tasks.list(Filter::new().after(next), Format::Minimal).await?.tasks.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The tasks.
    pub tasks: Vec<T>,
    /// The last task of this page, for [`Filter::after`]; `None` on the last page.
    pub next: Option<TaskId>,
}

impl Page<Record> {
    /// Makes a page of the filter's size from the tasks found, which may be one more than fit on it.
    pub fn new(mut tasks: Vec<Record>, filter: &Filter) -> Self {
        let limit = filter.limit.max(1);
        let more = tasks.len() > limit;
        tasks.truncate(limit);
        let next = tasks.last().map(|record| record.id).filter(|_| more);
        Page { tasks, next }
    }
}
