//! The requirements, one test each: on a stand-in with tokio's paused clock, then on a real daemon.

use std::sync::{Arc, Mutex};

use retry_examples::lab::{Scratch, alone_async};
use retry_runtime::{StopReason, events, observe, stats};

use super::orders::Orders;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn on_stand_in(test: impl AsyncFnOnce(Daemon, Arc<Client>)) {
    alone_async(true, async || {
        let daemon = Daemon::stand_in().await.expect("a socket");
        let client = Arc::new(Client::new(daemon.socket()));
        test(daemon, client).await;
    });
}

#[test]
fn the_list_waits_for_a_daemon_that_is_briefly_away() {
    on_stand_in(async |mut daemon, client| {
        daemon.stop().await.expect("the daemon is running");
        let back = async {
            // Before the last attempt, however short the jitter makes the pauses.
            let mut changes = live::watch();
            while live::calls().iter().all(|call| call.attempt() < 2) {
                changes.changed().await;
            }
            daemon.start_again().await
        };
        let ((list, report), back) = tokio::join!(observe(client.list()), back);
        back.expect("the daemon starts");
        assert_eq!(list.expect("the daemon answers"), 0);
        assert_eq!(report.attempts_made(), 3);
    });
}

#[test]
fn there_are_three_attempts_with_doubling_backoff() {
    let longest: Vec<_> = PATIENCE.schedule().map(|delay| delay.longest.as_millis()).collect();
    assert_eq!(longest, [500, 1000]);
    on_stand_in(async |mut daemon, client| {
        daemon.kill().await.expect("the daemon is running");
        let error = client.list().await.expect_err("the daemon is away");
        assert_eq!(error.report().attempts_made(), 3);
        let delays: Vec<_> = error.report().delays().collect();
        assert!(delays[0] <= SECOND / 2 && delays[1] <= SECOND, "{delays:?}");
    });
}

#[test]
fn the_number_of_attempts_is_set_for_each_kind_of_operation() {
    on_stand_in(async |mut daemon, client| {
        daemon.kill().await.expect("the daemon is running");
        let settings = "[op.\"docker::pull\"]\nattempts = 6\n[op.\"docker::start\"]\nmax = 0";
        retry_config::apply(Config::from_toml(settings).expect("good")).expect("good");
        let (list, pull, start) = (
            client.list().await,
            pull("tea".into(), &client).await,
            start("db".into(), &client).await,
        );
        let made = |error: RetryError<DockerError>| error.report().attempts_made();
        assert_eq!(made(pull.expect_err("the daemon is away")), 6);
        assert_eq!(made(start.expect_err("the daemon is away")), 1);
        assert_eq!(made(list.expect_err("the daemon is away")), 3);
    });
}

#[test]
fn no_call_takes_more_than_thirty_seconds() {
    on_stand_in(async |mut daemon, client| {
        daemon.pause().await.expect("the daemon is running");
        let settings = "[op.\"docker::start\"]\nattempts = 1000\nbreaker = \"none\"";
        retry_config::apply(Config::from_toml(settings).expect("good")).expect("good");
        let started = tokio::time::Instant::now();
        let error = start("db".into(), &client).await.expect_err("the daemon hangs");
        assert!(started.elapsed() <= 30 * SECOND, "{:?}", started.elapsed());
        assert_eq!(error.reason(), StopReason::Deadline);
    });
}

#[test]
fn the_user_sees_a_retry_can_cancel_it_and_can_retry_manually() {
    on_stand_in(async |mut daemon, client| {
        daemon.kill().await.expect("the daemon is running");
        let mut changes = live::watch();
        let call = tokio::spawn({
            let client = Arc::clone(&client);
            async move { start("db".into(), &client).await }
        });
        changes.changed().await;
        let call_shown = live_calls().next().expect("a line for the call");
        let line = call_shown.to_string();
        assert!(line.starts_with("docker::start: attempt 2 of 3 in "), "{line}");
        assert!(
            line.ends_with(", after: cannot reach the daemon: Connection refused (os error 111)")
        );
        assert_eq!(call_shown.cancel(), live::Answer::Done);
        let error = call.await.expect("no panic").expect_err("the call is cancelled");
        assert_eq!(error.reason(), StopReason::Cancelled);
        let help = help(&error);
        assert!(help.contains(": the call was cancelled; before that: cannot reach"), "{help}");
        assert!(help.ends_with(": press Retry to continue"), "{help}");
        assert_eq!(live_calls().count(), 0);
        daemon.start_again().await.expect("the daemon starts");
        retry_manually(client.list()).await.expect("the daemon answers");
    });
}

#[test]
fn the_breaker_stops_endless_retries_and_a_manual_retry_gets_through() {
    on_stand_in(async |mut daemon, client| {
        daemon.kill().await.expect("the daemon is running");
        for _ in 0..4 {
            assert_eq!(
                client.list().await.expect_err("the daemon is away").report().attempts_made(),
                3
            );
        }
        // The other operations share the breaker, since they share the daemon.
        let error = pull("tea".into(), &client).await.expect_err("the breaker refuses");
        assert_eq!((error.report().attempts_made(), error.reason()), (0, StopReason::CircuitOpen));
        daemon.start_again().await.expect("the daemon starts");
        assert!(client.list().await.is_err());
        assert!(retry_manually(client.list()).await.is_ok());
        assert!(client.list().await.is_ok());
    });
}

#[test]
fn attempts_are_logged_and_counted() {
    on_stand_in(async |mut daemon, client| {
        daemon.kill().await.expect("the daemon is running");
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let _guard = events::observe_retries(move |event| {
            lines.lock().expect("no panic").push(format!("{}: {event}", event.name()));
        });
        client.list().await.expect_err("the daemon is away");
        let log = log.lock().expect("no panic");
        let retries = log.iter().filter(|line| line.starts_with("retry.scheduled")).count();
        assert_eq!(retries, 2, "{log:?}");
        let list = stats("docker::list").expect("the function is linked in");
        assert_eq!((list.calls(), list.attempts, list.failures.transient), (1, 3, 3));
    });
}

#[test]
fn the_final_error_says_what_happened_and_what_to_do_about_it() {
    on_stand_in(async |mut daemon, client| {
        let help_after = async |client: &Client| {
            help(&start("db".into(), client).await.expect_err("the call fails"))
        };
        let error = help_after(&client).await;
        assert!(error.ends_with("(permanent): No such container: db: check the name in the list"));
        daemon.pause().await.expect("the daemon is running");
        let error = help_after(&client).await;
        assert!(
            error.ends_with("Docker is running but does not answer; restart it if this persists")
        );
        daemon.kill().await.expect("the daemon is running");
        let error = help_after(&client).await;
        assert!(error.starts_with("gave up after 3 attempts in "), "{error}");
        let refused =
            "(exhausted): cannot reach the daemon: Connection refused (os error 111): start Docker";
        assert!(error.contains(refused), "{error}");
    });
}

#[test]
fn messages_of_a_registry_are_classified() {
    let kind = |text: &str| {
        let error = text.to_owned();
        DockerError::from(Bollard::DockerStreamError { error }).classify().kind
    };
    assert_eq!(kind("toomanyrequests: You have reached your pull rate limit"), Kind::Throttled);
    assert_eq!(kind("dial tcp: lookup registry: i/o timeout"), Kind::Ambiguous);
    assert_eq!(kind("manifest unknown"), Kind::Permanent);
}

#[test]
fn a_real_daemon_is_killed_stopped_paused_and_started_again() {
    alone_async(false, async || {
        retry_config::apply(Config::from_toml(SETTINGS).expect("good")).expect("good");
        let mut daemon = Daemon::start().await.expect("a daemon");
        let mut checks = Checks::default();
        tour::all(&mut daemon, &mut checks).await.expect("the daemon can be controlled");
        assert_eq!(checks.failed(), [""; 0]);
    });
}

#[test]
fn a_stand_in_behaves_like_a_real_daemon() {
    on_stand_in(async |mut daemon, _| {
        retry_config::apply(Config::from_toml(SETTINGS).expect("good")).expect("good");
        let mut checks = Checks::default();
        tour::all(&mut daemon, &mut checks).await.expect("the stand-in can be controlled");
        assert_eq!(checks.failed(), [""; 0]);
    });
}

/// Not a test: the process that [`restarted`] kills.
#[test]
#[ignore = "started by other tests"]
fn first_life() {
    if restart::is_first_life() {
        alone_async(false, async || {
            retry_config::apply(Config::from_toml(SETTINGS).expect("good")).expect("good");
            restart::first_life().await.expect("the process runs until it is killed");
        });
    }
}

/// Kills the app and starts it again, with this daemon.
async fn restarted(daemon: &mut Daemon) {
    retry_config::apply(Config::from_toml(SETTINGS).expect("good")).expect("good");
    let mut command = Command::new(std::env::current_exe().expect("the test's own file"));
    command.args(["tests::first_life", "--exact", "--ignored"]);
    let mut checks = Checks::default();
    restart::all(daemon, &mut checks, &mut command).await.expect("every step can be carried out");
    assert_eq!(checks.failed(), [""; 0]);
}

#[test]
fn a_failed_order_is_offered_for_retry_after_the_app_was_killed() {
    alone_async(false, async || {
        restarted(&mut Daemon::stand_in().await.expect("a socket")).await;
    });
}

#[test]
fn a_failed_order_is_offered_for_retry_with_a_real_daemon_too() {
    alone_async(false, async || {
        restarted(&mut Daemon::start().await.expect("a daemon")).await;
    });
}

/// Runs a test with a temporary orders file and a stand-in for the daemon.
fn with_orders(test: impl AsyncFnOnce(Daemon, &std::path::Path)) {
    alone_async(false, async || {
        retry_config::apply(Config::from_toml(SETTINGS).expect("good")).expect("good");
        let folder = Scratch::new().expect("a folder");
        let daemon = Daemon::stand_in().await.expect("a socket");
        test(daemon, &folder.file("orders.db")).await;
    });
}

#[test]
fn every_operation_can_be_ordered_and_the_window_shows_its_outcome() {
    with_orders(async |daemon, file| {
        let orders = Orders::open(file, &Client::new(daemon.socket())).expect("a new file");
        let made = orders.order(volume::task("tea".into())).await.expect("stored");
        assert_eq!(orders.ended(made).await.expect("there").result, Some("/volumes/tea".into()));
        let started = orders.order(start::task("db".into())).await.expect("stored");
        orders.ended(started).await.expect("there");
        let pulled = orders.order(pull::task("tea".into())).await.expect("stored");
        orders.ended(pulled).await.expect("there");
        let failed = orders.failed().await.expect("listed");
        let lines: Vec<String> = failed.iter().map(orders::line).collect();
        let expected =
            r#"docker::start "db": failed (permanent) after 1 attempt: No such container: db"#;
        assert_eq!((lines.len(), lines[1].as_str()), (2, expected), "the newest order is first");
        orders.close().await;
    });
}

#[test]
fn an_order_pending_when_the_app_closes_continues_when_it_opens_again() {
    with_orders(async |mut daemon, file| {
        daemon.stop().await.expect("the daemon is running");
        let orders = Orders::open(file, &Client::new(daemon.socket())).expect("a new file");
        let id = orders.order(volume::task("tea".into()).delay(2 * SECOND)).await.expect("stored");
        orders.close().await;
        daemon.start_again().await.expect("the daemon starts");
        let orders = Orders::open(file, &Client::new(daemon.socket())).expect("the same file");
        let info = orders.ended(id).await.expect("there");
        assert_eq!((info.state.name(), info.attempts().len()), ("complete", 1));
        orders.close().await;
    });
}
