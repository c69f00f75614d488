//! The news that processes with one store tell each other.

use crate::record::id::TaskId;

/// The facts about a change that other processes may want to know. News are hints: a worker looks by itself after a while, so that none is
/// missed for good.
///
/// ```
/// use retry_tasks::rows::{Job, News};
///
/// /// The news to tell after the commit of a batch.
/// fn of(batch: &[Job]) -> News {
///     let mut all = News::default();
///     batch.iter().for_each(|job| all.add(job.news()));
///     all
/// }
/// assert!(of(&[]).is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct News {
    /// Whether a worker may find a new task to claim, now or later.
    pub is_claimable: bool,
    /// Tasks that were cancelled: their workers stop the running attempts.
    pub cancelled: Vec<TaskId>,
}

impl News {
    /// The news that a worker may find a new task to claim.
    pub fn claimable() -> Self {
        News { is_claimable: true, cancelled: Vec::new() }
    }

    /// The news that these tasks were cancelled.
    pub fn cancelled(tasks: Vec<TaskId>) -> Self {
        News { is_claimable: false, cancelled: tasks }
    }

    /// Whether there are none.
    pub fn is_none(&self) -> bool {
        !self.is_claimable && self.cancelled.is_empty()
    }

    /// Adds other news.
    pub fn add(&mut self, other: News) {
        self.is_claimable |= other.is_claimable;
        self.cancelled.extend(other.cancelled);
    }
}
