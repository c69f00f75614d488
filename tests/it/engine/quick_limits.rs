//! The first attempt of an annotated function with a limit: no memory is kept for it, and nothing of it gets lost.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use retry_runtime::{
    Attempt, CancelToken, Interruption, StopReason, history, observe, observe_blocking, retryable,
    stats,
};
use tokio::time::sleep;

use super::{Failure, ms, secs};

/// A call inside another one: its attempts before the deadline of the call around it are counted.
#[retryable(max = 9, base = "400ms", backoff = fixed, jitter = none, budget = none, on = any)]
async fn inside() -> Result<(), Failure> {
    Err(Failure::Refused)
}

async fn attempts_inside() -> u32 {
    observe(inside()).await.1.attempts_made()
}

#[retryable(deadline = "1s", idempotent)]
async fn within_deadline(wait: Duration) -> Result<u32, Failure> {
    sleep(wait).await;
    Ok(attempts_inside().await)
}

#[retryable(timeout = "1s", deadline = "9s", idempotent)]
async fn within_timeout(wait: Duration) -> Result<u32, Failure> {
    sleep(wait).await;
    Ok(attempts_inside().await)
}

#[tokio::test(start_paused = true)]
async fn calls_inside_inherit_the_limit_in_the_first_poll_and_in_every_later_one() {
    for wait in [Duration::ZERO, ms(1), ms(100)] {
        assert_eq!(within_deadline(wait).await, Ok(3), "{wait:?}");
        assert_eq!(within_timeout(wait).await, Ok(3), "{wait:?}");
        assert_eq!(attempts_inside().await, 10, "nothing is inherited afterwards");
    }
    assert_eq!(within_deadline(ms(300)).await, Ok(2));
}

#[retryable(deadline = "200ms", base = "1ms")]
fn within_deadline_blocking() -> Result<u32, Failure> {
    let seen = observe_blocking(inside_blocking);
    Ok(seen.1.attempts_made())
}

#[retryable(max = 3, base = "300ms", backoff = fixed, jitter = none, budget = none, on = any)]
fn inside_blocking() -> Result<(), Failure> {
    Err(Failure::Refused)
}

#[test]
fn calls_inside_a_blocking_one_inherit_its_deadline_and_nothing_afterwards() {
    for _ in 0..3 {
        assert_eq!(within_deadline_blocking(), Ok(1));
    }
    #[retryable(deadline = "1us", base = "0s")]
    fn panics() -> Result<(), Failure> {
        panic!("expected")
    }
    // Once to be listed, and then as a quick attempt.
    for _ in 0..2 {
        assert!(catch_unwind(panics).is_err());
        let (_, report) = observe_blocking(once);
        assert_eq!(report.reason, StopReason::Exhausted, "the deadline was left with the panic");
    }
    #[retryable(max = 1, base = "0s", on = any, budget = none)]
    fn once() -> Result<(), Failure> {
        Err(Failure::Refused)
    }
}

#[retryable(deadline = "1s", base = "1ms", idempotent, name = "quick_limits::pending")]
async fn pending(first: &Cell<bool>) -> Result<(), Failure> {
    match first.replace(false) {
        true => sleep(ms(50)).await,
        false => std::future::pending().await,
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_is_dropped_while_it_waits_keeps_its_duration() {
    let first = Cell::new(true);
    pending(&first).await.unwrap();
    {
        let mut call = pin!(pending(&first));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        tokio::time::advance(ms(70)).await;
    }
    let last = history("quick_limits::pending").unwrap().pop().expect("an aborted call");
    assert_eq!(last.report.reason, StopReason::Aborted);
    assert_eq!(last.report.attempts[0].duration, Some(ms(70)));
    assert_eq!(last.report.total, ms(70));
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_waits_is_cut_at_its_limit_measured_from_its_start() {
    #[retryable(timeout = "1s", max = 0, idempotent, name = "quick_limits::slow")]
    async fn slow(blocked: Duration) -> Result<(), Failure> {
        // As if the body had blocked its thread before it waited.
        tokio::time::advance(blocked).await;
        std::future::pending().await
    }
    for blocked in [Duration::ZERO, ms(300), ms(300)] {
        let begun = tokio::time::Instant::now();
        let after = secs(1);
        assert_eq!(slow(blocked).await, Err(Failure::from(Interruption::TimedOut { after })));
        assert_eq!(begun.elapsed(), secs(1));
    }
    let last = history("quick_limits::slow").unwrap().pop().unwrap();
    assert_eq!(last.report.attempts[0].duration, Some(secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_cancelled_before_ends_a_limited_call_once_and_without_an_attempt() {
    #[retryable(deadline = "1s", cancel = token, name = "quick_limits::cancelled")]
    async fn cancelled(token: &CancelToken) -> Result<(), Failure> {
        let _ = token;
        Ok(())
    }
    let token = CancelToken::new();
    cancelled(&token).await.unwrap();
    token.cancel();
    for _ in 0..2 {
        assert_eq!(cancelled(&token).await, Err(Failure::from(Interruption::Cancelled)));
    }
    let stats = stats("quick_limits::cancelled").unwrap();
    assert_eq!((stats.calls(), stats.attempts), (3, 1));
}

#[test]
fn a_blocking_attempt_sees_its_number_and_the_time_left_whatever_way_it_runs() {
    #[retryable(max = 2, base = "0s", deadline = "10s", attempt = now, on = any)]
    fn limited(log: &mut Vec<(u32, bool)>) -> Result<(), Failure> {
        let left = now.remaining().expect("a deadline");
        log.push((now.number(), left <= secs(10) && left > secs(5)));
        if now.is_last() { Ok(()) } else { Err(Failure::Refused) }
    }
    #[retryable(max = 2, base = "0s", attempt = now, on = any)]
    fn unlimited(log: &mut Vec<(u32, bool)>) -> Result<(), Failure> {
        log.push((now.number(), now.remaining().is_none()));
        if now.is_last() { Ok(()) } else { Err(Failure::Refused) }
    }
    for function in [limited, unlimited] {
        for _ in 0..3 {
            let mut log = Vec::new();
            function(&mut log).unwrap();
            assert_eq!(log, [(1, true), (2, true), (3, true)]);
        }
    }
    let _: fn(&Attempt) -> u32 = Attempt::number;
}

#[tokio::test(start_paused = true)]
async fn a_limited_call_that_fails_reports_its_times_from_the_start_of_its_first_attempt() {
    #[retryable(max = 1, base = "100ms", jitter = none, deadline = "9s", idempotent, on = any, report)]
    async fn failing() -> Result<(), retry_runtime::RetryError<Failure>> {
        sleep(ms(30)).await;
        Err(Failure::Refused)
    }
    #[retryable(max = 1, base = "100ms", jitter = none, deadline = "9s", idempotent, on = any, name = "quick_limits::failing")]
    async fn unreported() -> Result<(), Failure> {
        sleep(ms(30)).await;
        Err(Failure::Refused)
    }
    for _ in 0..2 {
        let report = failing().await.unwrap_err().report().clone();
        unreported().await.unwrap_err();
        let last = history("quick_limits::failing").unwrap().pop().unwrap().report;
        for report in [report, last] {
            assert_eq!(report.total, ms(160));
            let times = report.attempts.iter().map(|attempt| (attempt.started, attempt.duration));
            let expected = [(Duration::ZERO, Some(ms(30))), (ms(130), Some(ms(30)))];
            assert_eq!(times.collect::<Vec<_>>(), expected);
        }
    }
}

#[test]
fn an_async_attempt_that_panics_leaves_its_limit() {
    #[retryable(deadline = "1us", base = "0s", idempotent)]
    async fn panics_later() -> Result<(), Failure> {
        panic!("expected")
    }
    for _ in 0..2 {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut call = pin!(panics_later());
            call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }));
        assert!(polled.is_err());
        let (result, report) = observe_blocking(inside_blocking_once);
        assert_eq!((result.is_err(), report.attempts_made()), (true, 2));
    }
    #[retryable(max = 1, base = "0s", on = any, budget = none)]
    fn inside_blocking_once() -> Result<(), Failure> {
        Err(Failure::Refused)
    }
}

#[test]
fn a_call_whose_first_attempt_panics_is_counted_as_aborted_whatever_way_the_attempt_runs() {
    #[retryable(name = "quick_limits::plain")]
    fn plain() -> Result<(), Failure> {
        panic!("expected")
    }
    #[retryable(deadline = "9s", name = "quick_limits::limited")]
    fn limited() -> Result<(), Failure> {
        panic!("expected")
    }
    fn bank() -> &'static str {
        "bank"
    }
    #[retryable(breaker(key = bank()), budget = none, name = "quick_limits::keyed")]
    fn keyed() -> Result<(), Failure> {
        panic!("expected")
    }
    #[retryable(deadline = "9s", idempotent, name = "quick_limits::polled")]
    async fn polled() -> Result<(), Failure> {
        panic!("expected")
    }
    let polled: fn() -> Result<(), Failure> = || {
        let _ = pin!(polled()).poll(&mut Context::from_waker(Waker::noop()));
        Ok(())
    };
    for (name, function) in [
        ("quick_limits::plain", plain as fn() -> _),
        ("quick_limits::limited", limited),
        ("quick_limits::keyed", keyed),
        ("quick_limits::polled", polled),
    ] {
        for calls in 1..=3 {
            assert!(catch_unwind(function).is_err());
            let stats = stats(name).unwrap();
            let aborted = stats.reasons.aborted;
            assert_eq!((stats.calls(), stats.attempts, aborted), (calls, calls, calls), "{name}");
        }
        let past = history(name).unwrap().pop().unwrap().report;
        assert_eq!(past.reason, StopReason::Aborted);
    }
}
