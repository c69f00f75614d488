//! Emitting the events of breakers and budgets.

use std::borrow::Cow;

use super::delivery::emit;
use super::protection::{BreakerRejected, BreakerTransition, BudgetExhausted};
use super::vocabulary::Event;
use crate::breaker::{Refusal, Transition};
use crate::budget::Refused;

/// Emits a breaker's change of state.
#[cold]
pub(crate) fn breaker_transition(breaker: Cow<'static, str>, transition: &Transition) {
    emit(&Event::BreakerTransition(BreakerTransition {
        breaker: breaker.into(),
        from: transition.from,
        to: transition.to,
        figures: transition.figures,
    }));
}

/// Emits a breaker's refusal of an attempt.
#[cold]
pub(crate) fn breaker_rejected(breaker: Cow<'static, str>, refusal: Refusal) {
    emit(&Event::BreakerRejected(BreakerRejected {
        breaker: breaker.into(),
        mode: refusal.mode,
        retry_after: refusal.retry_after,
    }));
}

/// Emits a budget's refusal of a retry, which ends the call with its last failure.
pub(crate) fn budget_refused(site: &'static str, refused: &Refused) {
    emit(&Event::BudgetExhausted(BudgetExhausted {
        site,
        available: refused.available(),
        capacity: refused.capacity(),
        cost: refused.cost(),
        wait: refused.wait(),
    }));
}
