//! backon, with its builder and with its attribute.

use std::time::Duration;

use ::backon::{BlockingRetryable, ConstantBuilder, ExponentialBuilder, Retryable};
use backon_macros::backon;
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{Answer, Failure, Later, PAUSE, RETRIES, Script, attempt};
use retry_benches::{Candidate, Case, Work, future_case, waiter};

const NAME: &str = "backon";
const MACROS: &str = "backon-macros";

pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: NAME,
        version: "backon 1.6.0",
        has: "exponential backoff with jitter, `when`",
        lacks: "budget, breaker, statistics",
    },
    Candidate {
        name: MACROS,
        version: "backon-macros 1.0.0 on backon 1.6.0",
        has: "the same, with its attribute",
        lacks: "budget, breaker, statistics",
    },
];

pub const WAITERS: &[Waiter] =
    &[waiter!(NAME, || waits(waiting::PAUSE), || waits(waiting::REAL_PAUSE))];

pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, NAME, sync),
    Case::blocking(Work::SyncFirst, MACROS, annotated),
    future_case!(Work::AsyncReady, NAME, ready),
    future_case!(Work::AsyncReady, MACROS, annotated_ready),
    future_case!(Work::AsyncPending, NAME, pending),
    future_case!(Work::AsyncPending, MACROS, annotated_pending),
    Case::blocking(Work::SyncThree, NAME, |script| {
        script.fail(3);
        sync_at_once(script)
    }),
    Case::blocking(Work::SyncThree, MACROS, |script| {
        script.fail(3);
        annotated_at_once(script)
    }),
    Case::blocking(Work::SyncJitter, NAME, |script| {
        script.fail(3);
        sync(script)
    }),
    Case::blocking(Work::SyncJitter, MACROS, |script| {
        script.fail(3);
        annotated(script)
    }),
    future_case!(Work::AsyncThree, NAME, timer),
    future_case!(Work::AsyncThree, MACROS, annotated_timer),
];

pub fn exponential() -> ExponentialBuilder {
    let builder = ExponentialBuilder::new().with_min_delay(Duration::ZERO);
    builder.with_max_times(RETRIES as usize).with_jitter()
}

fn constant() -> ConstantBuilder {
    ConstantBuilder::new().with_delay(PAUSE).with_max_times(RETRIES as usize)
}

#[inline(never)]
fn sync(script: &'static Script) -> Answer {
    (|| attempt(script)).retry(exponential()).when(Failure::is_transient).call()
}

pub fn at_once() -> ConstantBuilder {
    ConstantBuilder::new().with_delay(Duration::ZERO).with_max_times(RETRIES as usize)
}

#[inline(never)]
fn sync_at_once(script: &'static Script) -> Answer {
    (|| attempt(script)).retry(at_once()).when(Failure::is_transient).call()
}

#[inline(never)]
#[backon(backoff = at_once, when = Failure::is_transient)]
fn annotated_at_once(script: &'static Script) -> Answer {
    attempt(script)
}

async fn ready(script: &'static Script) -> Answer {
    let work = || async { attempt(script) };
    work.retry(exponential()).sleep(tokio::time::sleep).when(Failure::is_transient).await
}

async fn pending(script: &'static Script) -> Answer {
    let work = || async {
        Later::default().await;
        attempt(script)
    };
    work.retry(exponential()).sleep(tokio::time::sleep).when(Failure::is_transient).await
}

async fn timer(script: &'static Script) -> Answer {
    let work = || async { attempt(script) };
    work.retry(constant()).sleep(tokio::time::sleep).when(Failure::is_transient).await
}

#[inline(never)]
#[backon(backoff = exponential, when = Failure::is_transient)]
fn annotated(script: &'static Script) -> Answer {
    attempt(script)
}

#[backon(backoff = exponential, sleep = tokio::time::sleep, when = Failure::is_transient)]
async fn annotated_ready(script: &'static Script) -> Answer {
    attempt(script)
}

#[backon(backoff = exponential, sleep = tokio::time::sleep, when = Failure::is_transient)]
async fn annotated_pending(script: &'static Script) -> Answer {
    Later::default().await;
    attempt(script)
}

#[backon(backoff = constant, sleep = tokio::time::sleep, when = Failure::is_transient)]
async fn annotated_timer(script: &'static Script) -> Answer {
    attempt(script)
}

async fn waits(pause: Duration) -> Answer {
    let backoff = ConstantBuilder::new().with_delay(pause).with_max_times(RETRIES as usize);
    let work = || async { waiting::attempt() };
    work.retry(backoff).sleep(tokio::time::sleep).when(Failure::is_transient).await
}
