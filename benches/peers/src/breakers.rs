//! Breakers without retries: alone, and inside backon.

use std::sync::LazyLock;
use std::time::Duration;

use ::backon::{BlockingRetryable, Retryable};
use failsafe::backoff::{Exponential, exponential as growing};
use failsafe::failure_policy::{
    ConsecutiveFailures, OrElse, SuccessRateOverTimeWindow, consecutive_failures,
    success_rate_over_time_window,
};
use failsafe::{CircuitBreaker, StateMachine};
use recloser::{AsyncRecloser, Recloser};
use retry_benches::work::{Answer, Failure, Later, Script, attempt};
use retry_benches::{Candidate, Case, Work, future_case};

use crate::backon::{at_once, exponential};

const RECLOSER: &str = "recloser";
const FAILSAFE: &str = "failsafe";
const WITH_RECLOSER: &str = "backon + recloser";
const WITH_FAILSAFE: &str = "backon + failsafe";

pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: RECLOSER,
        version: "recloser 1.4.0",
        has: "a breaker over the last 100 calls",
        lacks: "retries, budget",
    },
    Candidate {
        name: FAILSAFE,
        version: "failsafe 1.3.0",
        has: "a breaker by success rate or by failures in a row",
        lacks: "retries, budget",
    },
    Candidate {
        name: WITH_RECLOSER,
        version: "backon 1.6.0, recloser 1.4.0",
        has: "backon around a recloser",
        lacks: "budget",
    },
    Candidate {
        name: WITH_FAILSAFE,
        version: "backon 1.6.0, failsafe 1.3.0",
        has: "backon around a failsafe",
        lacks: "budget",
    },
];

pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, RECLOSER, reclosed),
    Case::blocking(Work::SyncFirst, FAILSAFE, safe),
    Case::blocking(Work::SyncFirst, WITH_RECLOSER, retried_reclosed),
    Case::blocking(Work::SyncFirst, WITH_FAILSAFE, retried_safe),
    future_case!(Work::AsyncReady, WITH_RECLOSER, ready),
    future_case!(Work::AsyncPending, WITH_RECLOSER, pending),
    Case::blocking(Work::SyncThree, WITH_RECLOSER, |script| {
        script.fail(3);
        reclosed_at_once(script)
    }),
    Case::blocking(Work::SyncThree, WITH_FAILSAFE, |script| {
        script.fail(3);
        safe_at_once(script)
    }),
    Case::blocking(Work::SyncJitter, WITH_RECLOSER, |script| {
        script.fail(3);
        retried_reclosed(script)
    }),
    Case::blocking(Work::SyncJitter, WITH_FAILSAFE, |script| {
        script.fail(3);
        retried_safe(script)
    }),
];

/// A breaker that three failures for each success do not open.
fn patient() -> Recloser {
    Recloser::custom().error_rate(0.99).closed_len(100).build()
}

static BREAKER: LazyLock<Recloser> = LazyLock::new(patient);
static ASYNC: LazyLock<AsyncRecloser> = LazyLock::new(|| AsyncRecloser::from(patient()));

type Policy = OrElse<SuccessRateOverTimeWindow<Exponential>, ConsecutiveFailures<Exponential>>;

/// The default policy, with limits that three failures for each success do not reach.
static MACHINE: LazyLock<StateMachine<Policy, ()>> = LazyLock::new(|| {
    use failsafe::FailurePolicy;
    let pauses = || growing(Duration::from_secs(10), Duration::from_secs(300));
    let rate = success_rate_over_time_window(0.01, 5, Duration::from_secs(30), pauses());
    let policy = rate.or_else(consecutive_failures(5, pauses()));
    failsafe::Config::new().failure_policy(policy).build()
});

fn in_recloser(error: recloser::Error<Failure>) -> Failure {
    match error {
        recloser::Error::Inner(failure) => failure,
        recloser::Error::Rejected => Failure(599),
    }
}

fn in_failsafe(error: failsafe::Error<Failure>) -> Failure {
    match error {
        failsafe::Error::Inner(failure) => failure,
        failsafe::Error::Rejected => Failure(599),
    }
}

#[inline(never)]
fn reclosed(script: &'static Script) -> Answer {
    BREAKER.call(|| attempt(script)).map_err(in_recloser)
}

#[inline(never)]
fn safe(script: &'static Script) -> Answer {
    MACHINE.call(|| attempt(script)).map_err(in_failsafe)
}

#[inline(never)]
fn retried_reclosed(script: &'static Script) -> Answer {
    let work = || BREAKER.call(|| attempt(script)).map_err(in_recloser);
    work.retry(exponential()).when(Failure::is_transient).call()
}

#[inline(never)]
fn retried_safe(script: &'static Script) -> Answer {
    let work = || MACHINE.call(|| attempt(script)).map_err(in_failsafe);
    work.retry(exponential()).when(Failure::is_transient).call()
}

#[inline(never)]
fn reclosed_at_once(script: &'static Script) -> Answer {
    let work = || BREAKER.call(|| attempt(script)).map_err(in_recloser);
    work.retry(at_once()).when(Failure::is_transient).call()
}

#[inline(never)]
fn safe_at_once(script: &'static Script) -> Answer {
    let work = || MACHINE.call(|| attempt(script)).map_err(in_failsafe);
    work.retry(at_once()).when(Failure::is_transient).call()
}

async fn ready(script: &'static Script) -> Answer {
    let work = || async { ASYNC.call(async { attempt(script) }).await.map_err(in_recloser) };
    work.retry(exponential()).sleep(tokio::time::sleep).when(Failure::is_transient).await
}

async fn pending(script: &'static Script) -> Answer {
    let work = || async {
        let attempt = async {
            Later::default().await;
            attempt(script)
        };
        ASYNC.call(attempt).await.map_err(in_recloser)
    };
    work.retry(exponential()).sleep(tokio::time::sleep).when(Failure::is_transient).await
}
