use std::cell::Cell;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use retry_runtime::{
    Cancel, CancelToken, Interruption, Report, RetryError, StopReason, observe, observe_blocking,
    retryable,
};
use tokio_util::sync::CancellationToken;

use super::{Failure, ms, secs};
use crate::virtual_time::{self, virtually};

const CANCELLED: Result<(), Failure> = Err(Failure::Cut(Interruption::Cancelled));

#[retryable(max = 5, base = "2s", backoff = fixed, jitter = none, cancel = token)]
async fn refused<C: Cancel>(calls: &Cell<u32>, token: C) -> Result<(), Failure> {
    calls.set(calls.get() + 1);
    Err(Failure::Refused)
}

#[retryable(max = 5, base = "2s", backoff = fixed, jitter = none, cancel = token)]
async fn hangs<C: Cancel>(calls: &Cell<u32>, token: C) -> Result<(), Failure> {
    calls.set(calls.get() + 1);
    std::future::pending().await
}

/// Runs the call and cancels it after `time`; the cancellation comes before anything else at that instant.
async fn cancelled_after(
    time: Duration,
    cancel: impl Fn(),
    call: impl Future<Output = Result<(), Failure>>,
) -> (Result<(), Failure>, Report) {
    let canceller = async {
        tokio::time::sleep(time).await;
        cancel();
    };
    futures::future::join(canceller, observe(call)).await.1
}

#[tokio::test(start_paused = true)]
async fn a_call_cancelled_before_its_first_attempt_makes_none() {
    let (calls, token) = (Cell::new(0), CancelToken::new());
    token.cancel();
    let (result, report) = observe(refused(&calls, token)).await;
    assert_eq!((result, calls.get()), (CANCELLED, 0));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Cancelled, 0));
}

#[tokio::test(start_paused = true)]
async fn cancellation_interrupts_a_running_attempt() {
    let (calls, token) = (Cell::new(0), CancelToken::new());
    let call = hangs(&calls, token.clone());
    let (result, report) = cancelled_after(secs(3), || token.cancel(), call).await;
    assert_eq!((result, calls.get()), (CANCELLED, 1));
    assert_eq!((report.reason, report.total), (StopReason::Cancelled, secs(3)));
}

#[tokio::test(start_paused = true)]
async fn cancellation_ends_a_sleep() {
    let (calls, token) = (Cell::new(0), CancelToken::new());
    let call = refused(&calls, token.clone());
    let (result, report) = cancelled_after(ms(50), || token.cancel(), call).await;
    assert_eq!((result, calls.get()), (CANCELLED, 1));
    assert_eq!((report.reason, report.total), (StopReason::Cancelled, ms(50)));
    // The report has the failure before the cancellation.
    assert_eq!(report.last().unwrap().error.as_deref(), Some("connection refused"));
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_at_the_end_of_a_sleep_wins_over_the_next_attempt() {
    let (calls, token) = (Cell::new(0), CancelToken::new());
    let call = refused(&calls, token.clone());
    let (result, report) = cancelled_after(secs(2), || token.cancel(), call).await;
    assert_eq!((result, calls.get()), (CANCELLED, 1));
    assert_eq!((report.reason, report.total), (StopReason::Cancelled, secs(2)));
}

#[tokio::test(start_paused = true)]
async fn a_tokio_util_token_cancels_and_so_does_its_parent() {
    for time in [ms(1), ms(50), secs(2)] {
        let (calls, parent) = (Cell::new(0), CancellationToken::new());
        let call = refused(&calls, parent.child_token());
        let (result, _) = cancelled_after(time, || parent.cancel(), call).await;
        assert_eq!((result, calls.get()), (CANCELLED, 1), "after {time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_optional_token_may_be_none() {
    let calls = Cell::new(0);
    assert_eq!(refused(&calls, None::<CancelToken>).await, Err(Failure::Refused));
    assert_eq!(calls.get(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_cancels_its_own_call_keeps_an_outcome_that_is_final() {
    #[retryable(max = 5, base = "2s", jitter = none, cancel = token)]
    async fn cancels(token: &CancelToken, out: Result<(), Failure>) -> Result<(), Failure> {
        token.cancel();
        out
    }
    assert_eq!(cancels(&CancelToken::new(), Ok(())).await, Ok(()));
    assert_eq!(cancels(&CancelToken::new(), Err(Failure::Unknown)).await, Err(Failure::Unknown));
    assert_eq!(cancels(&CancelToken::new(), Err(Failure::Refused)).await, CANCELLED);
}

#[retryable(max = 5, base = "2s", backoff = fixed, jitter = none, cancel = token, report)]
fn refused_blocking(calls: &Cell<u32>, token: &CancelToken) -> Result<(), RetryError<Failure>> {
    calls.set(calls.get() + 1);
    Err(Failure::Refused)
}

#[test]
fn a_sync_call_cancelled_before_its_first_attempt_does_not_run_its_body() {
    #[retryable(max = 5, base = "2s", cancel = token)]
    fn succeeds(ran: &Cell<bool>, token: &CancelToken) -> Result<(), Failure> {
        ran.set(true);
        Ok(())
    }
    #[retryable(max = 5, base = "2s", cancel = token, deadline = "1h")]
    fn limited(ran: &Cell<bool>, token: &CancelToken) -> Result<(), Failure> {
        ran.set(true);
        Ok(())
    }
    let token = CancelToken::new();
    token.cancel();
    for call in [succeeds, limited] {
        let ran = Cell::new(false);
        assert_eq!((call(&ran, &token), ran.get()), (CANCELLED, false));
        let (result, report) = observe_blocking(|| call(&ran, &token));
        assert_eq!((result, ran.get()), (CANCELLED, false), "a call that is not plain");
        assert_eq!((report.reason, report.attempts_made()), (StopReason::Cancelled, 0));
    }
}

#[test]
fn cancellation_ends_a_sync_sleep_even_at_its_end() {
    for (time, attempts) in [(ms(0), 1), (ms(50), 1), (ms(2000), 1), (ms(2001), 2)] {
        let (calls, token) = (Cell::new(0), CancelToken::new());
        let error = virtually(|| {
            let canceller = token.clone();
            virtual_time::after(time, move || canceller.cancel());
            refused_blocking(&calls, &token).unwrap_err()
        });
        assert_eq!(*error.error(), Failure::Cut(Interruption::Cancelled));
        assert_eq!((calls.get(), error.reason()), (attempts, StopReason::Cancelled));
        assert_eq!(error.report().total, time);
    }
}

#[test]
fn cancellation_wakes_a_thread_that_sleeps_between_attempts_at_once() {
    #[retryable(max = 1, base = "5min", cap = "5min", jitter = none, cancel = token,
        on_retry = |_| { asleep.wait(); })]
    fn sleeps(token: CancelToken, asleep: &Barrier) -> Result<(), Failure> {
        Err(Failure::Refused)
    }
    let (token, asleep) = (CancelToken::new(), Barrier::new(2));
    let start = Instant::now();
    let result = std::thread::scope(|scope| {
        let thread = scope.spawn(|| sleeps(token.clone(), &asleep));
        // From now on the thread sleeps or is about to sleep.
        asleep.wait();
        token.cancel();
        thread.join().unwrap()
    });
    assert_eq!(result, CANCELLED);
    assert!(start.elapsed() < secs(60), "took {:?}", start.elapsed());
}
