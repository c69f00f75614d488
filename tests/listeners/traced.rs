//! The `tracing` events and spans of calls.

use retry_runtime::{events, retryable};

use super::capture::Capture;

fn lines_of(work: impl FnOnce()) -> Vec<String> {
    // Spans of first attempts would be lines of other tests.
    let _quiet = super::quiet();
    let capture = Capture::new(&["message"]);
    let _listening = capture.listen();
    work();
    capture.take()
}

#[retryable(max = 1, base = "0s", on = any, attempt = attempt, name = "traced::flaky")]
fn flaky(failures: u32) -> Result<(), String> {
    tracing::info!("body");
    if attempt.number() <= failures { Err("down".into()) } else { Ok(()) }
}

#[test]
fn a_retried_call_is_logged_and_its_later_attempts_run_in_a_span() {
    let mut lines = lines_of(|| flaky(1).unwrap());
    // There are more lines while another test listens.
    lines.retain(|line| !line.starts_with("TRACE"));
    assert_eq!(
        lines,
        [
            "INFO body",
            "DEBUG attempt failed",
            "WARN retry scheduled",
            "span retry",
            ">",
            "INFO body",
            "<",
            "INFO call succeeded",
        ]
    );
}

#[test]
fn a_first_try_success_logs_nothing_above_trace() {
    let lines = lines_of(|| flaky(0).unwrap());
    let above = lines.iter().filter(|line| !line.starts_with("TRACE"));
    assert_eq!(above.collect::<Vec<_>>(), ["INFO body"]);
}

#[test]
fn first_try_successes_are_traced_on_request() {
    let _tracing = events::trace_successes();
    let lines = lines_of(|| flaky(0).unwrap());
    let expected = [
        "TRACE call started",
        "TRACE attempt started",
        "INFO body",
        "TRACE attempt succeeded",
        "TRACE call succeeded",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_first_attempt_has_a_span_only_on_request() {
    let spans = |failures, is_asked: bool| {
        let mut lines = lines_of(|| {
            let _spans = is_asked.then(events::trace_attempts);
            flaky(failures).unwrap();
        });
        lines.retain(|line| line.starts_with("span") || ["<", ">", "INFO body"].contains(&&**line));
        lines
    };
    assert_eq!(spans(0, false), ["INFO body"]);
    assert_eq!(spans(0, true), ["span attempt", ">", "INFO body", "<"]);
    assert_eq!(spans(1, true)[..6], ["span attempt", ">", "INFO body", "<", "span retry", ">"]);
    assert_eq!(spans(0, false), ["INFO body"]);
}
