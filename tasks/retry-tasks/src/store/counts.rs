//! The number of tasks in each state, and how long due tasks have waited.

use std::iter::Sum;

use serde::{Deserialize, Serialize};

use crate::base::time::Time;
use crate::record::state::Phase;

/// The number of tasks in each state.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::Tasks;
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// tasks.submit(square::task(12)).await?;
/// let counts = tasks.counts().await?;
/// assert_eq!((counts.pending, counts.due, counts.total()), (1, 1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// The number of pending tasks.
    pub pending: u64,
    /// The number of running tasks.
    pub running: u64,
    /// The number of waiting tasks.
    pub waiting: u64,
    /// The number of complete tasks.
    pub complete: u64,
    /// The number of failed tasks.
    pub failed: u64,
    /// The number of cancelled tasks.
    pub cancelled: u64,
    /// The number of pending and waiting tasks whose time has come and that no worker has started.
    #[serde(default)]
    pub due: u64,
    /// The number of waiting tasks that are [held back by the budget](crate::State::HeldBack).
    #[serde(default)]
    pub held_back: u64,
    /// The time since which the longest due task is due, held back ones included; `None` when no task is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_due: Option<Time>,
}

impl Counts {
    /// The number of tasks in this phase.
    pub const fn of(mut self, phase: Phase) -> u64 {
        *self.of_mut(phase)
    }

    /// The number of tasks in this phase, to be changed.
    pub const fn of_mut(&mut self, phase: Phase) -> &mut u64 {
        match phase {
            Phase::Pending => &mut self.pending,
            Phase::Running => &mut self.running,
            Phase::Waiting => &mut self.waiting,
            Phase::Complete => &mut self.complete,
            Phase::Failed => &mut self.failed,
            Phase::Cancelled => &mut self.cancelled,
        }
    }

    /// The number of pending and waiting tasks whose time has not come.
    pub const fn scheduled(self) -> u64 {
        (self.pending + self.waiting).saturating_sub(self.due + self.held_back)
    }

    /// Adds other counts.
    pub(crate) fn add(&mut self, other: Counts) {
        for phase in Phase::ALL {
            *self.of_mut(phase) += other.of(phase);
        }
        self.due += other.due;
        self.held_back += other.held_back;
        self.oldest_due = self.oldest_due.into_iter().chain(other.oldest_due).min();
    }

    /// The number of all tasks.
    pub fn total(self) -> u64 {
        Phase::ALL.into_iter().map(|phase| self.of(phase)).sum()
    }
}

/// The counts of several functions together.
impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(all: I) -> Counts {
        all.fold(Counts::default(), |mut sum, counts| {
            sum.add(counts);
            sum
        })
    }
}
