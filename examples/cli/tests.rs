//! The requirements, one test each, against a server on loopback.

use indicatif::{InMemoryTerm, ProgressDrawTarget};
use retry_examples::lab::alone_async;
use retry_examples::line_server::{LineServer, Reply};
use retry_runtime::{Backoff, Jitter, Policy, live};

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn tool(server: &LineServer, at_once: usize) -> Tool {
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
    Tool { server: server.address(), at_once, timeout: MINUTE, bars }
}

fn settings(text: &str) -> Settings {
    let settings: Settings = serde_json::from_str(text).expect("good settings");
    settings.apply().expect("good settings");
    settings
}

async fn run(items: &[&str]) -> (Vec<String>, LineServer) {
    let server = tour::server().await.expect("a port");
    let sizes = fetch_all(&tool(&server, 4), items, std::future::pending()).await;
    let lines = sizes.into_iter().map(|size| match size {
        Ok(size) => size.to_string(),
        Err(error) => error.to_string(),
    });
    (lines.collect(), server)
}

#[test]
fn the_settings_are_the_tools_own() {
    alone_async(true, async || {
        settings(r#"{ "retry_max": 5, "retry_delay_ms": 10, "timeout_secs": 9 }"#);
        let (lines, server) = run(&["dead"]).await;
        assert_eq!(lines, ["gave up after 6 attempts: unexpected end of file"]);
        assert_eq!(server.seen().lines.len(), 6);
        let explained = retry_config::explain("cli::fetch").expect("the function is linked in");
        assert_eq!(explained.get("base").expect("set").value, "10ms");
        let wrong = r#"{ "retry_max": 5, "retry_delay": 10, "timeout_secs": 9 }"#;
        assert!(serde_json::from_str::<Settings>(wrong).is_err());
    });
}

#[test]
fn without_settings_the_delays_are_exponential_with_jitter_from_1_s_to_30_s() {
    alone_async(true, async || {
        let explained = retry_config::explain("cli::fetch").expect("the function is linked in");
        let value =
            |name| explained.get(name).expect("every operation has this setting").value.clone();
        assert_eq!([value("max"), value("base"), value("cap")], ["3", "1s", "30s"]);
        assert_eq!([value("backoff"), value("jitter")], ["exponential", "full"]);
        let seconds = Duration::from_secs;
        let policy = Policy::new().max(7).backoff(Backoff::Exponential).jitter(Jitter::Full);
        let longest = policy.schedule().map(|delay| delay.longest);
        assert!(longest.eq([1, 2, 4, 8, 16, 30, 30].map(seconds)));
    });
}

#[test]
fn the_overall_timeout_cancels_everything_cleanly() {
    alone_async(true, async || {
        settings(r#"{ "retry_max": 100, "retry_delay_ms": 30000, "timeout_secs": 60 }"#);
        let started = tokio::time::Instant::now();
        let (lines, _server) = run(&["a", "slow", "dead"]).await;
        assert_eq!(
            lines,
            ["100", "cancelled (timed out after 60s)", "cancelled (timed out after 60s)"]
        );
        assert!(started.elapsed() < MINUTE + Duration::from_millis(10));
        assert_eq!(live::count(), 0);
    });
}

#[test]
fn ctrl_c_ends_a_sleep_and_an_attempt_at_once_and_the_bars_show_them() {
    alone_async(false, async || {
        settings(r#"{ "retry_max": 3, "retry_delay_ms": 30000, "timeout_secs": 60 }"#);
        let server = tour::server().await.expect("a port");
        let screen = InMemoryTerm::new(10, 120);
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let bars = MultiProgress::with_draw_target(target);
        let tool = Tool { bars, ..tool(&server, 4) };
        let started = tokio::time::Instant::now();
        let seen = async {
            // The first pause may be too short to be seen, but not all three.
            let waiting =
                |line: &str| line.contains("cli::fetch: attempt ") && line.contains(" of 4 in ");
            while !screen.contents().lines().any(waiting) {
                assert!(started.elapsed() < MINUTE, "{}", screen.contents());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (tour::press_when_waiting().await, tokio::time::Instant::now())
        };
        let items = ["slow", "dead"];
        let (sizes, (pressed, at)) = tokio::join!(fetch_all(&tool, &items, ctrl_c()), seen);
        pressed.expect("the signal is sent");
        assert!(at.elapsed() < Duration::from_secs(30), "{:?}", at.elapsed());
        let results = sizes.iter().map(|size| size.as_ref().map_err(ToString::to_string));
        let cancelled = || Err("cancelled (ctrl-c)".to_owned());
        assert!(results.eq([cancelled(), cancelled()]));
        assert!(screen.contents().contains("2/2"), "{}", screen.contents());
    });
}

#[test]
fn cancelled_gave_up_and_failed_are_different_errors_and_exit_codes() {
    let gave_up = || ToolError::GaveUp { attempts: 3, last: FetchError::Protocol("?".into()) };
    let cancelled = |cause| Err(ToolError::Cancelled(cause));
    assert_eq!(exit_code(&vec![Ok(1), Ok(2)]), 0);
    assert_eq!(exit_code(&vec![Ok(1), Err(gave_up())]), 1);
    assert_eq!(exit_code(&vec![Err(gave_up()), cancelled(Cause::Timeout(MINUTE))]), 124);
    assert_eq!(exit_code(&vec![Err(gave_up()), cancelled(Cause::Interrupt)]), 130);
}

#[test]
fn invalid_json_and_protocol_errors_are_never_retried() {
    alone_async(true, async || {
        let (lines, server) = run(&["text", "old"]).await;
        assert!(lines[0].starts_with("the response is not JSON: "), "{lines:?}");
        assert!(lines[1].starts_with("the response does not follow the protocol: "), "{lines:?}");
        assert_eq!(server.seen().lines.len(), 2);
    });
}

#[test]
fn a_call_that_waits_to_retry_holds_no_slot() {
    alone_async(true, async || {
        let server = LineServer::start(|item, before| match (item, before) {
            ("first", 0) => Reply::HangUp,
            _ => Reply::line(format!(r#"{{"version": 1, "item": "{item}", "size": 7}}"#)),
        });
        let server = server.await.expect("a port");
        settings(r#"{ "retry_max": 3, "retry_delay_ms": 30000, "timeout_secs": 60 }"#);
        let items = ["first", "second", "third"];
        let sizes = fetch_all(&tool(&server, 1), &items, std::future::pending()).await;
        assert!(sizes.iter().all(Result::is_ok));
        assert_eq!(server.seen().lines, ["first", "second", "third", "first"]);
        assert_eq!(server.seen().at_once, 1);
    });
}

#[test]
fn the_demonstration_passes_its_checks() {
    alone_async(false, async || {
        let mut checks = Checks::default();
        tour::all(&mut checks).await.expect("a port");
        assert_eq!(checks.failed(), [""; 0]);
    });
}
