//! What the engine says aloud: events, and how they reach whoever listens.
//!
//! | file | holds |
//! |---|---|
//! | `vocabulary`, `kind` | the events and their stable names |
//! | `calls`, `protection`, `configuration` | what they say; breakers and budgets say theirs here |
//! | `label` | the texts in them |
//! | `display` | an event in words |
//! | `delivery` | who listens: observers, streams, `tracing` |
//! | `stream` | the bounded queue of one reader |
//! | `trace`, `span` | the bridge to `tracing`: events with levels, the span of a later attempt |
//! | `warnings` | what the engine warns of that is not an event |
//!
//! What users name of it is in [`events`](crate::events).
//!
//! There are two classes. The events of a call that succeeds at once exist only while somebody listens
//! ([`wanted`]), so that such a call costs nothing otherwise. All others go to `tracing` as well.

mod calls;
mod configuration;
mod delivery;
mod display;
mod kind;
mod label;
mod protection;
mod span;
mod stream;
#[cfg_attr(not(feature = "tracing"), path = "untraced.rs")]
mod trace;
mod vocabulary;
mod warnings;

pub use calls::{
    AttemptFinished, AttemptStarted, CallFinished, CallStarted, RetryScheduled, RetrySuppressed,
};
pub use configuration::{Change, ConfigApplied};
pub(crate) use delivery::{
    Listener, Observer, To, attach, detach, emit, hears, is_heard, next_call, on_change, wanted,
};
pub use kind::{EventKind, UnknownEvent};
pub use label::Label;
pub use protection::{BreakerRejected, BreakerTransition, BudgetExhausted};
pub(crate) use protection::{breaker_rejected, breaker_transition, budget_refused};
pub(crate) use span::{CallSpan, Inside};
pub(crate) use stream::Queue;
pub use stream::{Events, Recv};
#[cfg(feature = "tracing")]
pub(crate) use trace::set_level;
pub use vocabulary::Event;
use warnings::observer_panicked;
#[cfg(feature = "chaos")]
pub(crate) use warnings::{chaos_configured, chaos_impossible, chaos_injected};
pub(crate) use warnings::{conflicting_settings, listed_late, shared_name, undeclared};
