//! The message and the fields of an event in `tracing`.

use std::borrow::Cow;
use std::time::Duration;

use super::vocabulary::Event;
use crate::report::reason::StopReason;
use crate::report::record::DelaySource;

/// The message: constant for the events of calls, because an outage emits many of them, and their fields have the rest.
/// The other events are rare, and one of them names a remedy.
pub(super) fn message(event: &Event) -> Cow<'static, str> {
    Cow::Borrowed(match event {
        Event::CallStarted(_) => "call started",
        Event::AttemptStarted(_) => "attempt started",
        Event::AttemptFinished(event) if event.kind.is_none() => "attempt succeeded",
        Event::AttemptFinished(_) => "attempt failed",
        Event::RetryScheduled(_) => "retry scheduled",
        Event::RetrySuppressed(_) => "retry suppressed",
        Event::CallFinished(event) if event.reason == StopReason::Success => "call succeeded",
        Event::CallFinished(_) => "call failed",
        Event::BreakerRejected(_) => "attempt refused by a circuit breaker",
        event => return Cow::Owned(event.to_string()),
    })
}

/// The fields of an event besides its name, site and call. Times are in seconds.
#[derive(Default)]
pub(super) struct Facts<'a> {
    pub(super) attempt: Option<u32>,
    pub(super) attempts: Option<u32>,
    pub(super) limit: Option<u32>,
    pub(super) reason: Option<&'static str>,
    pub(super) kind: Option<&'static str>,
    pub(super) error: Option<&'a str>,
    pub(super) delay: Option<f64>,
    pub(super) delay_source: Option<&'static str>,
    pub(super) duration: Option<f64>,
    pub(super) retry_after: Option<f64>,
    pub(super) breaker: Option<&'a str>,
    pub(super) from: Option<&'static str>,
    pub(super) to: Option<&'static str>,
    pub(super) changes: Option<u64>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let seconds = |time: Duration| time.as_secs_f64();
        let nothing = Facts::default();
        match event {
            Event::CallStarted(event) => Facts { limit: event.limit, ..nothing },
            Event::AttemptStarted(event) => {
                Facts { attempt: Some(event.attempt), limit: event.limit, ..nothing }
            }
            Event::AttemptFinished(event) => Facts {
                attempt: Some(event.attempt),
                limit: event.limit,
                kind: event.kind.map(|kind| kind.name()),
                error: event.error.as_deref(),
                duration: event.duration.map(seconds),
                ..nothing
            },
            Event::RetryScheduled(event) => Facts {
                attempt: Some(event.attempt),
                limit: event.limit,
                kind: Some(event.kind.name()),
                error: Some(&event.error),
                delay: Some(event.delay.length.as_secs_f64()),
                // The usual source is left out: each field costs as much as the retry itself.
                delay_source: Some(event.delay.source)
                    .filter(|source| *source != DelaySource::Backoff)
                    .map(DelaySource::name),
                ..nothing
            },
            Event::RetrySuppressed(event) => Facts {
                attempt: Some(event.attempt),
                limit: event.limit,
                reason: Some(event.reason.name()),
                kind: Some(event.kind.name()),
                error: Some(&event.error),
                retry_after: event.retry_after.map(seconds),
                ..nothing
            },
            Event::CallFinished(event) => Facts {
                attempts: Some(event.attempts),
                reason: Some(event.reason.name()),
                kind: event.kind.map(|kind| kind.name()),
                error: event.error.as_deref(),
                duration: event.total.map(seconds),
                ..nothing
            },
            Event::BreakerTransition(event) => Facts {
                breaker: Some(&event.breaker),
                from: Some(event.from.name()),
                to: Some(event.to.name()),
                ..nothing
            },
            Event::BreakerRejected(event) => Facts {
                breaker: Some(&event.breaker),
                reason: Some(event.mode.name()),
                retry_after: event.retry_after.map(seconds),
                ..nothing
            },
            Event::BudgetExhausted(event) => {
                Facts { retry_after: event.wait.map(seconds), ..nothing }
            }
            Event::ConfigApplied(event) => {
                Facts { changes: Some(event.changes.len() as u64), ..nothing }
            }
        }
    }
}
