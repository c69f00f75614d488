//! What the stored attempts tell.

use std::time::Duration;

use serde::Serialize;

/// What the stored attempts tell about all tasks, or those of one function.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Analytics {
    /// Attempts by their number, from 1.
    pub by_attempt: Vec<ByAttempt>,
    /// Tasks that have ended.
    pub ended: u64,
    /// How long they waited for their first attempt, on average.
    pub mean_pending: Duration,
    /// How long their attempts ran in all, on average.
    pub mean_running: Duration,
    /// How long they waited between their attempts, on average.
    pub mean_waiting: Duration,
}

/// The attempts of one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ByAttempt {
    /// The number, from 1.
    pub attempt: u32,
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Attempts that were lost with their process.
    pub lost: u64,
}

/// Times of tasks that have ended, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) ended: u64,
    /// Milliseconds from submission to the first attempt, of attempts, and from first to last.
    pub(crate) pending: u64,
    pub(crate) running: u64,
    pub(crate) in_work: u64,
}

impl Analytics {
    pub(crate) fn new(by_attempt: Vec<ByAttempt>, sums: Sums) -> Self {
        let mean = |sum: u64| Duration::from_millis(sum.checked_div(sums.ended).unwrap_or(0));
        Analytics {
            by_attempt,
            ended: sums.ended,
            mean_pending: mean(sums.pending),
            mean_running: mean(sums.running),
            mean_waiting: mean(sums.in_work.saturating_sub(sums.running)),
        }
    }

    /// The share of tasks that had succeeded when their attempt of this number had ended, of all whose
    /// first attempt has ended; from 0 to 1, and `None` before there are any.
    pub fn success_within(&self, attempt: u32) -> Option<f64> {
        let first = self.by_attempt.first().filter(|first| first.attempt == 1)?;
        let all = first.succeeded + first.failed + first.lost;
        let within = self.by_attempt.iter().filter(|by| by.attempt <= attempt);
        let succeeded: u64 = within.map(|by| by.succeeded).sum();
        (all > 0).then(|| succeeded as f64 / all as f64)
    }
}
