//! What the engine says aloud: events, and how they reach whoever listens.
//!
//! | file | holds |
//! |---|---|
//! | `vocabulary`, `kind`, `label` | the events, their stable names, the texts in them |
//! | `display` | an event in words |
//! | `delivery` | who listens: observers, streams, `tracing` |
//! | `stream` | the bounded queue of one reader |
//! | `trace`, `span` | the bridge to `tracing`: events with levels, the span of a later attempt |
//! | `about_breakers` | what breakers say |
//! | `warnings` | what the engine warns of that is not an event |
//!
//! What users name of it is in [`events`](crate::events).
//!
//! There are two classes. The events of a call that succeeds at once exist only while somebody listens
//! ([`wanted`]), so that such a call costs nothing otherwise. All others go to `tracing` as well.

mod about_breakers;
mod delivery;
mod display;
mod kind;
mod label;
mod span;
mod stream;
#[cfg_attr(not(feature = "tracing"), path = "untraced.rs")]
mod trace;
mod vocabulary;
mod warnings;

pub(crate) use about_breakers::{breaker_rejected, breaker_transition};
pub(crate) use delivery::{
    Listener, Observer, attach, detach, emit, hears, next_call, on_change, wanted,
};
pub use kind::{EventKind, UnknownEvent};
pub use label::Label;
pub(crate) use span::CallSpan;
pub(crate) use stream::Queue;
pub use stream::{Events, Recv};
#[cfg(feature = "tracing")]
pub(crate) use trace::set_level;
pub use vocabulary::{
    AttemptFinished, AttemptStarted, BreakerRejected, BreakerTransition, BudgetExhausted,
    CallFinished, CallStarted, Change, ConfigApplied, Event, RetryScheduled, RetrySuppressed,
};
use warnings::observer_panicked;
pub(crate) use warnings::{budget_refused, conflicting_settings, undeclared};
