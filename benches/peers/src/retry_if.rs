//! retry-if: an attribute for `async` functions.

use std::time::Duration;

use ::retry_if::{ExponentialBackoffConfig, retry};
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{Answer, Later, PAUSE, RETRIES, Script, attempt};
use retry_benches::{Candidate, Case, Work, future_case, waiter};

const NAME: &str = "retry-if";

pub const CANDIDATES: &[Candidate] = &[Candidate {
    name: NAME,
    version: "retry-if 0.3.1",
    has: "backoff without jitter, a predicate on the outcome; reads the clock at each call",
    lacks: "sync functions, jitter, budget, breaker, statistics",
}];

pub const WAITERS: &[Waiter] = &[waiter!(NAME, waits, waits_really)];

pub const CASES: &[Case] = &[
    future_case!(Work::AsyncReady, NAME, ready),
    future_case!(Work::AsyncPending, NAME, pending),
    future_case!(Work::AsyncThree, NAME, ready),
];

const fn every(pause: Duration) -> ExponentialBackoffConfig {
    ExponentialBackoffConfig {
        max_retries: RETRIES as _,
        t_wait: pause,
        backoff: 1.0,
        t_wait_max: None,
        backoff_max: None,
    }
}

const SHORT: ExponentialBackoffConfig = every(PAUSE);
const LONG: ExponentialBackoffConfig = every(waiting::PAUSE);
const REAL: ExponentialBackoffConfig = every(waiting::REAL_PAUSE);

fn is_transient(answer: &Answer) -> bool {
    answer.is_err_and(|failure| failure.is_transient())
}

#[retry(SHORT, is_transient)]
async fn ready(script: &'static Script) -> Answer {
    attempt(script)
}

#[retry(SHORT, is_transient)]
async fn pending(script: &'static Script) -> Answer {
    Later::default().await;
    attempt(script)
}

#[retry(LONG, is_transient)]
async fn waits() -> Answer {
    waiting::attempt()
}

#[retry(REAL, is_transient)]
async fn waits_really() -> Answer {
    waiting::attempt()
}
