//! The debts of a call's retries: to the function's budget, and to the budget of the key.

use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use super::live;
use super::trail::Trail;
use crate::base::clock::Moment;
use crate::base::duration;
use crate::budget::{Budget, Refused, Withdrawal};
use crate::event;
use crate::failure::class::Kind;
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::site;

#[cold]
fn withdraw_from(
    key: &Arc<Budget>,
    now: Moment,
    kind: Kind,
    free: bool,
) -> Result<Box<Withdrawal<Arc<Budget>>>, Refused> {
    Budget::withdraw_for(Arc::clone(key), now, kind, free).map(Box::new)
}

impl Trail {
    /// The budget of the call's key.
    #[inline(always)]
    fn key(&self) -> Option<&Arc<Budget>> {
        self.rare.as_ref()?.key.as_ref()
    }

    /// The attempt begins: from now on nothing is given back to a retry that is dropped.
    #[inline]
    pub(super) fn begin_debt(&mut self) {
        if let Some(debt) = &mut self.debt {
            debt.begin();
        }
        if let Some(debt) = self.rare.as_mut().and_then(|rare| rare.key_debt.as_mut()) {
            debt.begin();
        }
    }

    /// The retry is over, or is not made: a debt whose attempt has not begun is given back, any other stays.
    #[inline]
    pub(super) fn drop_debt(&mut self) {
        self.debt = None;
        if let Some(rare) = &mut self.rare {
            rare.key_debt = None;
        }
    }

    /// The retry succeeded: the budgets get their refunds.
    fn repay(&mut self) {
        if let Some(debt) = self.debt.take() {
            debt.succeeded();
        }
        if let Some(debt) = self.rare.as_mut().and_then(|rare| rare.key_debt.take()) {
            debt.succeeded();
        }
    }

    /// Tells the budgets about an attempt that succeeded.
    pub(super) fn account_for_success(&mut self) {
        if self.debt.is_some() {
            return self.repay();
        }
        self.tell_of_first(Budget::pay_off);
    }

    /// Tells the budgets about an attempt that failed or was interrupted.
    #[inline(always)]
    pub(super) fn account_for_failure(&mut self, rejected: bool) {
        if self.debt.is_some() {
            // The other side answered a rejected retry: it was a good bet.
            return if rejected { self.repay() } else { self.drop_debt() };
        }
        self.tell_of_first(Budget::deposit_lost);
    }

    /// Tells the budgets how a first attempt has ended.
    #[inline(always)]
    fn tell_of_first(&self, end: impl Fn(&Budget)) {
        if self.attempt != 1 {
            return;
        }
        if let Some(budget) = self.budget() {
            self.count(budget);
            end(budget);
        }
        if let Some(key) = self.key() {
            end(key);
        }
    }

    /// Counts the call for a budget that stands in for the function's: the function's calls are not the scope's.
    fn count(&self, budget: &'static Budget) {
        if self.is_stand_in(budget) {
            budget.count();
        }
    }

    #[inline]
    fn is_stand_in(&self, budget: &'static Budget) -> bool {
        let own = || self.site.budget_under(self.effective);
        (self.intercepted().is_some() || self.own_budget().is_some())
            && !own().is_some_and(|own| ptr::eq(own, budget))
    }

    /// Asks the budgets for the retry after this delay; returns the delay in its place, if there is one.
    ///
    /// A call without a limit on its attempts is meant to outlast the outage: a refusal makes its pause longer, and does
    /// not end the call.
    #[inline(always)]
    pub(super) fn pay(
        &mut self,
        policy: &Policy,
        now: Moment,
        kind: Kind,
        delay: Duration,
    ) -> Result<Option<Duration>, StopReason> {
        let Some(budget) = self.budget() else { return Ok(None) };
        match self.withdraw(budget, now, kind) {
            Ok(()) => {
                // Only an annotated function has a budget.
                self.site.note_payment();
                Ok(None)
            }
            Err(refused) => self.refused(policy, now, delay, &refused),
        }
    }

    /// Asks the key's budget first, which gets its tokens back if the function's refuses.
    #[inline(always)]
    fn withdraw(
        &mut self,
        budget: &'static Budget,
        now: Moment,
        kind: Kind,
    ) -> Result<(), Refused> {
        if !self.is_stand_in(budget) {
            site::counted(budget);
        }
        let free = budget.is_free(now, self.attempt, || self.in_flight());
        let key = match self.key() {
            Some(key) => Some(withdraw_from(key, now, kind, free)?),
            None => None,
        };
        self.debt = Some(Budget::withdraw_for(budget, now, kind, free)?);
        if key.is_some() {
            self.rare_mut().key_debt = key;
        }
        Ok(())
    }

    /// Calls of the function that are being retried, this one included.
    #[cold]
    fn in_flight(&self) -> u64 {
        let listed = live::count_of(self.site.name());
        listed + u64::from(self.live.is_none())
    }

    #[cold]
    fn refused(
        &mut self,
        policy: &Policy,
        now: Moment,
        delay: Duration,
        refused: &Refused,
    ) -> Result<Option<Duration>, StopReason> {
        if self.site.note_refusal(now.instant()) {
            event::budget_refused(self.site.name(), refused);
        }
        if policy.limit().is_some() {
            return Err(StopReason::Budget);
        }
        let half = policy.longest_delay() / 2;
        // Spread, or all callers of an outage would come back at the same moment.
        let longer = half + duration::part(half, self.rng.draw().into());
        let longer = (delay < longer).then_some(longer);
        let left = self.deadline.map_or(Duration::MAX, |deadline| deadline.since(now));
        if longer.unwrap_or(delay) > left { Err(StopReason::Deadline) } else { Ok(longer) }
    }

    /// Charges the budget for a final failure: some budgets do so for failures that would be retried if another attempt
    /// were allowed.
    pub(super) fn charge(&self, reason: StopReason, kind: Kind) {
        let unpaid = matches!(
            reason,
            StopReason::Exhausted
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::NotRepeatable
                | StopReason::CircuitOpen
        );
        if !unpaid {
            return;
        }
        if let Some(budget) = self.budget() {
            budget.charge_final(kind);
        }
        if let Some(key) = self.key() {
            key.charge_final(kind);
        }
    }
}
