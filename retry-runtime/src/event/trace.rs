//! Events as `tracing` events, each at its level.
//!
//! The level of a `tracing` event is a constant of the place that emits it, and ours can be changed at run
//! time. So there is one place for each level, and the fields are the same for all events: those that an
//! event does not have are left out.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::kind::EventKind;
use super::vocabulary::Event;
use crate::report::reason::StopReason;

/// The levels that were set, by kind: 0 for the event's own.
static SET: [AtomicU8; EventKind::COUNT] = [const { AtomicU8::new(0) }; EventKind::COUNT];

/// Filters in the order of their numbers in `SET`, which begin with 1.
const FILTERS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// Sets the level of an event; `None` gives it back its own.
pub(crate) fn set_level(kind: EventKind, level: Option<LevelFilter>) {
    let place = |level| FILTERS.iter().position(|filter| *filter == level);
    let number = level.and_then(place).map_or(0, |place| place + 1);
    SET[kind as usize].store(number as u8, Ordering::Relaxed);
}

/// The level that was set: `Some(None)` where that is none at all.
fn level_set(kind: EventKind) -> Option<Option<Level>> {
    let number = SET[kind as usize].load(Ordering::Relaxed);
    let filter = FILTERS.get(usize::from(number).checked_sub(1)?)?;
    Some(filter.into_level())
}

/// The level of an event unless another one is set.
///
/// A retry is a warning, as in Polly and stamina; so is a failure that retries could not mend. One that no
/// retry was meant for is its caller's business, which a warning for each would drown.
fn own_level(event: &Event) -> Level {
    match event {
        Event::CallStarted(_) | Event::AttemptStarted(_) => Level::TRACE,
        Event::AttemptFinished(event) if event.kind.is_none() => Level::TRACE,
        Event::AttemptFinished(_) | Event::RetrySuppressed(_) | Event::BreakerRejected(_) => {
            Level::DEBUG
        }
        Event::CallFinished(event) => match (event.reason, event.attempts) {
            (StopReason::Success, 1) => Level::TRACE,
            (StopReason::Success, _) => Level::INFO,
            (StopReason::Permanent | StopReason::Cancelled | StopReason::Aborted, _) => {
                Level::DEBUG
            }
            // Refused at the first attempt: as often as the function is called, and the breaker has said so.
            (StopReason::CircuitOpen, 0) => Level::DEBUG,
            _ => Level::WARN,
        },
        Event::RetryScheduled(_) | Event::BreakerTransition(_) | Event::BudgetExhausted(_) => {
            Level::WARN
        }
        Event::ConfigApplied(_) => Level::INFO,
    }
}

/// The highest level that an event of this kind may have of its own.
fn highest_level(kind: EventKind) -> Level {
    match kind {
        EventKind::CallStarted | EventKind::AttemptStarted => Level::TRACE,
        EventKind::AttemptFinished | EventKind::RetrySuppressed | EventKind::BreakerRejected => {
            Level::DEBUG
        }
        EventKind::ConfigApplied => Level::INFO,
        EventKind::CallFinished
        | EventKind::RetryScheduled
        | EventKind::BreakerTransition
        | EventKind::BudgetExhausted => Level::WARN,
    }
}

/// Expands a macro of `tracing` once for each level.
macro_rules! at_level {
    ($level:expr, $tracing:ident, $($rest:tt)*) => {
        match $level {
            Level::ERROR => tracing::$tracing!(target: "retry_runtime", Level::ERROR, $($rest)*),
            Level::WARN => tracing::$tracing!(target: "retry_runtime", Level::WARN, $($rest)*),
            Level::INFO => tracing::$tracing!(target: "retry_runtime", Level::INFO, $($rest)*),
            Level::DEBUG => tracing::$tracing!(target: "retry_runtime", Level::DEBUG, $($rest)*),
            Level::TRACE => tracing::$tracing!(target: "retry_runtime", Level::TRACE, $($rest)*),
        }
    };
}

/// Whether there is a subscriber that takes anything: one load.
#[inline]
pub(super) fn is_on() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

/// Whether a subscriber may take an event of this kind.
#[inline]
pub(super) fn hears(kind: EventKind) -> bool {
    is_on() && may_take(kind)
}

fn may_take(kind: EventKind) -> bool {
    let Some(level) = level_set(kind).unwrap_or_else(|| Some(highest_level(kind))) else {
        return false;
    };
    // A subscriber that filters by fields says yes here, and decides when it sees them.
    at_level!(level, event_enabled, event, site)
}

/// Emits an event.
pub(super) fn say(event: &Event) {
    let Some(level) = level_set(event.kind()).unwrap_or_else(|| Some(own_level(event))) else {
        return;
    };
    let facts = Facts::of(event);
    at_level!(
        level,
        event,
        event = event.name(),
        site = event.site(),
        call = event.call(),
        attempt = facts.attempt,
        attempts = facts.attempts,
        limit = facts.limit,
        reason = facts.reason,
        kind = facts.kind,
        error = facts.error,
        delay_s = facts.delay,
        delay_source = facts.delay_source,
        duration_s = facts.duration,
        retry_after_s = facts.retry_after,
        breaker = facts.breaker,
        from = facts.from,
        to = facts.to,
        changes = facts.changes,
        "{event}"
    );
}

/// What an event says, field by field. Times are in seconds.
#[derive(Default)]
struct Facts<'a> {
    attempt: Option<u32>,
    attempts: Option<u32>,
    limit: Option<u32>,
    reason: Option<&'static str>,
    kind: Option<&'static str>,
    error: Option<&'a str>,
    delay: Option<f64>,
    delay_source: Option<&'static str>,
    duration: Option<f64>,
    retry_after: Option<f64>,
    breaker: Option<&'a str>,
    from: Option<&'static str>,
    to: Option<&'static str>,
    changes: Option<u64>,
}

impl<'a> Facts<'a> {
    fn of(event: &'a Event) -> Self {
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
                delay_source: Some(event.delay.source.name()),
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

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
