//! An outage under a `tracing` subscriber: a function writes ten events of a kind in a second, counts the others, and tells
//! how many they were.

use std::time::Duration;

use retry_runtime::events::{self, EventKind};
use retry_runtime::retryable;
use tokio::runtime::Builder;
use tokio::time::advance;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::capture::Capture;
use super::quiet;

const SECOND: Duration = Duration::from_secs(1);

/// Records the name of each event and what it says of those that were left out.
fn capture() -> Capture {
    Capture::new(&["event", "site", "suppressed"])
}

/// Runs a test on a paused clock, with a subscriber, and not beside tests whose queue its events would overflow.
fn heard(test: impl AsyncFnOnce(Capture)) {
    let (capture, _quiet) = (capture(), quiet());
    let _listening = capture.listen();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(test(capture.clone()));
}

/// The number of lines about events of this name, and the numbers of events that they tell.
fn of(lines: &[String], level: &str, event: &str) -> (usize, Vec<usize>) {
    let start = format!("{level} \"{event}\" ");
    let lines: Vec<_> = lines.iter().filter(|line| line.starts_with(&start)).collect();
    let told = lines.iter().filter_map(|line| line.rsplit(' ').next()?.parse().ok());
    (lines.len(), told.collect())
}

/// A function of its own for a test, which fails as long as `fails` says so.
macro_rules! function {
    ($name:ident, $site:literal) => {
        #[retryable(max = 3, base = "0s", on = any, budget = none, name = $site)]
        async fn $name(fails: bool) -> Result<(), String> {
            if fails { Err("down".into()) } else { Ok(()) }
        }
    };
}

#[test]
fn a_storm_of_failures_does_not_flood_the_log_and_no_event_is_lost_silently() {
    heard(async |capture| {
        function!(call, "storm::flood");
        for _ in 0..1_000 {
            call(true).await.unwrap_err();
        }
        let lines = capture.take();
        assert_eq!(of(&lines, "WARN", "retry.scheduled"), (10, vec![]));
        assert_eq!(of(&lines, "WARN", "call.finished"), (10, vec![]));
        advance(SECOND).await;
        // The next call tells the numbers before anything happens to it, and its own events are written.
        call(true).await.unwrap_err();
        let lines = capture.take();
        assert_eq!(of(&lines, "WARN", "retry.scheduled"), (1 + 3, vec![2_990]));
        assert_eq!(of(&lines, "WARN", "call.finished"), (1 + 1, vec![990]));
        advance(SECOND).await;
        call(true).await.unwrap_err();
        assert_eq!(of(&capture.take(), "WARN", "call.finished"), (1, vec![]), "told once");
    });
}

#[test]
fn the_events_left_out_are_told_also_when_the_outage_is_over() {
    heard(async |capture| {
        function!(call, "storm::over");
        for _ in 0..12 {
            call(true).await.unwrap_err();
        }
        capture.take();
        call(false).await.unwrap();
        assert_eq!(of(&capture.take(), "WARN", "call.finished"), (0, vec![]), "the second goes on");
        advance(SECOND).await;
        call(false).await.unwrap();
        let lines = capture.take();
        assert_eq!(of(&lines, "WARN", "call.finished"), (1, vec![2]));
        assert_eq!(of(&lines, "WARN", "retry.scheduled"), (1, vec![26]));
        call(false).await.unwrap();
        assert_eq!(of(&capture.take(), "WARN", "call.finished"), (0, vec![]));
    });
}

#[test]
fn the_next_event_that_is_written_tells_how_many_were_left_out_before() {
    heard(async |capture| {
        #[retryable(max = 20, base = "0s", on = any, budget = none, attempt = attempt, name = "storm::next")]
        async fn call() -> Result<(), String> {
            if attempt.number() == 15 {
                advance(SECOND).await;
            }
            Err("down".into())
        }
        call().await.unwrap_err();
        let lines = capture.take();
        assert_eq!(of(&lines, "WARN", "retry.scheduled"), (16, vec![4]));
    });
}

#[test]
fn one_functions_storm_hides_no_event_of_another_nor_failures_behind_successes() {
    heard(async |capture| {
        function!(storm, "storm::loud");
        function!(other, "storm::silent");
        #[retryable(max = 1, base = "0s", on = any, budget = none, attempt = attempt, name = "storm::recovers")]
        async fn recovers(fails: bool) -> Result<(), String> {
            if fails || attempt.number() == 1 { Err("down".into()) } else { Ok(()) }
        }
        for _ in 0..20 {
            storm(true).await.unwrap_err();
            recovers(false).await.unwrap();
        }
        capture.take();
        other(true).await.unwrap_err();
        recovers(true).await.unwrap_err();
        let lines = capture.take();
        assert_eq!(of(&lines, "WARN", "retry.scheduled"), (3, vec![]));
        assert_eq!(of(&lines, "WARN", "call.finished"), (2, vec![]));
        advance(SECOND).await;
        recovers(false).await.unwrap();
        assert_eq!(of(&capture.take(), "INFO", "call.finished"), (2, vec![10]));
    });
}

#[test]
fn whoever_turns_on_debug_gets_every_event_and_a_rate_that_is_set_holds_at_every_level() {
    heard(async |capture| {
        function!(call, "storm::debug");
        let storm = async || {
            for _ in 0..10 {
                call(true).await.unwrap_err();
            }
            let lines = capture.take();
            advance(2 * SECOND).await;
            call(false).await.unwrap();
            capture.take();
            of(&lines, "DEBUG", "attempt.finished")
        };
        assert_eq!(storm().await, (40, vec![]));
        events::set_rate(EventKind::AttemptFinished, 3);
        assert_eq!(storm().await, (3, vec![]));
        events::set_rate(EventKind::AttemptFinished, None);
        assert_eq!(storm().await, (40, vec![]));
        events::set_rate(EventKind::AttemptFinished, 0);
        assert_eq!(storm().await, (0, vec![]));
        events::reset_rate(EventKind::AttemptFinished);
        assert_eq!(storm().await, (40, vec![]));
    });
}

#[test]
fn streams_counts_and_the_history_of_a_storm_are_complete() {
    heard(async |capture| {
        function!(call, "storm::complete");
        let mut stream = events::stream_retries(100_000);
        for _ in 0..100 {
            call(true).await.unwrap_err();
        }
        assert_eq!(of(&capture.take(), "WARN", "call.finished"), (10, vec![]));
        let events: Vec<_> = std::iter::from_fn(|| stream.try_recv())
            .filter(|event| event.site() == Some("storm::complete"))
            .collect();
        let number = |kind| events.iter().filter(|event| event.kind() == kind).count();
        assert_eq!(number(EventKind::RetryScheduled), 300);
        assert_eq!(number(EventKind::CallFinished), 100);
        let stats = retry_runtime::stats("storm::complete").unwrap();
        assert_eq!((stats.calls(), stats.attempts), (100, 400));
        assert_eq!(retry_runtime::history("storm::complete").unwrap().len(), 32);
    });
}

#[test]
fn an_event_that_the_subscriber_does_not_want_takes_no_place_and_is_not_counted() {
    heard(async |capture| {
        function!(call, "storm::unwanted");
        events::set_level(EventKind::CallFinished, LevelFilter::OFF);
        for _ in 0..20 {
            call(true).await.unwrap_err();
        }
        capture.take();
        events::set_level(EventKind::CallFinished, Level::ERROR);
        call(true).await.unwrap_err();
        events::reset_level(EventKind::CallFinished);
        assert_eq!(of(&capture.take(), "ERROR", "call.finished"), (1, vec![]));
    });
}

#[test]
fn refusals_of_breakers_that_are_made_warnings_do_not_flood_the_log_either() {
    heard(async |capture| {
        let breaker = super::TestBreaker::new("storm::refuses");
        breaker.open();
        capture.take();
        events::set_level(EventKind::BreakerRejected, Level::WARN);
        for _ in 0..25 {
            breaker.refuse();
        }
        let lines = capture.take();
        advance(SECOND).await;
        breaker.refuse();
        events::reset_level(EventKind::BreakerRejected);
        assert_eq!(of(&lines, "WARN", "breaker.rejected"), (10, vec![]));
        assert_eq!(of(&capture.take(), "WARN", "breaker.rejected"), (1, vec![15]));
    });
}
