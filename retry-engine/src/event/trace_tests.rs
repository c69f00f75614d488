//! `tracing` gets every event, at its level, with its fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber, subscriber};

use super::*;
use crate::breaker::Mode;
use crate::event::delivery::emit;
use crate::event::{
    AttemptFinished, AttemptStarted, BreakerRejected, BreakerTransition, BudgetExhausted,
    CallFinished, CallSpan, CallStarted, Change, ConfigApplied, RetryScheduled, RetrySuppressed,
};
use crate::failure::class::Kind;
use crate::report::attempt::CallId;
use crate::report::record::Delay;
use crate::report::record::DelaySource;

/// A subscriber that writes a line for each event, `LEVEL message {fields}`, and `>` and `<` where a span is entered
/// and left.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Fields {
    message: String,
    others: BTreeMap<&'static str, String>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.others.insert(field.name(), format!("{value:?}"));
        }
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.others.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl Capture {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// The lines that `work` produces on this thread.
    fn of(work: impl FnOnce()) -> Vec<String> {
        // With a single subscriber, `tracing` asks the first thread, which may belong to another test, and caches its
        // answer for all threads.
        let _ = subscriber::set_global_default(Capture::default());
        let capture = Capture::default();
        subscriber::with_default(capture.clone(), work);
        std::mem::take(&mut capture.0.lock().unwrap())
    }
}

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "retry_runtime"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.push(format!("{} span {}{fields}", span.metadata().level(), span.metadata().name()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.push(format!("{} {fields}", event.metadata().level()));
    }

    fn enter(&self, _: &Id) {
        self.push(">".to_owned());
    }

    fn exit(&self, _: &Id) {
        self.push("<".to_owned());
    }
}

fn finished(reason: StopReason, attempts: u32) -> Event {
    let failed = reason != StopReason::Success;
    Event::CallFinished(CallFinished {
        site: "a",
        call: 7,
        attempts,
        reason,
        total: Some(Duration::from_millis(7200)),
        kind: failed.then_some(Kind::Transient),
        error: failed.then(|| "down".into()),
    })
}

/// One event of each kind, and its line.
fn examples() -> Vec<(Event, &'static str)> {
    let (site, call, attempt, limit) = ("a", 7, 1, Some(4));
    let (kind, error) = (Kind::Transient, "down");
    let change = Change::new("a", "max", "3", "5");
    let appeared = Change::new("a", "cap", "", "10s");
    vec![
        (
            Event::CallStarted(CallStarted { site, call, limit }),
            "TRACE call started call=7 event=\"call.started\" limit=4 site=\"a\"",
        ),
        (
            Event::AttemptStarted(AttemptStarted { site, call, attempt, limit }),
            "TRACE attempt started attempt=1 call=7 event=\"attempt.started\" limit=4 site=\"a\"",
        ),
        (
            Event::AttemptFinished(AttemptFinished {
                site,
                call,
                attempt,
                limit: None,
                duration: Some(Duration::from_millis(1500)),
                kind: Some(kind),
                error: Some(error.into()),
            }),
            "DEBUG attempt failed attempt=1 call=7 duration_s=1.5 error=\"down\" \
             event=\"attempt.finished\" kind=\"transient\" site=\"a\"",
        ),
        (
            Event::RetryScheduled(RetryScheduled {
                site,
                call,
                attempt,
                limit,
                delay: Delay { length: Duration::from_millis(1250), source: DelaySource::Hint },
                kind,
                error: error.into(),
            }),
            "WARN retry scheduled attempt=1 call=7 \
             delay_s=1.25 delay_source=\"hint\" error=\"down\" event=\"retry.scheduled\" \
             kind=\"transient\" limit=4 site=\"a\"",
        ),
        (
            Event::RetrySuppressed(RetrySuppressed {
                site,
                call,
                attempt,
                limit,
                reason: StopReason::RetryAfterTooLong,
                kind,
                error: error.into(),
                retry_after: Some(Duration::from_secs(90)),
            }),
            "DEBUG retry suppressed attempt=1 call=7 \
             error=\"down\" event=\"retry.suppressed\" kind=\"transient\" limit=4 \
             reason=\"retry-after too long\" retry_after_s=90.0 site=\"a\"",
        ),
        (
            finished(StopReason::Exhausted, 4),
            "WARN call failed attempts=4 call=7 duration_s=7.2 \
             error=\"down\" event=\"call.finished\" kind=\"transient\" reason=\"exhausted\" site=\"a\"",
        ),
        (
            Event::BreakerTransition(BreakerTransition {
                breaker: "payments".into(),
                from: Mode::Closed,
                to: Mode::Open,
                figures: Default::default(),
            }),
            "WARN the circuit breaker `payments` went from closed to open breaker=\"payments\" \
             event=\"breaker.transition\" from=\"closed\" to=\"open\"",
        ),
        (
            Event::BreakerRejected(BreakerRejected {
                breaker: "payments[eu]".to_owned().into(),
                mode: Mode::HalfOpen,
                retry_after: None,
            }),
            "DEBUG attempt refused by a circuit breaker breaker=\"payments[eu]\" event=\"breaker.rejected\" reason=\"half_open\"",
        ),
        (
            Event::BudgetExhausted(BudgetExhausted {
                site,
                available: 0.5,
                capacity: 10.0,
                cost: 1.0,
                wait: Some(Duration::from_secs(15)),
            }),
            "WARN the retry budget is spent: 0.5 of 10 tokens left, a retry costs 1: failures are returned \
             without a retry until calls succeed again; `budget(capacity = …)` allows more retries, \
             `budget = none` turns it off event=\"budget.exhausted\" retry_after_s=15.0 site=\"a\"",
        ),
        (
            Event::ConfigApplied(ConfigApplied {
                source: "retry.toml".into(),
                changes: [change, appeared].into(),
            }),
            "INFO configuration of retry.toml applied: a: max from 3 to 5, a: cap from nothing to 10s \
             changes=2 event=\"config.applied\"",
        ),
    ]
}

#[test]
fn every_event_is_emitted_with_its_fields_at_its_default_level() {
    let examples = examples();
    let kinds: Vec<EventKind> = examples.iter().map(|(event, _)| event.kind()).collect();
    assert_eq!(kinds, EventKind::ALL);
    for (event, line) in examples {
        assert_eq!(Capture::of(|| emit(&event)), [line]);
        let level = default_level(&event);
        assert!(
            level >= highest_level(event.kind()),
            "{event} is above what `is_enabled` asks for"
        );
    }
}

#[test]
fn an_outage_does_not_format_each_failure_twice_the_message_of_a_call_is_constant() {
    let of_calls = |event: &Event| event.call().is_some();
    for (event, _) in examples().into_iter().filter(|(event, _)| of_calls(event)) {
        assert!(matches!(message(&event), Cow::Borrowed(_)), "{event}");
    }
}

#[test]
fn a_first_try_success_is_a_trace_and_a_call_that_failed_after_retries_is_a_warning() {
    for (reason, attempts, level) in [
        (StopReason::Success, 1, Level::TRACE),
        (StopReason::Success, 2, Level::INFO),
        (StopReason::Permanent, 1, Level::DEBUG),
        (StopReason::Cancelled, 2, Level::DEBUG),
        (StopReason::CircuitOpen, 0, Level::DEBUG),
        (StopReason::CircuitOpen, 2, Level::WARN),
        (StopReason::Ambiguous, 1, Level::WARN),
        (StopReason::Budget, 1, Level::WARN),
    ] {
        assert_eq!(default_level(&finished(reason, attempts)), level, "{reason} after {attempts}");
    }
}

#[test]
fn a_level_that_is_set_applies_until_it_is_reset() {
    let (event, own) = examples().swap_remove(EventKind::BreakerRejected as usize);
    let emitted = || Capture::of(|| emit(&event));
    set_level(EventKind::BreakerRejected, Some(LevelFilter::ERROR));
    assert_eq!(emitted(), [own.replace("DEBUG", "ERROR")]);
    set_level(EventKind::BreakerRejected, Some(LevelFilter::OFF));
    assert_eq!(emitted(), [""; 0]);
    assert!(Capture::of(|| assert!(!is_enabled(EventKind::BreakerRejected))).is_empty());
    set_level(EventKind::BreakerRejected, None);
    assert_eq!(emitted(), [own]);
    Capture::of(|| assert!(is_enabled(EventKind::BreakerRejected)));
}

#[test]
fn an_event_that_no_subscriber_accepts_is_not_enabled() {
    subscriber::with_default(subscriber::NoSubscriber::default(), || {
        assert!(!is_enabled(EventKind::RetryScheduled));
    });
}

#[test]
fn a_subscriber_that_emits_events_itself_does_not_get_them() {
    struct Echo(Capture, Event);
    impl Subscriber for Echo {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &tracing::Event<'_>) {
            self.0.push("told".to_owned());
            emit(&self.1);
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }
    let (capture, event) = (Capture::default(), finished(StopReason::Budget, 1));
    subscriber::with_default(Echo(capture.clone(), event.clone()), || emit(&event));
    assert_eq!(*capture.0.lock().unwrap(), ["told"]);
}

#[test]
fn a_retry_runs_inside_its_span() {
    let lines = Capture::of(|| {
        let span = CallSpan::of("a", 7, 2, Some(4));
        {
            assert!(span.enter());
            tracing::info!(target: "retry_runtime", "from the body");
            span.leave();
        }
        assert!(span.enter());
        span.leave();
    });
    assert_eq!(
        lines,
        [
            "DEBUG span retry attempt=2 call=7 http.request.resend_count=1 limit=4 site=\"a\"",
            ">",
            "INFO from the body",
            "<",
            ">",
            "<",
        ]
    );
}

#[test]
fn the_attempt_of_a_task_runs_inside_a_span_with_its_identifier_even_if_it_panics() {
    let lines = Capture::of(|| {
        let span = CallSpan::of_task("a", CallId::from_u128(42), 2);
        span.scope(|| tracing::info!(target: "retry_runtime", "from the body"));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            span.scope(|| std::panic::resume_unwind(Box::new("on purpose")))
        }));
        assert!(panicked.is_err());
    });
    let task = "00000000-0000-0000-0000-00000000002a";
    let opened = format!("ERROR span task attempt=2 site=\"a\" task={task}");
    assert_eq!(lines, [&opened, ">", "INFO from the body", "<", ">", "<"]);
}
