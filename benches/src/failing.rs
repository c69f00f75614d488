//! `#[retryable]` around errors that callers often have: `io::Error`, and boxed errors.

use std::error::Error;
use std::io;

use retry_runtime::budget::Refund;
use retry_runtime::retryable;

use crate::Candidate;
use crate::case::{Case, Work};
use crate::work::{Answer, Failure, Script, attempt};

const IO: &str = "ours, io::Error";
const BOXED: &str = "ours, boxed io::Error";
const UNKNOWN: &str = "ours, boxed error of an unknown type";

const VERSION: &str = "this repository";
const HAS: &str = "classes of failures, full jitter, cap, budget";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate { name: IO, version: VERSION, has: HAS, lacks: "breaker" },
    Candidate { name: BOXED, version: VERSION, has: HAS, lacks: "breaker" },
    Candidate { name: UNKNOWN, version: VERSION, has: HAS, lacks: "breaker" },
];

/// Three failures of each error type.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncThree, IO, |script| {
        script.fail(3);
        refused(script).map_err(|_| Failure(1))
    }),
    Case::blocking(Work::SyncThree, BOXED, |script| {
        script.fail(3);
        refused_and_boxed(script).map_err(|_| Failure(1))
    }),
    Case::blocking(Work::SyncThree, UNKNOWN, |script| {
        script.fail(3);
        unknown(script).map_err(|_| Failure(1))
    }),
];

// As in `ours`: three failures for each success must not empty the budget.
const ALL: Refund = Refund::Tokens(3.0);

fn attempt_io(script: &Script) -> io::Result<u32> {
    attempt(script).map_err(|_| io::ErrorKind::ConnectionRefused.into())
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget(refund = ALL))]
fn refused(script: &Script) -> io::Result<u32> {
    attempt_io(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget(refund = ALL))]
fn refused_and_boxed(script: &Script) -> Result<u32, Box<dyn Error + Send + Sync>> {
    Ok(attempt_io(script)?)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, on = any, budget(refund = ALL))]
fn unknown(script: &Script) -> Result<u32, Box<dyn Error + Send + Sync>> {
    let answer: Answer = attempt(script);
    Ok(answer?)
}
