//! The number of tasks in each state.

use serde::{Deserialize, Serialize};

use crate::record::state::Phase;

/// The number of tasks in each state.
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

    /// The number of all tasks.
    pub fn total(self) -> u64 {
        Phase::ALL.into_iter().map(|phase| self.of(phase)).sum()
    }
}
