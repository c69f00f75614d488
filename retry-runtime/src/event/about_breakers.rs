//! What breakers say.

use std::borrow::Cow;

use super::delivery::emit;
use super::vocabulary::{BreakerRejected, BreakerTransition, Event};
use crate::breaker::{Refusal, Transition};

/// A breaker has changed its state.
#[cold]
pub(crate) fn breaker_transition(breaker: Cow<'static, str>, transition: &Transition) {
    emit(&Event::BreakerTransition(BreakerTransition {
        breaker: breaker.into(),
        from: transition.from,
        to: transition.to,
        figures: transition.figures,
    }));
}

/// A breaker has refused an attempt.
#[cold]
pub(crate) fn breaker_rejected(breaker: Cow<'static, str>, refusal: Refusal) {
    emit(&Event::BreakerRejected(BreakerRejected {
        breaker: breaker.into(),
        mode: refusal.mode,
        retry_after: refusal.retry_after,
    }));
}
