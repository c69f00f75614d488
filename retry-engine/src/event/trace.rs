//! Events as `tracing` events with levels.
//!
//! `tracing` requires a constant level at each call site, but users can change the level of an event at run time. So
//! there is one call site for each level. All of them list the same fields; `tracing` omits a field that is `None`.
//!
//! A subscriber is foreign code: [`to_subscriber`] is the only way to one.

use std::sync::atomic::{AtomicU8, Ordering};

use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::facts::{Facts, message};
use super::rate::{Admission, LeftOut, Rates};
use super::vocabulary::{Event, EventKind};
use crate::base::border::{Foreign, contained_once};
use crate::report::reason::StopReason;

/// The levels that users set, by kind: an index into `FILTERS`, from 1; 0 for the default level.
static SET: [AtomicU8; EventKind::ALL.len()] = [const { AtomicU8::new(0) }; EventKind::ALL.len()];

/// The filters, in the order of their numbers in `SET`.
const FILTERS: [LevelFilter; 6] = [
    LevelFilter::OFF,
    LevelFilter::ERROR,
    LevelFilter::WARN,
    LevelFilter::INFO,
    LevelFilter::DEBUG,
    LevelFilter::TRACE,
];

/// Sets the level of an event; `None` restores the default.
pub(crate) fn set_level(kind: EventKind, level: Option<LevelFilter>) {
    let index = |level| FILTERS.iter().position(|filter| *filter == level);
    let number = level.and_then(index).map_or(0, |index| index + 1);
    SET[kind as usize].store(number as u8, Ordering::Relaxed);
}

/// The level that a user set: `Some(None)` if the event is turned off, `None` if no level is set.
fn level_set(kind: EventKind) -> Option<Option<Level>> {
    let number = SET[kind as usize].load(Ordering::Relaxed);
    let filter = FILTERS.get(usize::from(number).checked_sub(1)?)?;
    Some(filter.into_level())
}

/// The default level of an event.
///
/// A retry is a warning, as in Polly and stamina, and so is a call that failed after its retries. A failure that is
/// not retried is up to the caller; a warning for each would hide the others.
fn default_level(event: &Event) -> Level {
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
            // Refused before the first attempt: that happens at every call, and the breaker's transition was logged.
            (StopReason::CircuitOpen, 0) => Level::DEBUG,
            _ => Level::WARN,
        },
        Event::RetryScheduled(_) | Event::BreakerTransition(_) | Event::BudgetExhausted(_) => {
            Level::WARN
        }
        Event::ConfigApplied(_) => Level::INFO,
    }
}

/// The most severe default level that an event of this kind can have.
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

/// Calls the subscriber; `None` if it panicked. A call that the subscriber makes is not reported to it, because that would
/// recurse without end.
pub(super) fn to_subscriber<T>(call: impl FnOnce() -> T) -> Option<T> {
    contained_once(Foreign::Subscriber, call)
}

/// Whether a subscriber accepts any level: one load.
#[inline]
pub(super) fn is_on() -> bool {
    LevelFilter::current() != LevelFilter::OFF
}

/// Whether a subscriber may accept an event of this kind.
#[inline]
pub(super) fn is_enabled(kind: EventKind) -> bool {
    is_on() && to_subscriber(|| is_kind_enabled(kind)) == Some(true)
}

fn is_kind_enabled(kind: EventKind) -> bool {
    is_wanted(level_set(kind).unwrap_or_else(|| Some(highest_level(kind))))
}

/// Whether a subscriber may accept an event at this level.
fn is_wanted(level: Option<Level>) -> bool {
    // A subscriber that filters by field values accepts the event here, and decides when it has the values.
    level.is_some_and(|level| at_level!(level, event_enabled, event, site))
}

/// Emits the `tracing` event, unless its kind has used up the places of this second. Returns whether the event is the
/// first one that is left out, and is to be told later.
#[inline]
pub(super) fn emit(event: &Event, rates: &Rates) -> bool {
    is_on() && to_subscriber(|| tell(event, rates)) == Some(true)
}

#[inline(never)]
fn tell(event: &Event, rates: &Rates) -> bool {
    let Some(level) = level_set(event.kind()).unwrap_or_else(|| Some(default_level(event))) else {
        return false;
    };
    // An event that no subscriber accepts takes no place.
    if !is_wanted(Some(level)) {
        return false;
    }
    match rates.admit(event, level) {
        Admission::Write { left_out } => write(event, level, left_out),
        Admission::LeaveOut { first } => return first,
    }
    false
}

fn write(event: &Event, level: Level, left_out: u64) {
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
        suppressed = (left_out > 0).then_some(left_out),
        "{}",
        message(event)
    );
}

/// Tells the numbers of events of a function that were left out in seconds that are over. Returns whether there was a
/// reason to look.
pub(super) fn tell_left_out(site: &'static str, rates: &Rates) -> bool {
    if is_on() && !rates.is_due() {
        return false;
    }
    to_subscriber(|| {
        for due in rates.take_due(|due| is_wanted(level_of(due))) {
            if let Some(level) = level_of(&due) {
                tell_number(site, &due, level);
            }
        }
    });
    true
}

/// The level at which the events were left out, or the most severe of several; `None` if the events are turned off now.
fn level_of(left_out: &LeftOut) -> Option<Level> {
    level_set(left_out.kind).unwrap_or(match left_out.succeeded {
        true => Some(Level::INFO),
        false => Some(highest_level(left_out.kind)),
    })
}

fn tell_number(site: &'static str, due: &LeftOut, level: Level) {
    at_level!(
        level,
        event,
        event = due.kind.name(),
        site = (!site.is_empty()).then_some(site),
        reason = due.succeeded.then_some(StopReason::Success.name()),
        suppressed = due.events,
        "events of this kind were not written"
    );
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
