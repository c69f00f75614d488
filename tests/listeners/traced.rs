//! The `tracing` events and spans of calls.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};

use retry_runtime::events;
use retry_runtime::retryable;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

/// Records this thread's events with level and message, and the start and end of spans.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").unwrap();
        }
    }
}

impl Capture {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn of(work: impl FnOnce()) -> Vec<String> {
        // With a single subscriber, `tracing` caches the interest of whichever thread asks first, and that may be
        // another test's thread.
        let _ = subscriber::set_global_default(Capture::default());
        let capture = Capture::default();
        subscriber::with_default(capture.clone(), work);
        std::mem::take(&mut capture.0.lock().unwrap())
    }
}

impl Subscriber for Capture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.push(format!("span {}", span.metadata().name()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message::default();
        event.record(&mut message);
        self.push(format!("{} {}", event.metadata().level(), message.0));
    }

    fn enter(&self, _: &Id) {
        self.push(">".to_owned());
    }

    fn exit(&self, _: &Id) {
        self.push("<".to_owned());
    }
}

#[retryable(max = 1, base = "0s", on = any, attempt = attempt, name = "traced::flaky")]
fn flaky(failures: u32) -> Result<(), String> {
    tracing::info!("body");
    if attempt.number() <= failures { Err("down".into()) } else { Ok(()) }
}

#[test]
fn a_retried_call_is_logged_and_its_later_attempts_run_in_a_span() {
    let mut said = Capture::of(|| flaky(1).unwrap());
    // There are more lines while another test listens.
    said.retain(|line| !line.starts_with("TRACE"));
    assert!(said.pop().unwrap().starts_with("INFO succeeded at attempt 2"));
    assert_eq!(
        said,
        [
            "INFO body",
            "DEBUG attempt 1 of 2 failed (transient): down",
            "WARN attempt 1 of 2 failed (transient), the next one starts in 0 ms: down",
            "span retry",
            ">",
            "INFO body",
            "<",
        ]
    );
}

#[test]
fn a_first_try_success_logs_nothing_above_trace() {
    let said = Capture::of(|| flaky(0).unwrap());
    let above = said.iter().filter(|line| !line.starts_with("TRACE"));
    assert_eq!(above.collect::<Vec<_>>(), ["INFO body"]);
}

#[test]
fn first_try_successes_are_traced_on_request() {
    let _tracing = events::trace_successes();
    let said = Capture::of(|| flaky(0).unwrap());
    let expected = [
        "TRACE call started",
        "TRACE attempt 1 of 2 started",
        "INFO body",
        "TRACE attempt 1 of 2 succeeded",
    ];
    assert_eq!(said[..4], expected);
    assert!(said[4].starts_with("TRACE succeeded at attempt 1 in "), "{said:?}");
    assert_eq!(said.len(), 5);
}
