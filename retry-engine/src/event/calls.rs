//! The events of calls and their attempts.

use std::time::Duration;

use super::label::Label;
use crate::failure::class::Kind;
use crate::report::reason::StopReason;
use crate::report::record::Delay;

/// Declares the events of a call. Every one has the fields `site` and `call`.
macro_rules! call_events {
    ($($(#[$doc:meta])* pub struct $Event:ident { $($fields:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[non_exhaustive]
        pub struct $Event {
            /// The function's name; empty for a call without an annotated function
            /// ([`Policy::call`](crate::Policy::call)).
            pub site: &'static str,
            /// The call's number, unique within the process and the same in all events of the call.
            pub call: u64,
            $($fields)*
        }
    )*};
}

call_events! {
    /// A call begins.
    ///
    /// The event exists only while an observer or a stream wants [routine events](crate::events::Event::is_routine).
    ///
    /// ```
    /// use retry_runtime::events::{self, Event};
    ///
    /// let _guard = events::observe(|event| {
    ///     if let Event::CallStarted(event) = event {
    ///         println!("{}: call {} with at most {:?} attempts", event.site, event.call, event.limit);
    ///     }
    /// });
    /// ```
    pub struct CallStarted {
        /// How many attempts there may be; `None` when only the deadline limits them.
        pub limit: Option<u32>,
    }

    /// An attempt begins.
    ///
    /// For a first attempt the event exists only while an observer or a stream wants
    /// [routine events](crate::events::Event::is_routine).
    ///
    /// ```
    /// use retry_runtime::events::{self, Event};
    ///
    /// let _guard = events::observe(|event| {
    ///     if let Event::AttemptStarted(event) = event {
    ///         println!("{}: attempt {} of {:?}", event.site, event.attempt, event.limit);
    ///     }
    /// });
    /// ```
    pub struct AttemptStarted {
        /// The attempt's number, from 1.
        pub attempt: u32,
        /// How many attempts there may be; `None` when only the deadline limits them.
        pub limit: Option<u32>,
    }

    /// An attempt has ended.
    ///
    /// For a first attempt that succeeds the event exists only while an observer or a stream wants
    /// [routine events](crate::events::Event::is_routine).
    ///
    /// ```
    /// use retry_runtime::events::{self, Event};
    ///
    /// let _guard = events::observe(|event| {
    ///     if let Event::AttemptFinished(event) = event {
    ///         println!("{}: attempt {} took {:?}", event.site, event.attempt, event.duration);
    ///     }
    /// });
    /// ```
    pub struct AttemptFinished {
        /// The attempt's number, from 1.
        pub attempt: u32,
        /// How many attempts there may be; `None` when only the deadline limits them.
        pub limit: Option<u32>,
        /// How long the attempt ran; `None` for a first attempt that was not timed.
        pub duration: Option<Duration>,
        /// The failure's kind; `None` when the attempt succeeded.
        pub kind: Option<Kind>,
        /// The failure's text; `None` when the attempt succeeded.
        pub error: Option<Label>,
    }

    /// An attempt failed, and another one will follow.
    ///
    /// ```
    /// use retry_runtime::events::{self, Event};
    ///
    /// let _guard = events::observe(|event| {
    ///     if let Event::RetryScheduled(event) = event {
    ///         println!("{}: {} again in {:?}", event.site, event.error, event.delay.length);
    ///     }
    /// });
    /// ```
    pub struct RetryScheduled {
        /// The number of the attempt that failed, from 1. It is also the number of the retry: retry k is attempt k + 1.
        pub attempt: u32,
        /// How many attempts there may be; `None` when only the deadline limits them.
        pub limit: Option<u32>,
        /// The pause before the next attempt, and its source.
        pub delay: Delay,
        /// The failure's kind.
        pub kind: Kind,
        /// The failure's text.
        pub error: Label,
    }

    /// An attempt failed and would be retried, but something forbids the retry.
    ///
    /// The reason is `Ambiguous`, `Overloaded`, `Deadline`, `RetryAfterTooLong`, `NotRepeatable`, `CircuitOpen` or
    /// `Budget`. There is no such event for failures that are never retried, nor for the last allowed attempt.
    ///
    /// ```
    /// use retry_runtime::events::{self, Event};
    ///
    /// let _guard = events::observe(|event| {
    ///     if let Event::RetrySuppressed(event) = event {
    ///         println!("{}: no retry of {} because of {}", event.site, event.error, event.reason);
    ///     }
    /// });
    /// ```
    pub struct RetrySuppressed {
        /// The number of the attempt that failed, from 1.
        pub attempt: u32,
        /// How many attempts there may be; `None` when only the deadline limits them.
        pub limit: Option<u32>,
        /// Why the retry is forbidden.
        pub reason: StopReason,
        /// The failure's kind.
        pub kind: Kind,
        /// The failure's text.
        pub error: Label,
        /// The delay that the server asked for; `None` if it asked for none.
        pub retry_after: Option<Duration>,
    }

    /// A call has ended.
    ///
    /// For a first-try success the event exists only while an observer or a stream wants
    /// [routine events](crate::events::Event::is_routine).
    ///
    /// ```
    /// use retry_runtime::events::{self, Event};
    ///
    /// let _guard = events::observe(|event| {
    ///     if let Event::CallFinished(event) = event {
    ///         println!("{}: {} after {} attempts", event.site, event.reason, event.attempts);
    ///     }
    /// });
    /// ```
    pub struct CallFinished {
        /// How many attempts were made; 0 when the call ended before the first one.
        pub attempts: u32,
        /// Why no further attempt was made; `Success` when the last one succeeded.
        pub reason: StopReason,
        /// How long the call took, pauses included; `None` when the call was not timed.
        pub total: Option<Duration>,
        /// The last failure's kind; `None` after a success, and when no attempt failed.
        pub kind: Option<Kind>,
        /// The last failure's text; `None` after a success, and when no attempt failed.
        pub error: Option<Label>,
    }
}

impl RetrySuppressed {
    /// Whether a call that stops for this reason emits this event.
    pub(crate) const fn is_due(reason: StopReason) -> bool {
        matches!(
            reason,
            StopReason::Ambiguous
                | StopReason::Overloaded
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::NotRepeatable
                | StopReason::CircuitOpen
                | StopReason::Budget
        )
    }
}
