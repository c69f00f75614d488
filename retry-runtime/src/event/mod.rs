//! Events: their vocabulary, and how they reach listeners. Users see this module as `retry_runtime::events`.
//!
//! | file | holds |
//! |---|---|
//! | `vocabulary`, `kind` | the events and their stable names |
//! | `calls`, `protection`, `configuration` | the fields of each event |
//! | `tell` | breakers and budgets tell their events |
//! | `label` | the texts in them |
//! | `display` | an event as text |
//! | `listen` | attaching observers and streams |
//! | `delivery` | the list of listeners: observers, streams, `tracing` |
//! | `queue`, `stream` | the bounded queue of one reader, and its reading end |
//! | `trace`, `span` | the bridge to `tracing`: events with levels, the span of a later attempt |
//! | `warnings` | warnings of the engine that are not events |

mod calls;
pub(crate) mod configuration;
mod delivery;
mod display;
mod kind;
mod label;
mod listen;
mod protection;
mod queue;
mod span;
mod stream;
mod tell;
#[cfg(feature = "tracing")]
mod trace;
mod vocabulary;
pub(crate) mod warnings;

/// Without the feature nothing goes to `tracing`.
#[cfg(not(feature = "tracing"))]
mod trace {
    use super::kind::EventKind;
    use super::vocabulary::Event;

    pub(super) const fn is_on() -> bool {
        false
    }

    pub(super) const fn hears(_: EventKind) -> bool {
        false
    }

    pub(super) const fn say(_: &Event) {}
}

pub use calls::{
    AttemptFinished, AttemptStarted, CallFinished, CallStarted, RetryScheduled, RetrySuppressed,
};
pub use configuration::{Change, ConfigApplied};
pub(crate) use delivery::{emit, hears, is_heard, next_call, on_change, wanted};
pub use kind::{EventKind, UnknownEvent};
pub use label::Label;
pub use listen::{
    ObserverGuard, observe, observe_retries, stream, stream_retries, trace_successes,
};
#[cfg(feature = "tracing")]
pub use listen::{reset_level, set_level};
pub use protection::{BreakerRejected, BreakerTransition, BudgetExhausted};
pub(crate) use span::{CallSpan, Inside};
pub use stream::{Events, Recv};
pub(crate) use tell::budget_refused;
pub use vocabulary::Event;
pub(crate) use warnings::{conflicting_settings, listed_late, shared_name, undeclared};
