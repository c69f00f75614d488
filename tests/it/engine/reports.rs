use std::error::Error;
use std::future::Future;
use std::task::Poll;

use retry_runtime::{
    Classify, Kind, Report, RetryError, StopReason, observe, observe_blocking, retryable,
};

use super::{Failure, every, ms, secs};
use crate::virtual_time::{advance, virtually};

/// Every attempt takes 50 ms. Without a budget, which the failures of other tests of a process would use up.
#[retryable(max = 3, base = "1s", jitter = none, budget = none, report, name = "reports::refused")]
fn refused(out: Result<u32, Failure>) -> Result<u32, RetryError<Failure>> {
    advance(ms(50));
    out
}

#[test]
fn the_error_of_a_call_is_a_one_line_summary() {
    let error = virtually(|| refused(Err(Failure::Refused))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "gave up after 4 attempts in 7.2 s (exhausted): connection refused"
    );
    assert_eq!(error.source().unwrap().to_string(), "connection refused");
    let error = virtually(|| refused(Err(Failure::Unknown))).unwrap_err();
    assert_eq!(error.to_string(), "gave up after 1 attempt in 50 ms (permanent): no such account");
}

#[test]
fn a_report_lists_each_attempt() {
    let error = virtually(|| refused(Err(Failure::Refused))).unwrap_err();
    let report = error.report();
    assert_eq!((report.name, report.retries(), report.omitted), ("reports::refused", 3, 0));
    let told: Vec<_> = report
        .attempts
        .iter()
        .map(|attempt| {
            let delay = attempt.delay.map(|delay| delay.length.as_millis());
            (
                attempt.number,
                attempt.started.as_millis(),
                attempt.duration.expect("an observed call is timed").as_millis(),
                delay,
            )
        })
        .collect();
    let expected = [
        (1, 0, 50, Some(1000)),
        (2, 1050, 50, Some(2000)),
        (3, 3100, 50, Some(4000)),
        (4, 7150, 50, None),
    ];
    assert_eq!(told, expected);
    assert!(report.attempts.iter().all(|attempt| attempt.kind == Some(Kind::Transient)));
    assert_eq!(report.total, ms(7200));
}

#[test]
fn the_error_of_a_call_is_classified_like_its_last_failure() {
    let error = virtually(|| refused(Err(Failure::Refused))).unwrap_err();
    assert_eq!(error.classify().kind, Kind::Transient);
    let (failure, report) = error.into_parts();
    assert_eq!((failure, report.reason), (Failure::Refused, StopReason::Exhausted));
}

#[test]
fn a_success_after_a_retry_is_reported_as_success() {
    let third = |attempt: retry_runtime::Attempt| {
        if attempt.number() == 3 { Ok(()) } else { Err(Failure::Refused) }
    };
    let (_, report) = virtually(|| observe_blocking(|| every(secs(1), 9).call(third)));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Success, 3));
    assert_eq!(report.last().unwrap().error, None);
    assert_eq!(report.to_string(), "succeeded at attempt 3 in 2.0 s");
}

#[test]
fn the_report_of_a_long_call_omits_the_first_attempts() {
    let call = || every(ms(1), 100).call(|_| Err::<(), _>(Failure::Refused));
    let (_, report) = virtually(|| observe_blocking(call));
    assert_eq!(report.attempts.len(), Report::MAX_ATTEMPTS);
    assert_eq!((report.attempts_made(), report.omitted), (100, 36));
    assert_eq!(report.attempts[0].number, 37);
    assert_eq!(report.last().unwrap().number, 100);
}

async fn after(attempts: u32) -> Result<u32, Failure> {
    let policy = every(ms(1), 9);
    let call = policy.call_async(|attempt| async move {
        if attempt.number() == attempts { Ok(attempts) } else { Err(Failure::Refused) }
    });
    call.await
}

#[tokio::test(start_paused = true)]
async fn of_two_calls_the_last_one_is_reported() {
    let (result, report) = observe(async { (after(3).await, after(2).await) }).await;
    assert_eq!(result, (Ok(3), Ok(2)));
    assert_eq!(report.attempts_made(), 2);
    let (_, report) = observe(async { tokio::join!(after(3), after(2)) }).await;
    assert_eq!(report.attempts_made(), 3, "the last one to end");
}

#[tokio::test(start_paused = true)]
async fn without_a_call_the_report_is_empty() {
    let (value, report) = observe(async { 7 }).await;
    assert_eq!((value, report.reason), (7, StopReason::Success));
    assert!(report.attempts.is_empty());
    let (value, report) = observe_blocking(|| 7);
    assert_eq!((value, report.attempts_made()), (7, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_observed_twice_is_reported_to_both_observers() {
    let ((result, inner), outer) = observe(observe(after(3))).await;
    assert_eq!((result, inner.attempts_made()), (Ok(3), 3));
    assert_eq!(outer, inner);
    let call = || every(ms(1), 2).call(|_| Err::<(), _>(Failure::Refused));
    let ((_, inner), outer) = virtually(|| observe_blocking(|| observe_blocking(call)));
    assert_eq!(inner.attempts_made(), 2);
    assert_eq!(outer, inner);
}

#[tokio::test(start_paused = true)]
async fn the_outermost_call_is_reported_and_not_inner_ones() {
    let once = every(ms(1), 1);
    let outer = once.call_async(|_| after(3));
    let (_, report) = observe(outer).await;
    assert_eq!(report.attempts_made(), 1);
    // An inner call with its own observer is reported only to that observer.
    let (report, outer) = observe(async {
        let call = once.call_async(|_| async {
            let (_, report) = observe(after(3)).await;
            Ok::<_, Failure>(report)
        });
        call.await.unwrap()
    })
    .await;
    assert_eq!((report.attempts_made(), outer.attempts_made()), (3, 1));
}

#[retryable(max = 2, base = "0s", budget = none, name = "reports::inner")]
fn inner(failures: &mut u32) -> Result<u32, Failure> {
    if *failures == 0 {
        return Ok(7);
    }
    *failures -= 1;
    Err(Failure::Refused)
}

#[retryable(max = 2, base = "0s", budget = none, name = "reports::outer")]
fn outer(failures: &mut u32) -> Result<u32, Failure> {
    inner(failures)
}

#[test]
fn of_nested_blocking_calls_the_outermost_is_reported_however_the_inner_ones_end() {
    // The inner call gives up after three attempts, so two outer attempts use six failures.
    for (failures, attempts) in [(0, 1), (2, 1), (3, 2), (6, 3)] {
        let (result, report) = observe_blocking(|| outer(&mut { failures }));
        assert_eq!(result, Ok(7));
        assert_eq!((report.name, report.attempts_made()), ("reports::outer", attempts));
    }
    let (_, report) = observe_blocking(|| {
        let panics = || {
            #[retryable(max = 2, base = "0s", name = "reports::panics")]
            fn panics() -> Result<u32, Failure> {
                let found = inner(&mut 0)?;
                panic!("on purpose: {found}");
            }
            panics()
        };
        std::panic::catch_unwind(panics).expect_err("the call panics")
    });
    assert_eq!((report.name, report.reason), ("reports::panics", StopReason::Aborted));
}

#[tokio::test(start_paused = true)]
async fn of_nested_calls_the_outermost_is_reported_also_if_both_are_pending() {
    #[retryable(max = 2, base = "1s", name = "reports::inner_later")]
    async fn inner_later() -> Result<u32, Failure> {
        tokio::time::sleep(ms(50)).await;
        inner(&mut 1)
    }
    #[retryable(max = 2, base = "1s", name = "reports::outer_later")]
    async fn outer_later() -> Result<u32, Failure> {
        let found = inner_later().await;
        tokio::task::yield_now().await;
        found
    }
    let (result, report) = observe(outer_later()).await;
    assert_eq!(result, Ok(7));
    assert_eq!((report.name, report.attempts_made()), ("reports::outer_later", 1));
    assert_eq!(report.attempts[0].duration, Some(ms(50)));
}

#[tokio::test(start_paused = true)]
async fn a_call_inside_is_not_reported_in_place_of_one_that_has_not_ended() {
    #[retryable(max = 2, base = "1s", name = "reports::never")]
    async fn never() -> Result<u32, Failure> {
        inner(&mut 0)?;
        std::future::pending().await
    }
    let (result, report) = observe(tokio::time::timeout(ms(50), never())).await;
    assert!(result.is_err());
    assert_eq!((report.name, report.attempts_made()), ("", 0));
}

#[test]
fn a_report_can_be_written_as_json() {
    let (_, report) = virtually(|| {
        observe_blocking(|| every(secs(1), 2).call(|_| Err::<(), _>(Failure::Refused)))
    });
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["reason"], "exhausted");
    assert_eq!(json["attempts"][0]["kind"], "transient");
    assert_eq!(json["attempts"][0]["delay"]["source"], "backoff");
}

#[retryable(max = 3, base = "1s", report, name = "reports::slow")]
async fn slow(out: Result<u32, Failure>) -> Result<u32, RetryError<Failure>> {
    tokio::time::sleep(ms(50)).await;
    out
}

#[tokio::test(start_paused = true)]
async fn a_success_at_the_first_try_is_observed_with_its_name_and_its_time() {
    let check = |report: Report, name| {
        assert_eq!((report.name, report.reason, report.omitted), (name, StopReason::Success, 0));
        let [attempt] = &report.attempts[..] else { panic!("{report:?}") };
        assert_eq!((attempt.number, attempt.started), (1, ms(0)));
        assert_eq!((attempt.duration, report.total), (Some(ms(50)), ms(50)));
        assert_eq!((&attempt.error, attempt.kind, attempt.delay), (&None, None, None));
    };
    let (result, report) = virtually(|| observe_blocking(|| refused(Ok(7))));
    assert_eq!(result, Ok(7));
    check(report, "reports::refused");
    let (result, report) = observe(slow(Ok(7))).await;
    assert_eq!(result, Ok(7));
    check(report, "reports::slow");
    let once = || {
        advance(ms(50));
        Ok::<_, Failure>(())
    };
    let blocking = || every(secs(1), 3).call(|_| once());
    check(virtually(|| observe_blocking(blocking)).1, "");
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_was_pending_before_it_failed_is_timed_from_its_start() {
    tokio::time::advance(secs(5)).await;
    let error = slow(Err(Failure::Unknown)).await.unwrap_err();
    assert_eq!(error.attempts()[0].duration, Some(ms(50)));
    assert_eq!(error.report().total, ms(50));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_wants_a_report_takes_no_limit_away() {
    #[retryable(max = 1, base = "0s", jitter = none, timeout = "1s", deadline = "10s", idempotent, report)]
    async fn hangs() -> Result<u32, RetryError<Failure>> {
        std::future::pending().await
    }
    let error = hangs().await.unwrap_err();
    let durations: Vec<_> = error.attempts().iter().map(|attempt| attempt.duration).collect();
    assert_eq!(durations, [Some(secs(1)); 2]);

    #[retryable(max = 9, base = "4s", jitter = none, backoff = fixed, deadline = "10s", report)]
    fn refused() -> Result<u32, RetryError<Failure>> {
        Err(Failure::Refused)
    }
    let error = virtually(refused).unwrap_err();
    assert_eq!((error.reason(), error.attempts().len()), (StopReason::Deadline, 3));
    let (error, report) = virtually(|| observe_blocking(refused));
    assert_eq!((error.unwrap_err().report(), report.reason), (&report, StopReason::Deadline));
}

#[tokio::test(start_paused = true)]
async fn the_report_of_a_call_that_ends_in_another_task_reaches_the_observer_around_its_start() {
    let (result, report) = observe(async {
        let mut call = Box::pin(slow(Ok(7)));
        std::future::poll_fn(|cx| {
            assert!(call.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        tokio::spawn(call).await.unwrap()
    })
    .await;
    assert_eq!((result, report.attempts_made()), (Ok(7), 1));
}

#[test]
fn an_observer_inside_the_body_leaves_the_report_of_the_call_to_the_observer_around() {
    let body = |_: retry_runtime::Attempt| {
        let (_, inner) =
            observe_blocking(|| every(ms(1), 1).call(|_| Err::<(), _>(Failure::Unknown)));
        assert_eq!(inner.reason, StopReason::Permanent);
        Ok::<_, Failure>(())
    };
    let (_, report) = observe_blocking(|| every(ms(1), 3).call(body));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Success, 1));
}
