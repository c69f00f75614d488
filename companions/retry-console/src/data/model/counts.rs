//! The counts of calls by outcome, which a function and the overview have in common.

use retry_runtime::Stats;
use serde::{Deserialize, Serialize};

/// Calls by outcome, and their attempts.
///
/// ```
/// use retry_console::Function;
///
/// let one: Function = serde_json::from_str(r#"{ "name": "shop::charge", "calls": 120, "saved": 12, "failed": 8 }"#)?;
/// assert_eq!(one.counts.saved + one.counts.failed, 20);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CallCounts {
    /// Calls that have ended.
    pub calls: u64,
    /// Calls whose first attempt succeeded.
    pub first_try: u64,
    /// Calls that a retry saved.
    pub saved: u64,
    /// Calls that failed, those whose failure was recovered from included.
    pub failed: u64,
    /// Calls that were cancelled or dropped.
    pub cancelled: u64,
    /// Calls that ended before their first attempt.
    pub unattempted: u64,
    /// Attempts of all calls.
    pub attempts: u64,
    /// Retries of all calls.
    pub retries: u64,
    /// Attempts for each call that made one; 0 while there is none.
    pub amplification: f64,
}

impl From<&Stats> for CallCounts {
    fn from(stats: &Stats) -> Self {
        let counts = CallCounts {
            calls: stats.calls(),
            first_try: stats.first_try,
            saved: stats.after_retry,
            failed: stats.failed + stats.recovered,
            cancelled: stats.cancelled,
            unattempted: stats.unattempted,
            attempts: stats.attempts,
            retries: stats.retries(),
            amplification: 0.0,
        };
        CallCounts { amplification: counts.amplified(), ..counts }
    }
}

impl CallCounts {
    /// Adds the counts of other calls.
    pub(crate) fn add(&mut self, other: &CallCounts) {
        // Named one by one, so that a new count cannot be forgotten.
        let CallCounts {
            calls,
            first_try,
            saved,
            failed,
            cancelled,
            unattempted,
            attempts,
            retries,
            amplification: _,
        } = other;
        self.calls += calls;
        self.first_try += first_try;
        self.saved += saved;
        self.failed += failed;
        self.cancelled += cancelled;
        self.unattempted += unattempted;
        self.attempts += attempts;
        self.retries += retries;
        self.amplification = self.amplified();
    }

    fn amplified(&self) -> f64 {
        let attempted = self.calls.saturating_sub(self.unattempted);
        if attempted > 0 { self.attempts as f64 / attempted as f64 } else { 0.0 }
    }
}
