//! `#[retryable]` with a report for its caller: `report` in the attribute, or `observe` around the call.

use retry_runtime::{RetryError, observe, observe_blocking, retryable};

use crate::case::{Case, Work};
use crate::work::{Answer, Failure, Script, attempt};
use crate::{Candidate, future_case};

const REPORT: &str = "ours, report";
const OBSERVE: &str = "ours, in observe";

const VERSION: &str = "this repository";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: REPORT,
        version: VERSION,
        has: "budget, and a `RetryError` with the attempts and their times, if the call fails",
        lacks: "",
    },
    Candidate {
        name: OBSERVE,
        version: VERSION,
        has: "budget, and a report of every call, with the attempts and their times (`observe`)",
        lacks: "",
    },
];

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, REPORT, |script| answer(reported(script))),
    Case::blocking(Work::SyncFirst, OBSERVE, |script| observe_blocking(|| observed(script)).0),
    future_case!(Work::AsyncReady, REPORT, reported_ready),
    future_case!(Work::AsyncReady, OBSERVE, observed_ready),
];

fn answer(result: Result<u32, RetryError<Failure>>) -> Answer {
    result.map_err(RetryError::into_error)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", report)]
fn reported(script: &Script) -> Result<u32, RetryError<Failure>> {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s")]
fn observed(script: &Script) -> Answer {
    attempt(script)
}

async fn reported_ready(script: &Script) -> Answer {
    #[retryable(max = 3, base = "1ms", jitter = none, report)]
    async fn call(script: &Script) -> Result<u32, RetryError<Failure>> {
        attempt(script)
    }
    answer(call(script).await)
}

async fn observed_ready(script: &Script) -> Answer {
    #[retryable(max = 3, base = "1ms", jitter = none)]
    async fn call(script: &Script) -> Answer {
        attempt(script)
    }
    observe(call(script)).await.0
}
