//! The events of a call from its start to its end, for every way a call can end.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use retry_runtime::events::{self, Event, Events};
use retry_runtime::{Class, Classify, Interruption, Kind, StopReason, live, retryable};

#[derive(Clone, Debug)]
enum Error {
    Of(Kind),
    After(Duration),
    Interrupted(Interruption),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Of(kind) => write!(f, "{kind}"),
            Error::After(_) => f.write_str("slow down"),
            Error::Interrupted(interruption) => write!(f, "{interruption}"),
        }
    }
}

impl From<Interruption> for Error {
    fn from(interruption: Interruption) -> Self {
        Error::Interrupted(interruption)
    }
}

impl Classify for Error {
    fn classify(&self) -> Class {
        match self {
            Error::Of(kind) => (*kind).into(),
            Error::After(delay) => Class::from(Kind::Throttled).after(*delay),
            Error::Interrupted(interruption) => interruption.classify(),
        }
    }
}

/// The events of one function received so far.
fn received(stream: &mut Events, site: &str) -> Vec<Event> {
    std::iter::from_fn(|| stream.try_recv()).filter(|event| event.site() == Some(site)).collect()
}

/// The names of the events, with attempt numbers and reasons.
fn story(events: &[Event]) -> Vec<String> {
    let told = events.iter().map(|event| match event {
        Event::AttemptStarted(event) => format!("attempt.started {}", event.attempt),
        Event::AttemptFinished(event) => match event.kind {
            Some(kind) => format!("attempt.finished {} {kind}", event.attempt),
            None => format!("attempt.finished {}", event.attempt),
        },
        Event::RetryScheduled(event) => format!("retry.scheduled {}", event.attempt),
        Event::RetrySuppressed(event) => {
            format!("retry.suppressed {} {}", event.attempt, event.reason)
        }
        Event::CallFinished(event) => format!("call.finished {} {}", event.attempts, event.reason),
        other => other.name().to_owned(),
    });
    told.collect()
}

#[retryable(max = 3, base = "1s", jitter = none, attempt = attempt, name = "told::flaky")]
async fn flaky(failures: u32) -> Result<u32, Error> {
    if attempt.number() <= failures {
        Err(Error::Of(Kind::Transient))
    } else {
        Ok(attempt.number())
    }
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_call_share_one_call_id() {
    let mut stream = events::stream(10_000);
    flaky(0).await.unwrap();
    let at_once = received(&mut stream, "told::flaky");
    assert_eq!(
        story(&at_once),
        ["call.started", "attempt.started 1", "attempt.finished 1", "call.finished 1 success"]
    );
    assert!(at_once.iter().all(Event::is_routine), "{at_once:?}");
    flaky(1).await.unwrap();
    let retried = received(&mut stream, "told::flaky");
    assert_eq!(
        story(&retried),
        [
            "call.started",
            "attempt.started 1",
            "attempt.finished 1 transient",
            "retry.scheduled 1",
            "attempt.started 2",
            "attempt.finished 2",
            "call.finished 2 success",
        ]
    );
    let number = retried[0].call();
    assert!(number.is_some() && number != at_once[0].call());
    assert!(retried.iter().all(|event| event.call() == number), "{retried:?}");
    let Event::RetryScheduled(retry) = &retried[3] else { panic!("{:?}", retried[3]) };
    assert_eq!((retry.delay.length, retry.limit), (Duration::from_secs(1), Some(4)));
    assert_eq!(retry.error, "transient");
    let Some(Event::CallFinished(end)) = retried.last() else { panic!("no end") };
    assert_eq!(end.total, Some(Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_listener_for_retries_only_gets_no_events_of_first_try_successes() {
    let mut stream = events::stream_retries(10_000);
    #[retryable(max = 3, base = "1s", attempt = attempt, name = "told::alone")]
    async fn alone(failures: u32) -> Result<(), Error> {
        if attempt.number() <= failures { Err(Error::Of(Kind::Transient)) } else { Ok(()) }
    }
    alone(0).await.unwrap();
    assert_eq!(story(&received(&mut stream, "told::alone")), [""; 0]);
    alone(1).await.unwrap();
    assert_eq!(
        story(&received(&mut stream, "told::alone")),
        [
            "attempt.finished 1 transient",
            "retry.scheduled 1",
            "attempt.started 2",
            "attempt.finished 2",
            "call.finished 2 success",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn only_a_forbidden_retry_is_reported_as_suppressed_with_its_reason() {
    #[retryable(max = 1, base = "5s", jitter = none, deadline = "6s", clone(error), name = "told::suppressed")]
    async fn fails(error: Error) -> Result<(), Error> {
        Err(error)
    }
    let mut stream = events::stream_retries(10_000);
    let of = Error::Of;
    for (error, end) in [
        (of(Kind::Ambiguous), "ambiguous"),
        (of(Kind::Overloaded), "overloaded"),
        (Error::After(Duration::from_secs(90)), "retry-after too long"),
    ] {
        fails(error).await.unwrap_err();
        let story = story(&received(&mut stream, "told::suppressed"));
        let expected = [format!("retry.suppressed 1 {end}"), format!("call.finished 1 {end}")];
        assert_eq!(story[story.len() - 2..], expected);
    }
    fails(of(Kind::Permanent)).await.unwrap_err();
    assert_eq!(
        story(&received(&mut stream, "told::suppressed")),
        ["attempt.finished 1 permanent", "call.finished 1 permanent"]
    );
    fails(of(Kind::Transient)).await.unwrap_err();
    assert_eq!(
        story(&received(&mut stream, "told::suppressed"))[3..],
        ["attempt.finished 2 transient", "call.finished 2 exhausted"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_and_a_passed_deadline_suppress_retries_too() {
    #[retryable(
        max = 3, base = "1s", jitter = none, deadline = "5s", name = "told::limited",
        budget(capacity = 1, deposit = 0.0)
    )]
    async fn fails(run: Duration) -> Result<(), Error> {
        tokio::time::sleep(run).await;
        Err(Error::Of(Kind::Transient))
    }
    let mut stream = events::stream_retries(10_000);
    fails(Duration::from_millis(4500)).await.unwrap_err();
    assert_eq!(
        story(&received(&mut stream, "told::limited"))[1..],
        ["retry.suppressed 1 deadline", "call.finished 1 deadline"]
    );
    fails(Duration::ZERO).await.unwrap_err();
    let story = story(&received(&mut stream, "told::limited"));
    assert_eq!(
        story[story.len() - 3..],
        ["budget.exhausted", "retry.suppressed 2 budget", "call.finished 2 budget"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_breaker_reports_that_it_opened_and_refused_and_the_call_reports_its_end() {
    #[retryable(max = 3, base = "1s", jitter = none, breaker("told::breaker", consecutive = 1), name = "told::broken")]
    async fn fails() -> Result<(), Error> {
        Err(Error::Of(Kind::Transient))
    }
    let mut stream = events::stream_retries(10_000);
    let mut both = || {
        let all: Vec<Event> = std::iter::from_fn(|| stream.try_recv())
            .filter(|event| {
                event.site() == Some("told::broken")
                    || super::breaker_of(event) == Some("told::breaker")
            })
            .collect();
        story(&all)
    };
    fails().await.unwrap_err();
    assert_eq!(
        both(),
        [
            "breaker.transition",
            "attempt.finished 1 transient",
            "retry.suppressed 1 circuit open",
            "call.finished 1 circuit open",
        ]
    );
    fails().await.unwrap_err();
    assert_eq!(both(), ["breaker.rejected", "call.finished 0 circuit open"]);
    retry_runtime::breaker("told::breaker").unwrap().force_open();
    assert_eq!(both(), ["breaker.transition"]);
}

#[tokio::test(start_paused = true)]
async fn dropped_cancelled_and_panicking_calls_emit_an_end_event() {
    #[retryable(max = 3, base = "1h", cap = "1h", jitter = none, name = "told::cut")]
    async fn cut(how: u8) -> Result<(), Error> {
        match how {
            0 => poll_fn(|_| Poll::Pending).await,
            1 => Err(Error::Of(Kind::Transient)),
            _ => std::panic::resume_unwind(Box::new("on purpose")),
        }
    }
    let mut stream = events::stream(10_000);
    let poll = |how| {
        let mut call = pin!(cut(how));
        let mut cx = Context::from_waker(Waker::noop());
        let _ = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut cx).is_pending()));
    };
    for (how, expected) in [(0, 1), (1, 1), (2, 1)] {
        poll(how);
        let events = received(&mut stream, "told::cut");
        let Some(Event::CallFinished(end)) = events.last() else { panic!("{events:?}") };
        assert_eq!((end.attempts, end.reason), (expected, StopReason::Aborted), "{how}");
        let ends = events.iter().filter(|event| event.name() == "call.finished");
        assert_eq!(ends.count(), 1);
    }
    let call = tokio::spawn(cut(1));
    tokio::time::sleep(Duration::from_millis(1)).await;
    let waiting = live::calls().into_iter().find(|call| call.name() == "told::cut").unwrap();
    waiting.cancel();
    call.await.unwrap().unwrap_err();
    let events = received(&mut stream, "told::cut");
    assert_eq!(story(&events).last().unwrap(), "call.finished 1 cancelled");
    assert_eq!(
        events[0].call(),
        Some(waiting.id()),
        "events and the list of live calls use the same id"
    );
}

#[test]
fn across_threads_each_call_has_one_end_and_each_failure_one_outcome() {
    #[retryable(max = 2, base = "0s", attempt = attempt, budget = none, name = "told::many")]
    fn many(seed: u32) -> Result<(), Error> {
        let fails = seed.wrapping_mul(2_654_435_761).rotate_left(attempt.number() * 5) % 2 == 0;
        if fails { Err(Error::Of(Kind::Transient)) } else { Ok(()) }
    }
    const CALLS: u32 = 500;
    let _quiet = super::quiet();
    let mut stream = events::stream(100_000);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..CALLS).for_each(|call| drop(many(thread * CALLS + call))));
        }
    });
    let events = received(&mut stream, "told::many");
    assert_eq!(stream.dropped(), 0);
    let count = |name: &str| events.iter().filter(|event| event.name() == name).count();
    assert_eq!(count("call.started"), 4 * CALLS as usize);
    assert_eq!(count("call.finished"), 4 * CALLS as usize);
    assert_eq!(count("attempt.started"), count("attempt.finished"));
    assert_eq!(count("attempt.started"), count("call.started") + count("retry.scheduled"));
    let mut numbers: Vec<_> = events
        .iter()
        .filter(|event| event.name() == "call.finished")
        .filter_map(Event::call)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 4 * CALLS as usize, "each call has its own id");
}

#[test]
fn an_observer_may_make_retryable_calls_that_fail() {
    #[retryable(max = 1, base = "0s", on = any, name = "told::inside")]
    fn inside() -> Result<(), String> {
        Err("also down".into())
    }
    #[retryable(max = 1, base = "0s", on = any, name = "told::outside")]
    fn outside() -> Result<(), String> {
        Err("down".into())
    }
    let mut stream = events::stream_retries(10_000);
    let _guard = events::observe(|event| {
        if event.site() == Some("told::outside") {
            inside().unwrap_err();
        }
    });
    outside().unwrap_err();
    let inner = received(&mut stream, "told::inside");
    let ends = inner.iter().filter(|event| event.name() == "call.finished").count();
    assert_eq!(
        ends, 7,
        "one for each event of the outer call, and none for the calls of the observer"
    );
}
