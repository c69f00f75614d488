//! What a call takes out of its function's budget, and what it puts in.

use std::time::Instant;

use super::{Call, Decision, Verdict};
use crate::history::Delay;
use crate::{Interruption, Kind, StopReason, clock};

impl Call<'_> {
    /// What the budget makes of an attempt that failed.
    pub(super) fn account_for_failure(&mut self, verdict: Verdict) {
        let withdrawal = self.trail_mut().withdrawal.take();
        match withdrawal {
            // A retry that was called off says nothing: its token comes back.
            Some(withdrawal) if verdict.cut == Some(Interruption::Cancelled) => drop(withdrawal),
            Some(withdrawal) => withdrawal.failed(),
            None => {
                if let (1, Some(budget)) = (self.attempt_number(), self.budget()) {
                    budget.deposit_failure();
                }
            }
        }
    }

    /// Takes the retry's cost out of the budget, if it is there.
    pub(super) fn pay_for_retry(&mut self, now: Instant, kind: Kind, delay: Delay) -> Decision {
        let Some(budget) = self.budget() else { return Decision::Pause(delay) };
        match budget.try_withdraw(now, kind) {
            Ok(withdrawal) => {
                self.trail_mut().withdrawal = Some(withdrawal);
                if let Some(site) = self.site() {
                    site.note_payment();
                }
                Decision::Pause(delay)
            }
            Err(refused) => {
                if let Some(site) = self.site() {
                    if site.note_refusal(now) {
                        crate::event::budget_refused(site.name(), &refused);
                    }
                }
                Decision::Stop(StopReason::Budget)
            }
        }
    }

    /// Some budgets charge for a failure that would be retried also when there is no further attempt.
    pub(super) fn charge(&self, reason: StopReason, kind: Kind) {
        let unpaid = matches!(
            reason,
            StopReason::Exhausted
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::CircuitOpen
        );
        if let (true, Some(budget)) = (unpaid, self.budget()) {
            budget.charge_final(clock::now, kind);
        }
    }
}
