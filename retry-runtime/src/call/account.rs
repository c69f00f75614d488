//! Withdrawals from the function's budget, and deposits into it.

use super::trail::Trail;
use crate::base::clock::Moment;
use crate::budget::Budget;
use crate::event;
use crate::failure::class::Kind;
use crate::failure::interruption::Cause;
use crate::report::reason::StopReason;

impl Trail {
    /// Tells the budget about an attempt that failed or was interrupted.
    #[inline(always)]
    pub(super) fn account_for_failure(&mut self, cut: Option<Cause>) {
        match self.withdrawal.take() {
            // Dropping the withdrawal of a cancelled retry returns its tokens.
            Some(withdrawal) if cut == Some(Cause::Cancelled) => drop(withdrawal),
            Some(withdrawal) => withdrawal.failed(),
            None => {
                if let (1, Some(budget)) = (self.attempt, self.budget()) {
                    budget.deposit_failure();
                }
            }
        }
    }

    /// Withdraws the cost of a retry from the budget.
    #[inline(always)]
    pub(super) fn paid_by_budget(&mut self, now: Moment, kind: Kind) -> Result<(), StopReason> {
        let Some(budget) = self.budget() else { return Ok(()) };
        let Some(withdrawal) = budget.withdraw_at(now, kind) else {
            return self.withdraw_or_report(budget, now, kind);
        };
        self.withdrawal = Some(withdrawal);
        // Only an annotated function has a budget.
        self.site.note_payment();
        Ok(())
    }

    #[cold]
    fn withdraw_or_report(
        &mut self,
        budget: &'static Budget,
        now: Moment,
        kind: Kind,
    ) -> Result<(), StopReason> {
        match budget.try_withdraw_at(now, kind) {
            Ok(withdrawal) => {
                self.withdrawal = Some(withdrawal);
                self.site.note_payment();
                Ok(())
            }
            Err(refused) => {
                if self.site.note_refusal(now.instant()) {
                    event::budget_refused(self.site.name(), &refused);
                }
                Err(StopReason::Budget)
            }
        }
    }

    /// Charges the budget for a final failure: some budgets do so for failures that would be retried if another attempt
    /// were allowed.
    pub(super) fn charge(&self, reason: StopReason, kind: Kind) {
        let unpaid = matches!(
            reason,
            StopReason::Exhausted
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::CircuitOpen
        );
        if let (true, Some(budget)) = (unpaid, self.budget()) {
            budget.charge_final(kind);
        }
    }
}
