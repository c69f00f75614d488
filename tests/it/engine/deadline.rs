use std::time::Duration;

use retry_runtime::{Interruption, Kind, Policy, StopReason, observe, observe_blocking};

use super::{Failure, every, ms, secs};
use crate::virtual_time::{advance, virtually};

/// Asserts the number of attempts, the stop reason and the duration in milliseconds of a call whose attempts fail at
/// once, in both engines.
#[track_caller]
fn check(policy: Policy, attempts: u32, reason: StopReason, millis: u64) {
    let failing = policy.call_async(|_| async { Err::<(), _>(Failure::Refused) });
    let paused = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let blocking = || observe_blocking(|| policy.call(|_| Err::<(), _>(Failure::Refused)));
    for (engine, (result, report)) in
        [("async", paused.block_on(observe(failing))), ("sync", virtually(blocking))]
    {
        assert_eq!(result, Err(Failure::Refused), "{engine}: the last error");
        assert_eq!(report.attempts_made(), attempts, "{engine}: {report:?}");
        assert_eq!(report.reason, reason, "{engine}: {report:?}");
        assert_eq!(report.total, ms(millis), "{engine}: {report:?}");
    }
}

#[test]
fn a_sleep_may_end_exactly_at_the_deadline() {
    check(every(secs(1), 9).deadline(secs(1)), 2, StopReason::Deadline, 1000);
    check(every(secs(1), 9).deadline(secs(3)), 4, StopReason::Deadline, 3000);
}

#[test]
fn a_sleep_that_would_end_after_the_deadline_does_not_start() {
    check(every(ms(400), 9).deadline(secs(1)), 3, StopReason::Deadline, 800);
    check(every(ms(1000), 9).deadline(ms(1999)), 2, StopReason::Deadline, 1000);
}

#[test]
fn after_the_last_attempt_the_reason_is_exhausted_even_if_no_time_is_left() {
    check(every(secs(1), 2).deadline(secs(1)), 2, StopReason::Exhausted, 1000);
}

#[test]
fn no_deadline_is_too_long() {
    check(every(ms(1), 3).deadline(Duration::MAX), 3, StopReason::Exhausted, 2);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_starts_at_the_deadline_may_still_succeed_at_once() {
    let policy = every(secs(1), 2).deadline(secs(1));
    let call = policy.call_async(|attempt| async move {
        if attempt.is_last() { Ok(attempt.remaining()) } else { Err(Failure::Refused) }
    });
    assert_eq!(call.await, Ok(Some(secs(0))));
}

#[tokio::test(start_paused = true)]
async fn a_running_attempt_is_interrupted_at_the_deadline() {
    let policy = every(secs(1), 9).deadline(secs(3)).idempotent(true);
    let call = policy.call_async(|attempt| async move {
        if attempt.number() == 2 {
            tokio::time::sleep(secs(60)).await;
        }
        Err::<(), _>(Failure::Refused)
    });
    let (result, report) = observe(call).await;
    assert_eq!(result, Err(Failure::Cut(Interruption::DeadlinePassed)));
    assert_eq!((report.reason, report.total), (StopReason::Deadline, secs(3)));
    let cut = report.last().unwrap();
    assert_eq!(
        (cut.started, cut.duration, cut.kind),
        (secs(1), Some(secs(2)), Some(Kind::Ambiguous))
    );
    assert_eq!(cut.error.as_deref(), Some("the call's deadline passed"));
}

#[test]
fn a_sync_attempt_runs_past_the_deadline_and_is_the_last() {
    let policy = every(ms(10), 9).deadline(secs(1));
    let slow = |out: Result<u8, Failure>| {
        let body = || {
            advance(secs(5));
            out
        };
        virtually(|| observe_blocking(|| policy.call(|_| body())))
    };
    let (result, report) = slow(Err(Failure::Refused));
    assert_eq!((result, report.reason), (Err(Failure::Refused), StopReason::Deadline));
    assert_eq!((report.attempts_made(), report.total), (1, secs(5)));
    // A running thread cannot be interrupted, and a late success is still a success.
    let (result, report) = slow(Ok(7));
    assert_eq!((result, report.reason), (Ok(7), StopReason::Success));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_exhausts_tokios_cooperative_budget_is_still_interrupted() {
    let policy = every(ms(10), 1).deadline(ms(20)).idempotent(true);
    let call = policy.call_async(|_| async {
        // Always ready: does as much work per poll as the cooperative budget allows.
        let busy = async {
            loop {
                tokio::task::consume_budget().await;
            }
        };
        let clock = async {
            for _ in 0..100 {
                tokio::time::advance(ms(1)).await;
            }
        };
        futures::join!(busy, clock);
        Ok::<(), Failure>(())
    });
    assert_eq!(call.await, Err(Failure::Cut(Interruption::DeadlinePassed)));
}
