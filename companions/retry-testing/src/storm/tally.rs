//! The counts of one simulation, by the second.

use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// By the second in which the calls were made.
    pub(super) seconds: Vec<Second>,
    pub(super) refused_by_budget: u64,
    pub(super) refused_by_breaker: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Second {
    /// Calls that were made in this second.
    pub(super) calls: u64,
    /// Of those, calls that succeeded, whenever that was.
    pub(super) succeeded: u64,
    /// Of those that succeeded, calls that needed a retry.
    pub(super) saved: u64,
    /// Attempts of the calls that were made in this second.
    pub(super) attempts: u64,
    /// Requests that reached the server in this second.
    pub(super) load: u64,
}

impl Tally {
    pub(super) fn new(time: Duration) -> Self {
        let seconds = vec![Second::default(); time.as_secs() as usize + 2];
        Tally { seconds, refused_by_budget: 0, refused_by_breaker: 0 }
    }

    /// A call is made; returns its second.
    pub(super) fn called(&mut self, at: Duration) -> usize {
        let second = at.as_secs() as usize;
        self.seconds[second].calls += 1;
        second
    }

    /// An attempt of a call made in `second` reaches the server.
    pub(super) fn attempted(&mut self, second: usize, at: Duration) {
        self.seconds[second].attempts += 1;
        // Retries may go on after the last call.
        if let Some(now) = self.seconds.get_mut(at.as_secs() as usize) {
            now.load += 1;
        }
    }

    pub(super) fn succeeded(&mut self, second: usize, is_retry: bool) {
        self.seconds[second].succeeded += 1;
        self.seconds[second].saved += u64::from(is_retry);
    }
}

impl Second {
    pub(super) fn sum(seconds: &[Second]) -> Self {
        seconds.iter().fold(Second::default(), |sum, each| Second {
            calls: sum.calls + each.calls,
            succeeded: sum.succeeded + each.succeeded,
            saved: sum.saved + each.saved,
            attempts: sum.attempts + each.attempts,
            load: sum.load + each.load,
        })
    }

    /// The share of calls that succeeded; of no calls, all.
    pub(super) fn success(self) -> f64 {
        if self.calls == 0 { 1.0 } else { self.succeeded as f64 / self.calls as f64 }
    }
}
