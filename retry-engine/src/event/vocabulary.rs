//! The table of all events, and their common properties.

use super::calls::{
    AttemptFinished, AttemptStarted, CallFinished, CallStarted, RetryScheduled, RetrySuppressed,
};
use super::configuration::ConfigApplied;
use super::protection::{BreakerRejected, BreakerTransition, BudgetExhausted};
use crate::report::reason::StopReason;

/// Declares [`EventKind`] and [`Event`] from a row for each event: its documentation, its variant and its name.
macro_rules! events {
    ($(#[doc = $doc:literal] $Event:ident = $name:literal;)*) => {
        /// The kind of an event.
        ///
        /// ```
        /// use retry_runtime::events::EventKind;
        ///
        /// assert_eq!(EventKind::RetryScheduled.name(), "retry.scheduled");
        /// assert_eq!("retry.scheduled".parse(), Ok(EventKind::RetryScheduled));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum EventKind {
            $(#[doc = concat!("`", $name, "`")] $Event,)*
        }

        impl EventKind {
            /// Every kind, in the order of declaration.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$Event),*];

            /// The event's name, for example `retry.scheduled`. Names never change between versions.
            pub const fn name(self) -> &'static str {
                match self {
                    $(EventKind::$Event => $name,)*
                }
            }
        }

        /// An event, as [`observe`](crate::events::observe) and [`stream`](crate::events::stream) deliver it.
        ///
        /// `Display` writes one line without the function's name, which [`site`](Event::site) returns. A clone copies no
        /// text.
        ///
        /// ```
        /// use retry_runtime::events::{self, Event};
        ///
        /// let _guard = events::observe_retries(|event| match event {
        ///     Event::RetryScheduled(retry) => println!("{}: {}", retry.site, retry.error),
        ///     Event::BreakerTransition(change) => println!("{} is {}", change.breaker, change.to),
        ///     other => println!("{}: {other}", other.name()),
        /// });
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize))]
        #[cfg_attr(feature = "serde", serde(tag = "event"))]
        #[non_exhaustive]
        pub enum Event {
            $(
                #[doc = $doc]
                #[cfg_attr(feature = "serde", serde(rename = $name))]
                $Event($Event),
            )*
        }

        impl Event {
            /// The event's kind.
            pub const fn kind(&self) -> EventKind {
                match self {
                    $(Event::$Event(_) => EventKind::$Event,)*
                }
            }
        }
    };
}

events! {
    /// A call begins.
    CallStarted = "call.started";
    /// An attempt begins.
    AttemptStarted = "attempt.started";
    /// An attempt has ended.
    AttemptFinished = "attempt.finished";
    /// An attempt failed, and another one will follow.
    RetryScheduled = "retry.scheduled";
    /// An attempt failed and would be retried, but something forbids the retry.
    RetrySuppressed = "retry.suppressed";
    /// A call has ended.
    CallFinished = "call.finished";
    /// A circuit breaker has changed its state.
    BreakerTransition = "breaker.transition";
    /// A circuit breaker has refused an attempt.
    BreakerRejected = "breaker.rejected";
    /// A budget has refused a retry; at most once a minute for each function.
    BudgetExhausted = "budget.exhausted";
    /// A configuration has taken effect.
    ConfigApplied = "config.applied";
}

impl Event {
    /// The event's stable name, for example `retry.scheduled`.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Whether the event is routine: it belongs to a call that has not failed so far or that succeeded at the first
    /// try.
    ///
    /// Routine events exist only while a listener wants them, so that a first-try success costs nothing otherwise.
    pub fn is_routine(&self) -> bool {
        match self {
            Event::CallStarted(_) => true,
            Event::AttemptStarted(event) => event.attempt == 1,
            Event::AttemptFinished(event) => event.attempt == 1 && event.kind.is_none(),
            Event::CallFinished(event) => {
                event.attempts == 1 && event.reason == StopReason::Success
            }
            Event::RetryScheduled(_)
            | Event::RetrySuppressed(_)
            | Event::BreakerTransition(_)
            | Event::BreakerRejected(_)
            | Event::BudgetExhausted(_)
            | Event::ConfigApplied(_) => false,
        }
    }

    /// The name of the annotated function; `None` for calls without one, and for events of breakers and
    /// configurations.
    #[inline]
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

    /// The number of the call; `None` for events of breakers, budgets and configurations.
    #[inline]
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

#[cfg(all(test, feature = "serde"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::Change;
    use crate::failure::class::Kind;
    use crate::report::record::{Delay, DelaySource};

    #[test]
    fn an_event_as_data_begins_with_its_name() {
        let scheduled = Event::RetryScheduled(RetryScheduled {
            site: "billing::charge",
            call: 7,
            attempt: 1,
            limit: Some(4),
            delay: Delay { length: Duration::from_millis(1500), source: DelaySource::Backoff },
            kind: Kind::Throttled,
            error: "slow down".into(),
        });
        let applied = Event::ConfigApplied(ConfigApplied {
            source: "retry.toml".into(),
            changes: [Change::new("global", "enabled", "true", "false")].into(),
        });
        let text = |event| serde_json::to_string(event).unwrap();
        assert_eq!(
            text(&scheduled),
            r#"{"event":"retry.scheduled","site":"billing::charge","call":7,"attempt":1,"limit":4,"#
                .to_owned()
                + r#""delay":{"length":{"secs":1,"nanos":500000000},"source":"backoff"},"#
                + r#""kind":"throttled","error":"slow down"}"#
        );
        assert_eq!(
            text(&applied),
            r#"{"event":"config.applied","source":"retry.toml","#.to_owned()
                + r#""changes":[{"place":"global","field":"enabled","from":"true","to":"false"}]}"#
        );
    }
}
