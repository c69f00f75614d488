//! Events and their delivery to listeners. The public part is `retry_runtime::events`.
//!
//! | file | holds |
//! |---|---|
//! | `vocabulary` | the table of all events, with their stable names |
//! | `kind` | events by name |
//! | `calls`, `protection`, `configuration` | the fields of each event |
//! | `emit` | emitting the events of breakers and budgets |
//! | `label` | texts in events |
//! | `display` | an event as text |
//! | `listen` | attaching observers and streams |
//! | `delivery` | the list of listeners, and emitting events to them |
//! | `queue`, `stream` | the bounded queue of one reader, and its reading end |
//! | `rate` | the limit of `tracing` events a second |
//! | `trace`, `facts`, `span` | the bridge to `tracing`: events with levels, their messages and fields, the span of an attempt |
//! | `warnings` | warnings of the engine that are not events |

mod calls;
mod configuration;
mod delivery;
mod display;
pub(crate) mod emit;
#[cfg(feature = "tracing")]
mod facts;
mod kind;
mod label;
mod listen;
mod protection;
mod queue;
#[cfg(feature = "tracing")]
mod rate;
#[cfg(feature = "tracing")]
mod span;
mod stream;
#[cfg(feature = "tracing")]
mod trace;
mod vocabulary;
pub(crate) mod warnings;

// Without the feature `tracing` there are no `tracing` events and no spans.

#[cfg(not(feature = "tracing"))]
mod trace {
    use crate::event::rate::Rates;
    use crate::event::vocabulary::{Event, EventKind};

    pub(super) const fn is_on() -> bool {
        false
    }

    pub(super) const fn is_enabled(_: EventKind) -> bool {
        false
    }

    pub(super) const fn emit(_: &Event, _: &Rates) -> bool {
        false
    }

    pub(super) const fn tell_left_out(_: &str, _: &Rates) -> bool {
        false
    }
}

#[cfg(not(feature = "tracing"))]
mod rate {
    #[derive(Debug)]
    pub(crate) struct Rates;

    impl Rates {
        pub(crate) const fn new() -> Self {
            Rates
        }

        pub(crate) const fn is_counting(&self) -> bool {
            false
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod span {
    use crate::report::attempt::CallId;

    #[derive(Clone, Debug)]
    pub(crate) struct CallSpan;

    impl CallSpan {
        pub(crate) const fn of(_: &str, _: u64, _: u32, _: Option<u32>) -> Self {
            CallSpan
        }

        pub(crate) const fn of_task(_: &str, _: CallId, _: u32) -> Self {
            CallSpan
        }

        pub(crate) fn scope<T>(&self, part: impl FnOnce() -> T) -> T {
            part()
        }

        pub(crate) const fn is_wanted() -> bool {
            false
        }

        pub(crate) const fn enter(&self) -> bool {
            false
        }

        pub(crate) const fn leave(&self) {}
    }
}

pub use calls::{
    AttemptFinished, AttemptStarted, CallFinished, CallStarted, RetryScheduled, RetrySuppressed,
};
pub use configuration::{Change, ConfigApplied};
pub(crate) use delivery::{
    emit_limited, has_any_listener, has_listener, next_call, on_change, tell_left_out,
    wants_first_span, wants_routine,
};
pub(crate) use emit::budget_refused;
pub use kind::UnknownEvent;
pub use label::Label;
pub use listen::{
    ObserverGuard, observe, observe_retries, stream, stream_retries, trace_attempts,
    trace_successes,
};
#[cfg(feature = "tracing")]
pub use listen::{reset_level, reset_rate, set_level, set_rate};
pub use protection::{BreakerRejected, BreakerTransition, BudgetExhausted};
pub(crate) use rate::Rates;
pub(crate) use span::CallSpan;
pub use stream::{Events, Recv};
pub use vocabulary::{Event, EventKind};
#[cfg(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown"))))]
pub(crate) use warnings::no_time_driver;
pub(crate) use warnings::{
    conflicting_settings, declared_twice, hook_panicked, listed_late, not_repeatable,
    repaired_policy, shared_name, uncut, undeclared, unknown,
};
