//! What is said of breakers and budgets.

use std::borrow::Cow;
use std::time::Duration;

use super::delivery::emit;
use super::label::Label;
use super::vocabulary::Event;
use crate::breaker::{Figures, Mode, Refusal, Transition};
use crate::budget::Refused;

/// A circuit breaker has changed its state.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerTransition {
    /// The breaker's name; `table[key]` for one of a table.
    pub breaker: Label,
    /// The state that ended.
    pub from: Mode,
    /// The state that began.
    pub to: Mode,
    /// What the state that ended had counted.
    pub figures: Figures,
}

/// A circuit breaker has refused an attempt.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerRejected {
    /// The breaker's name; `table[key]` for one of a table.
    pub breaker: Label,
    /// The state that refused.
    pub mode: Mode,
    /// The time after which a call is admitted; `None` where that depends on something else.
    pub retry_after: Option<Duration>,
}

/// A budget has refused a retry.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetExhausted {
    /// The name of the function whose retry was refused.
    pub site: &'static str,
    /// Tokens that were there.
    pub available: f64,
    /// Tokens that the bucket holds.
    pub capacity: f64,
    /// Tokens that the retry would have cost.
    pub cost: f64,
    /// The time after which a retry is admitted if nothing else happens; `None` when time alone does not
    /// bring it about.
    pub wait: Option<Duration>,
}

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

/// The budget refused a retry; the call ended with its last failure.
pub(crate) fn budget_refused(site: &'static str, refused: &Refused) {
    emit(&Event::BudgetExhausted(BudgetExhausted {
        site,
        available: refused.available(),
        capacity: refused.capacity(),
        cost: refused.cost(),
        wait: refused.wait(),
    }));
}
