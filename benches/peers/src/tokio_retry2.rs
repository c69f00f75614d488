//! tokio-retry2: a strategy is an iterator of delays, a failure says whether it is transient.

use std::time::Duration;

use ::tokio_retry2::strategy::{ExponentialBackoff, FixedInterval, jitter};
use ::tokio_retry2::{Retry, RetryError};
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{Answer, Failure, Later, PAUSE, RETRIES, Script, attempt};
use retry_benches::{Candidate, Case, Work, future_case, waiter};

const NAME: &str = "tokio-retry2";

pub const CANDIDATES: &[Candidate] = &[Candidate {
    name: NAME,
    version: "tokio-retry2 0.9.1",
    has: "exponential backoff with jitter, transient and permanent failures",
    lacks: "sync functions, budget, breaker, statistics",
}];

pub const WAITERS: &[Waiter] =
    &[waiter!(NAME, || waits(waiting::PAUSE), || waits(waiting::REAL_PAUSE))];

pub const CASES: &[Case] = &[
    future_case!(Work::AsyncReady, NAME, ready),
    future_case!(Work::AsyncPending, NAME, pending),
    future_case!(Work::AsyncThree, NAME, timer),
];

fn judged(answer: Answer) -> Result<u32, RetryError<Failure>> {
    answer.map_err(|failure| match failure.is_transient() {
        true => RetryError::transient(failure),
        false => RetryError::permanent(failure),
    })
}

fn exponential() -> impl Iterator<Item = Duration> {
    ExponentialBackoff::from_millis(2).map(jitter).take(RETRIES as usize)
}

async fn ready(script: &'static Script) -> Answer {
    Retry::spawn(exponential(), || async { judged(attempt(script)) }).await
}

async fn pending(script: &'static Script) -> Answer {
    let work = || async {
        Later::default().await;
        judged(attempt(script))
    };
    Retry::spawn(exponential(), work).await
}

async fn timer(script: &'static Script) -> Answer {
    let delays = FixedInterval::new(PAUSE).take(RETRIES as usize);
    Retry::spawn(delays, || async { judged(attempt(script)) }).await
}

async fn waits(pause: Duration) -> Answer {
    let delays = FixedInterval::new(pause).take(RETRIES as usize);
    Retry::spawn(delays, || async { judged(waiting::attempt()) }).await
}
