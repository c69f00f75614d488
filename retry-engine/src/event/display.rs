//! The text of an event, on one line.

use std::fmt;

use super::vocabulary::Event;
use crate::base::duration::Rounded;
use crate::base::line::OneLine;
use crate::failure::class::Kind;
use crate::report::reason::StopReason;

impl fmt::Display for Event {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Errors, breakers' keys and configured values are foreign texts.
        OneLine(Unescaped(self)).fmt(f)
    }
}

struct Unescaped<'e>(&'e Event);

impl fmt::Display for Unescaped<'_> {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Event::CallStarted(_) => f.write_str("call started"),
            Event::AttemptStarted(event) => {
                write!(f, "{} started", Nth(event.attempt, event.limit))
            }
            Event::AttemptFinished(event) => {
                let nth = Nth(event.attempt, event.limit);
                match &event.error {
                    Some(error) => write!(f, "{nth} failed{}: {error}", OfKind(event.kind)),
                    None => write!(f, "{nth} succeeded"),
                }
            }
            Event::RetryScheduled(event) => {
                let (nth, delay) = (Nth(event.attempt, event.limit), Rounded(event.delay.length));
                let (kind, error) = (OfKind(Some(event.kind)), &event.error);
                write!(f, "{nth} failed{kind}, the next one starts in {delay}: {error}")
            }
            Event::RetrySuppressed(event) => {
                let (nth, reason) = (Nth(event.attempt, event.limit), event.reason);
                write!(f, "{nth} failed and is not retried ({reason}): {}", event.error)
            }
            Event::CallFinished(event) => {
                let made = event.attempts;
                let plural = if made == 1 { "" } else { "s" };
                match event.reason {
                    StopReason::Success => write!(f, "succeeded at attempt {made}")?,
                    _ => write!(f, "gave up after {made} attempt{plural}")?,
                }
                if let Some(total) = event.total {
                    write!(f, " in {}", Rounded(total))?;
                }
                if event.reason != StopReason::Success {
                    write!(f, " ({})", event.reason)?;
                }
                match &event.error {
                    Some(error) => write!(f, ": {error}"),
                    None => Ok(()),
                }
            }
            Event::BreakerTransition(event) => {
                let (breaker, from, to) = (&event.breaker, event.from, event.to);
                write!(f, "the circuit breaker `{breaker}` went from {from} to {to}")
            }
            Event::BreakerRejected(event) => {
                let (breaker, mode) = (&event.breaker, event.mode);
                write!(f, "the circuit breaker `{breaker}` is {mode} and refused an attempt")
            }
            Event::BudgetExhausted(event) => write!(
                f,
                "the retry budget is spent: {} of {} tokens left, a retry costs {}: failures are \
                 returned without a retry until calls succeed again; `budget(capacity = …)` allows \
                 more retries, `budget = none` turns it off",
                event.available, event.capacity, event.cost
            ),
            Event::ConfigApplied(event) => {
                write!(f, "configuration of {} applied: ", event.source)?;
                if event.changes.is_empty() {
                    return f.write_str("nothing changed");
                }
                for (at, change) in event.changes.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    let (place, field) = (&change.place, &change.field);
                    let (from, to) = (or_nothing(&change.from), or_nothing(&change.to));
                    write!(f, "{comma}{place}: {field} from {from} to {to}")?;
                }
                Ok(())
            }
        }
    }
}

/// Writes `attempt 2 of 4`.
struct Nth(u32, Option<u32>);

impl fmt::Display for Nth {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(limit) => write!(f, "attempt {} of {limit}", self.0),
            None => write!(f, "attempt {}", self.0),
        }
    }
}

/// Writes ` (transient)`, or nothing without a kind.
struct OfKind(Option<Kind>);

impl fmt::Display for OfKind {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kind) => write!(f, " ({kind})"),
            None => Ok(()),
        }
    }
}

/// A value of a configuration, or `nothing` for an empty one.
#[inline]
fn or_nothing(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::AttemptFinished;

    #[test]
    fn the_text_of_an_event_is_one_line_whatever_the_error_says() {
        let event = Event::AttemptFinished(AttemptFinished {
            site: "a",
            call: 1,
            attempt: 1,
            limit: None,
            duration: None,
            kind: Some(Kind::Transient),
            error: Some("first\nsecond\u{1b}[2J".into()),
        });
        let text = "attempt 1 failed (transient): first second\\u{1b}[2J";
        assert_eq!(event.to_string(), text);
    }
}
