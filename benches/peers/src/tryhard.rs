//! tryhard: its built-in backoffs do not look at the failure, so a custom one is used.

use std::time::Duration;

use ::tryhard::{RetryPolicy, retry_fn};
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{Answer, Failure, Later, PAUSE, RETRIES, Script, attempt};
use retry_benches::{Candidate, Case, Work, future_case, waiter};

const NAME: &str = "tryhard";

pub const CANDIDATES: &[Candidate] = &[Candidate {
    name: NAME,
    version: "tryhard 0.5.2",
    has: "a fixed backoff that asks the failure",
    lacks: "sync functions, jitter, budget, breaker, statistics",
}];

pub const WAITERS: &[Waiter] =
    &[waiter!(NAME, || waits(waiting::PAUSE), || waits(waiting::REAL_PAUSE))];

pub const CASES: &[Case] = &[
    future_case!(Work::AsyncReady, NAME, ready),
    future_case!(Work::AsyncPending, NAME, pending),
    future_case!(Work::AsyncThree, NAME, ready),
];

fn backoff(pause: Duration) -> impl FnMut(u32, &Failure) -> RetryPolicy {
    move |_attempt, failure| match failure.is_transient() {
        true => RetryPolicy::Delay(pause),
        false => RetryPolicy::Break,
    }
}

async fn ready(script: &'static Script) -> Answer {
    retry_fn(|| async { attempt(script) }).retries(RETRIES).custom_backoff(backoff(PAUSE)).await
}

async fn pending(script: &'static Script) -> Answer {
    let work = || async {
        Later::default().await;
        attempt(script)
    };
    retry_fn(work).retries(RETRIES).custom_backoff(backoff(PAUSE)).await
}

async fn waits(pause: Duration) -> Answer {
    let work = || async { waiting::attempt() };
    retry_fn(work).retries(RETRIES).custom_backoff(backoff(pause)).await
}
