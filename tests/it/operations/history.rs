//! The history of past calls. Its size and the redaction of secrets are process-wide settings, tested in `configured`.

use retry_runtime::{DelaySource, PastCall, StopReason, observe_blocking, retryable};

use super::{Down, secs};
use crate::virtual_time::{advance, virtually};

fn history(name: &str) -> Vec<PastCall> {
    retry_runtime::history(name).expect("the function is linked")
}

#[test]
fn a_failed_call_is_recorded_with_every_attempt() {
    #[retryable(max = 2, base = "1s", jitter = none, name = "history::attempts")]
    fn fetch() -> Result<u32, Down> {
        advance(secs(5));
        Err(Down::Down)
    }
    assert_eq!(virtually(fetch), Err(Down::Down));
    let past = history("history::attempts");
    let report = &past[0].report;
    assert_eq!(
        (past.len(), report.reason, report.name),
        (1, StopReason::Exhausted, "history::attempts")
    );
    let seen: Vec<_> = report
        .attempts
        .iter()
        .map(|attempt| {
            let delay = attempt.delay.map(|delay| (delay.length, delay.source));
            (attempt.number, attempt.started, attempt.duration, attempt.error.as_deref(), delay)
        })
        .collect();
    // The first attempt is not timed: the clock starts at its end.
    let own = |seconds| Some((secs(seconds), DelaySource::Backoff));
    assert_eq!(
        seen,
        [
            (1, secs(0), None, Some("down"), own(1)),
            (2, secs(1), Some(secs(5)), Some("down"), own(2)),
            (3, secs(8), Some(secs(5)), Some("down"), None),
        ]
    );
}

#[test]
fn a_call_with_a_deadline_records_the_duration_of_its_first_attempt() {
    #[retryable(max = 1, base = "1s", jitter = none, deadline = "60s", name = "history::timed")]
    fn fetch() -> Result<u32, Down> {
        advance(secs(5));
        Err(Down::Down)
    }
    let _ = virtually(fetch);
    let report = &history("history::timed")[0].report;
    assert_eq!(report.attempts[0].duration, Some(secs(5)));
    assert_eq!((report.attempts[1].started, report.total), (secs(6), secs(11)));
}

#[test]
fn a_late_success_is_recorded_and_a_first_try_success_is_not() {
    #[retryable(max = 3, base = "0s", attempt = attempt, name = "history::late")]
    fn fetch(failures: u32) -> Result<u32, Down> {
        if attempt.number() <= failures { Err(Down::Down) } else { Ok(1) }
    }
    assert_eq!((fetch(0), fetch(2)), (Ok(1), Ok(1)));
    assert_eq!(observe_blocking(|| fetch(0)).1.attempts_made(), 1);
    let past = history("history::late");
    assert_eq!((past.len(), past[0].report.reason), (1, StopReason::Success));
    assert_eq!(past[0].report.last().expect("three").error, None);
}

#[test]
fn calls_refused_by_an_open_breaker_do_not_evict_failures() {
    use retry_runtime::Interruption;

    #[retryable(max = 0, breaker, on = any, name = "history::refused")]
    fn fetch() -> Result<u32, Interruption> {
        Err(Interruption::Cancelled)
    }
    let _ = fetch();
    retry_runtime::breaker("history::refused").expect("it has one").force_open();
    for _ in 0..100 {
        let _ = fetch();
    }
    assert_eq!(history("history::refused").len(), 1);
    assert_eq!(retry_runtime::stats("history::refused").expect("linked").calls(), 101);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_dropped_while_running_is_in_the_history() {
    #[retryable(max = 3, base = "1ms", attempt = attempt, name = "history::dropped")]
    async fn fetch() -> Result<u32, Down> {
        if attempt.number() == 2 {
            std::future::pending::<()>().await;
        }
        Err(Down::Down)
    }
    tokio::time::timeout(secs(9), fetch()).await.unwrap_err();
    let report = &history("history::dropped")[0].report;
    let errors: Vec<_> = report.attempts.iter().map(|it| it.error.as_deref().unwrap()).collect();
    assert_eq!(
        (report.reason, errors),
        (StopReason::Aborted, vec!["down", "dropped before it ended"])
    );
}
