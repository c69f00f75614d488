//! Calls where the `tokio` feature is off: a thread wakes the calls, and any executor will do.

#![cfg(not(feature = "tokio"))]

use std::future::Future as _;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use retry_runtime::{
    CancelToken, Classify, Interruption, Jitter, Policy, StopReason, observe, retryable,
};

#[derive(Debug, PartialEq, Classify)]
enum Failure {
    #[classify(transient)]
    Busy,
    #[classify(inherit)]
    Interrupted(Interruption),
}

impl From<Interruption> for Failure {
    fn from(interruption: Interruption) -> Self {
        Failure::Interrupted(interruption)
    }
}

#[test]
fn a_call_sleeps_by_the_small_timer_and_succeeds() {
    #[retryable(max = 2, base = "20ms", jitter = none, attempt = attempt)]
    async fn third() -> Result<u32, Failure> {
        if attempt.is_last() { Ok(attempt.number()) } else { Err(Failure::Busy) }
    }
    let started = Instant::now();
    let (result, report) = futures::executor::block_on(observe(third()));
    assert_eq!(result, Ok(3));
    assert!(started.elapsed() >= Duration::from_millis(60), "20 ms and 40 ms");
    assert_eq!(report.delays().collect::<Vec<_>>(), [20, 40].map(Duration::from_millis));
}

#[test]
fn a_call_that_is_polled_by_another_task_in_its_pause_wakes_that_task() {
    #[retryable(max = 1, base = "20ms", jitter = none, attempt = attempt)]
    async fn second() -> Result<u32, Failure> {
        if attempt.is_last() { Ok(attempt.number()) } else { Err(Failure::Busy) }
    }
    let mut call = Box::pin(second());
    let first = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending(), "it sleeps, and would wake nobody");
    assert_eq!(futures::executor::block_on(call), Ok(2));
}

#[test]
fn sleeps_that_end_in_another_order_than_they_began_wake_their_calls() {
    async fn after(times: u32) -> u32 {
        let policy = Policy::new().max(1).base(Duration::from_millis(10) * times);
        let policy = policy.jitter(Jitter::None);
        let call = policy.call_async(async |attempt| match attempt.is_last() {
            true => Ok(times),
            false => Err(Failure::Busy),
        });
        call.await.expect("the second attempt succeeds")
    }
    let calls = [3, 1, 2].map(after).into_iter().collect::<FuturesUnordered<_>>();
    let ended = futures::executor::block_on(calls.collect::<Vec<_>>());
    assert_eq!(ended, [1, 2, 3]);
}

#[test]
fn a_timeout_and_a_cancellation_end_an_attempt_that_hangs() {
    #[retryable(max = 0, timeout = "20ms", idempotent = false)]
    async fn hangs() -> Result<u32, Failure> {
        std::future::pending().await
    }
    let timed_out = Interruption::TimedOut { after: Duration::from_millis(20) };
    assert_eq!(futures::executor::block_on(hangs()), Err(Failure::Interrupted(timed_out)));

    #[retryable(cancel = token)]
    async fn waits(token: CancelToken) -> Result<u32, Failure> {
        std::future::pending().await
    }
    let token = CancelToken::new();
    let call = observe(waits(token.clone()));
    let cancel = async { token.cancel() };
    let ((result, report), ()) =
        futures::executor::block_on(async { futures::join!(call, cancel) });
    assert_eq!(result, Err(Failure::Interrupted(Interruption::Cancelled)));
    assert_eq!(report.reason, StopReason::Cancelled);
}
