//! Due times that no rule explains: a clock that has leapt has set them.

use std::time::Duration;

use crate::base::time::Time;
use crate::record::{Record, state::State};

/// The difference between the clocks of two machines that is no mistake.
pub(crate) const APART: Duration = Duration::from_secs(60);

/// A retry may be due this much later than its delay explains: a breaker may hold it back.
pub(crate) const SLACK: Duration = Duration::from_secs(3600);

impl Record {
    /// Sets the due time again when no rule explains it. Returns the time by which it was too late.
    ///
    /// | task | due at most |
    /// |---|---|
    /// | submitted by a clock that is ahead | as long after now as it was after its submission |
    /// | waiting for a retry | after its delay, and an hour for a breaker |
    pub fn repair(&mut self, now: Time) -> Option<Duration> {
        let due = self.run_at.filter(|_| self.lane.is_some() && self.state != State::Running)?;
        let ahead = self.created_at.since(now);
        let explained = if ahead > APART && due >= self.created_at {
            self.deadline = self.deadline.map(|deadline| deadline.before(ahead));
            now + due.since(self.created_at)
        } else if matches!(self.state, State::Waiting { .. }) {
            let delay = self.last_delay.unwrap_or_default();
            if due <= now + delay + SLACK {
                return None;
            }
            self.state = State::Waiting { next_attempt_at: now + delay };
            now + delay
        } else {
            return None;
        };
        self.run_at = Some(explained);
        self.settle(now);
        Some(due.since(explained))
    }
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
