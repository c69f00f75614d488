//! The events of breakers and budgets.

use std::time::Duration;

use super::label::Label;
use crate::breaker::{Figures, Mode};

/// A circuit breaker has changed its state.
///
/// ```
/// use retry_runtime::events::{self, Event};
///
/// let _guard = events::observe(|event| {
///     if let Event::BreakerTransition(event) = event {
///         println!("{}: from {} to {}", event.breaker, event.from, event.to);
///     }
/// });
/// ```
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
    /// The counts of the state that ended.
    pub figures: Figures,
}

/// A circuit breaker has refused an attempt.
///
/// ```
/// use retry_runtime::events::{self, Event};
///
/// let _guard = events::observe(|event| {
///     if let Event::BreakerRejected(event) = event {
///         println!("{} is {}; again in {:?}", event.breaker, event.mode, event.retry_after);
///     }
/// });
/// ```
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
///
/// ```
/// use retry_runtime::events::{self, Event};
///
/// let _guard = events::observe(|event| {
///     if let Event::BudgetExhausted(event) = event {
///         println!("{}: {} of {} tokens left", event.site, event.available, event.capacity);
///     }
/// });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetExhausted {
    /// The name of the function whose retry was refused.
    pub site: &'static str,
    /// The tokens in the bucket.
    pub available: f64,
    /// The capacity of the bucket in tokens.
    pub capacity: f64,
    /// The cost of the retry in tokens.
    pub cost: f64,
    /// The time until the bucket has refilled enough for the retry, if nothing else happens; `None` when time alone
    /// does not refill it.
    pub wait: Option<Duration>,
}
