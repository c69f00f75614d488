//! The requirements, one test each; sleeps take no time.

use std::cell::Cell;

use retry_examples::lab::alone;
use retry_testing as testing;

use super::tour::{LeaderLost, fails, rates};
use super::*;

const REAL: &str = r#"{ "retry": {
    "max_retries": 3, "backoff_multiplier": 2, "initial_delay_ms": 1000, "max_delay_ms": 30000
} }"#;

fn managed(test: impl FnOnce(Manager)) {
    alone(|| {
        let _time = testing::scope();
        test(Manager::new(REAL).expect("good settings"));
    });
}

/// The number of attempts at an operation that always fails with this error.
fn attempts<E: Into<Cause>>(manager: &Manager, error: impl Fn() -> E) -> usize {
    let before = manager.history("test").len();
    assert!(manager.execute("test", || Err::<(), _>(error())).is_err());
    manager.history("test").len() - before
}

#[test]
fn attempts_start_at_once_and_after_1_2_and_4_seconds() {
    managed(|manager| {
        assert_eq!(attempts(&manager, || io::Error::from(io::ErrorKind::ConnectionRefused)), 4);
        let history = manager.history("test");
        let first = history[0].timestamp;
        let at = |entry: &Entry| entry.timestamp.duration_since(first).expect("in order");
        let seconds: Vec<_> = history.iter().map(|entry| at(entry).as_secs_f64()).collect();
        let expected = [0.0, 1.0, 3.0, 7.0];
        for (found, expected) in seconds.iter().zip(expected) {
            assert!((found - expected).abs() < 0.1, "{seconds:?}");
        }
    });
}

#[test]
fn retries_multiplier_first_and_longest_delay_are_settings() {
    alone(|| {
        let settings = r#"{ "retry": { "max_retries": 5, "backoff_multiplier": 3,
            "initial_delay_ms": 100, "max_delay": "2s" } }"#;
        let manager = Manager::new(settings).expect("good");
        let longest = manager.policy.schedule().map(|delay| delay.longest.as_millis());
        assert_eq!(longest.collect::<Vec<_>>(), [100, 300, 900, 2000, 2000]);
        let wrong = SETTINGS.replace("backoff_multiplier", "backof_multiplier");
        assert!(Manager::new(&wrong).is_err());
    });
}

#[test]
fn transient_errors_are_recognised_by_type_and_by_message() {
    managed(|manager| {
        assert_eq!(attempts(&manager, || io::Error::from(io::ErrorKind::ConnectionRefused)), 4);
        assert_eq!(attempts(&manager, || io::Error::other("refused, of no known kind")), 1);
        assert_eq!(attempts(&manager, || "connection refused"), 4);
        assert_eq!(attempts(&manager, || "the printer is Temporarily Unavailable"), 4);
        assert_eq!(attempts(&manager, || "no such account"), 1);
    });
}

#[test]
fn missing_files_and_denied_permissions_are_not_transient() {
    managed(|manager| {
        assert_eq!(attempts(&manager, || io::Error::from(io::ErrorKind::NotFound)), 1);
        assert_eq!(attempts(&manager, || io::Error::from(io::ErrorKind::PermissionDenied)), 1);
    });
}

#[test]
fn an_ambiguous_failure_is_retried_only_if_the_caller_declares_it_safe() {
    managed(|manager| {
        let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(attempts(&manager, reset), 1);
        assert!(manager.execute_idempotent("again", || Err::<(), _>(reset())).is_err());
        assert_eq!(manager.history("again").len(), 4);
    });
}

#[test]
fn registered_error_types_are_transient_also_as_a_cause() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot vote")]
    struct Wrapped(#[source] LeaderLost);
    managed(|manager| {
        assert_eq!(attempts(&manager, || LeaderLost), 1);
        let manager = manager.retry_on::<LeaderLost>();
        assert_eq!(attempts(&manager, || LeaderLost), 4);
        assert_eq!(attempts(&manager, || Wrapped(LeaderLost)), 4);
    });
}

#[test]
fn the_history_has_number_delay_error_success_and_time_of_each_attempt() {
    managed(|manager| {
        let busy = Cell::new(1);
        manager.execute("vote", || fails(&busy, || "connection refused")).expect("the second time");
        manager.execute("other", || Ok::<_, LeaderLost>(())).expect("at once");
        let history = manager.history("vote");
        let [first, second] = &history[..] else { panic!("{history:?}") };
        assert_eq!((first.attempt, second.attempt), (1, 2));
        assert_eq!((first.delay, second.delay), (Some(Duration::from_secs(1)), None));
        assert_eq!((first.error.as_deref(), &second.error), (Some("connection refused"), &None));
        assert_eq!((first.success, second.success), (false, true));
        let between = second.timestamp.duration_since(first.timestamp).expect("in order");
        assert!(between >= Duration::from_secs(1));
        assert_eq!(manager.history("other").len(), 1);
    });
}

#[test]
fn statistics_cover_annotated_and_other_operations_until_they_are_cleared() {
    managed(|manager| {
        rates(&Cell::new(2)).expect("the third time");
        rates(&Cell::new(0)).expect("at once");
        assert_eq!(attempts(&manager, || "connection refused"), 4);
        assert_eq!(attempts(&manager, || "no such account"), 1);
        let all = manager.statistics();
        assert_eq!((all.calls(), all.first_try, all.after_retry, all.failed), (4, 1, 1, 2));
        assert_eq!((all.attempts, all.retries(), all.failures.transient), (9, 5, 6));
        assert_eq!(manager.history("rates").len(), 3);
        manager.clear();
        assert_eq!(manager.statistics().calls(), 0);
        assert!(manager.history("rates").is_empty() && manager.history("test").is_empty());
    });
}

#[test]
fn the_error_handler_delegates_and_reports_the_outcome() {
    managed(|manager| {
        let handler = ErrorHandler(&manager);
        let busy = Cell::new(2);
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(handler.handle("load", || fails(&busy, refused)), Ok(()));
        assert_eq!(manager.history("load").len(), 3);
        let message = |kind: io::ErrorKind| {
            handler.handle("save", || Err::<(), _>(kind.into())).expect_err("the operation fails")
        };
        assert!(message(io::ErrorKind::NotFound).starts_with("save failed: "));
        assert!(message(io::ErrorKind::TimedOut).starts_with("save may have taken effect"));
        assert!(message(io::ErrorKind::ConnectionRefused).starts_with("save failed temporarily"));
    });
}

#[test]
fn the_demonstration_passes_its_checks() {
    managed(|_| {
        let manager = Manager::new(SETTINGS).expect("good").retry_on::<LeaderLost>();
        let mut checks = Checks::default();
        tour::all(&manager, &mut checks);
        assert_eq!(checks.failed(), [""; 0]);
    });
}
