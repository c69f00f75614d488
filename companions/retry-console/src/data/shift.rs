//! The times of a process whose clock is wrong, by the clock of the process that answers.

use super::model::{FunctionDetail, Snapshot};

/// Moves a time back by so many milliseconds.
fn back(at: &mut u64, ahead_ms: i64) {
    *at = at.saturating_add_signed(ahead_ms.saturating_neg());
}

impl Snapshot {
    /// Tells all times by a clock that is so much behind the one by which they are told.
    pub(crate) fn shift(&mut self, ahead_ms: i64) {
        if ahead_ms == 0 {
            return;
        }
        let live = self.live.iter_mut().flat_map(|call| {
            let ends = [call.next_at.as_mut(), call.deadline_at.as_mut()].into_iter().flatten();
            ends.chain([&mut call.since_at])
        });
        live.for_each(|at| back(at, ahead_ms));
        for breaker in &mut self.breakers {
            let next = breaker.next_admission_at.iter_mut();
            let changes = breaker.transitions.iter_mut().map(|change| &mut change.at);
            next.chain(changes).for_each(|at| back(at, ahead_ms));
        }
        self.news.iter_mut().for_each(|news| back(&mut news.at, ahead_ms));
        self.processes.iter_mut().for_each(|process| back(&mut process.started_at, ahead_ms));
        // The rates have an entry for each whole second.
        let rates = &mut self.overview.rates;
        if rates.at > 0 {
            back(&mut rates.at, ahead_ms);
            rates.at = rates.at / 1_000 * 1_000;
        }
    }
}

impl FunctionDetail {
    /// The same for the past calls of a function.
    pub(crate) fn shift(&mut self, ahead_ms: i64) {
        self.calls.iter_mut().for_each(|call| back(&mut call.ended_at, ahead_ms));
        self.errors.iter_mut().for_each(|error| back(&mut error.last_at, ahead_ms));
    }
}
