//! What an event says: a struct for each, with public fields.

use std::sync::Arc;
use std::time::Duration;

use super::kind::EventKind;
use super::label::Label;
use crate::breaker::{Figures, Mode};
use crate::{Delay, Kind, StopReason};

/// Something that happened, as [`observe`](crate::events::observe) and
/// [`stream`](crate::events::stream) hand it out.
///
/// `Display` says it in one line, without the function's name; [`site`](Event::site) has that. A clone
/// copies no text.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "event"))]
#[non_exhaustive]
pub enum Event {
    /// A call begins.
    #[cfg_attr(feature = "serde", serde(rename = "call.started"))]
    CallStarted(CallStarted),
    /// An attempt begins.
    #[cfg_attr(feature = "serde", serde(rename = "attempt.started"))]
    AttemptStarted(AttemptStarted),
    /// An attempt has ended.
    #[cfg_attr(feature = "serde", serde(rename = "attempt.finished"))]
    AttemptFinished(AttemptFinished),
    /// An attempt failed, and there will be another one.
    #[cfg_attr(feature = "serde", serde(rename = "retry.scheduled"))]
    RetryScheduled(RetryScheduled),
    /// An attempt failed in a way that is worth a retry, and something forbids it.
    #[cfg_attr(feature = "serde", serde(rename = "retry.suppressed"))]
    RetrySuppressed(RetrySuppressed),
    /// A call has ended.
    #[cfg_attr(feature = "serde", serde(rename = "call.finished"))]
    CallFinished(CallFinished),
    /// A circuit breaker has changed its state.
    #[cfg_attr(feature = "serde", serde(rename = "breaker.transition"))]
    BreakerTransition(BreakerTransition),
    /// A circuit breaker has refused an attempt.
    #[cfg_attr(feature = "serde", serde(rename = "breaker.rejected"))]
    BreakerRejected(BreakerRejected),
    /// A budget has refused a retry; at most once a minute for each function.
    #[cfg_attr(feature = "serde", serde(rename = "budget.exhausted"))]
    BudgetExhausted(BudgetExhausted),
    /// A configuration has taken effect.
    #[cfg_attr(feature = "serde", serde(rename = "config.applied"))]
    ConfigApplied(ConfigApplied),
}

/// A call begins. Exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallStarted {
    /// The function's name; empty for a call that has none ([`Policy::call`](crate::Policy::call)).
    pub site: &'static str,
    /// The call's number, the same in all of its events and in those of no other call of the process.
    pub call: u64,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
}

/// An attempt begins. That of the first one exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AttemptStarted {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
}

/// An attempt has ended. That of a success at once exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AttemptFinished {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
    /// How long it ran; `None` for a first attempt that nobody had a reason to time.
    pub duration: Option<Duration>,
    /// The failure's kind; `None` when the attempt succeeded.
    pub kind: Option<Kind>,
    /// The failure in words; `None` when the attempt succeeded.
    pub error: Option<Label>,
}

/// An attempt failed, and there will be another one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetryScheduled {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The number of the attempt that failed, from 1: that of the retry as well, since retry k is
    /// attempt k + 1.
    pub attempt: u32,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
    /// The pause before the next attempt, and where it came from.
    pub delay: Delay,
    /// The failure's kind.
    pub kind: Kind,
    /// The failure in words.
    pub error: Label,
}

/// An attempt failed in a way that is worth a retry, and something forbids it.
///
/// The reason is `Ambiguous`, `Overloaded`, `Deadline`, `RetryAfterTooLong`, `CircuitOpen` or `Budget`.
/// Failures that are not retried anyway, and those of the last allowed attempt, end their calls without
/// this event.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetrySuppressed {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The number of the attempt that failed, from 1.
    pub attempt: u32,
    /// How many attempts there might have been; `None` when only the deadline limits them.
    pub limit: Option<u32>,
    /// What forbids the retry.
    pub reason: StopReason,
    /// The failure's kind.
    pub kind: Kind,
    /// The failure in words.
    pub error: Label,
    /// The delay that the other side asked for, if it did.
    pub retry_after: Option<Duration>,
}

impl RetrySuppressed {
    /// Whether a call that stops for this reason says so with this event.
    pub(crate) const fn is_due(reason: StopReason) -> bool {
        matches!(
            reason,
            StopReason::Ambiguous
                | StopReason::Overloaded
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::CircuitOpen
                | StopReason::Budget
        )
    }
}

/// A call has ended. That of a success at once exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallFinished {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// How many attempts were made; 0 when the call ended before the first one.
    pub attempts: u32,
    /// Why no further attempt was made; `Success` when the last one succeeded.
    pub reason: StopReason,
    /// How long the call took, pauses included; `None` when nobody had a reason to time it.
    pub total: Option<Duration>,
    /// The last failure's kind; `None` after a success, and where nothing has failed.
    pub kind: Option<Kind>,
    /// The last failure in words; `None` after a success, and where nothing has failed.
    pub error: Option<Label>,
}

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

/// A configuration has taken effect.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigApplied {
    /// Where it came from: a file's name, say.
    pub source: Label,
    /// What is different from before; empty when nothing is.
    #[cfg_attr(feature = "serde", serde(serialize_with = "list"))]
    pub changes: Arc<[Change]>,
}

/// One value that a configuration has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change {
    /// What it belongs to: a function's name, or a section: `global`, `budget.payments`.
    pub place: Label,
    /// The setting: `max`, `cap`, `enabled`.
    pub field: Label,
    /// The value before, as it would be written; empty when there was none.
    pub from: Label,
    /// The value now, as it would be written; empty when there is none.
    pub to: Label,
}

impl Change {
    /// One value that has changed from one text to another.
    pub fn new(
        place: impl Into<Label>,
        field: impl Into<Label>,
        from: impl Into<Label>,
        to: impl Into<Label>,
    ) -> Self {
        Change { place: place.into(), field: field.into(), from: from.into(), to: to.into() }
    }
}

/// `Arc<[T]>` without serde's feature `rc`.
#[cfg(feature = "serde")]
fn list<S: serde::Serializer>(changes: &Arc<[Change]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(changes.iter())
}

impl Event {
    /// Which event it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Event::CallStarted(_) => EventKind::CallStarted,
            Event::AttemptStarted(_) => EventKind::AttemptStarted,
            Event::AttemptFinished(_) => EventKind::AttemptFinished,
            Event::RetryScheduled(_) => EventKind::RetryScheduled,
            Event::RetrySuppressed(_) => EventKind::RetrySuppressed,
            Event::CallFinished(_) => EventKind::CallFinished,
            Event::BreakerTransition(_) => EventKind::BreakerTransition,
            Event::BreakerRejected(_) => EventKind::BreakerRejected,
            Event::BudgetExhausted(_) => EventKind::BudgetExhausted,
            Event::ConfigApplied(_) => EventKind::ConfigApplied,
        }
    }

    /// The event's stable name: `retry.scheduled`.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// The name of the annotated function that it is about; `None` for a call that has no function, for
    /// breakers and for configurations.
    pub fn site(&self) -> Option<&'static str> {
        let site = match self {
            Event::CallStarted(event) => event.site,
            Event::AttemptStarted(event) => event.site,
            Event::AttemptFinished(event) => event.site,
            Event::RetryScheduled(event) => event.site,
            Event::RetrySuppressed(event) => event.site,
            Event::CallFinished(event) => event.site,
            Event::BudgetExhausted(event) => event.site,
            Event::BreakerTransition(_) | Event::BreakerRejected(_) | Event::ConfigApplied(_) => "",
        };
        (!site.is_empty()).then_some(site)
    }

    /// The number of the call that it is about; `None` for breakers, budgets and configurations.
    pub const fn call(&self) -> Option<u64> {
        match self {
            Event::CallStarted(event) => Some(event.call),
            Event::AttemptStarted(event) => Some(event.call),
            Event::AttemptFinished(event) => Some(event.call),
            Event::RetryScheduled(event) => Some(event.call),
            Event::RetrySuppressed(event) => Some(event.call),
            Event::CallFinished(event) => Some(event.call),
            Event::BreakerTransition(_)
            | Event::BreakerRejected(_)
            | Event::BudgetExhausted(_)
            | Event::ConfigApplied(_) => None,
        }
    }
}
