//! retry: sync only; an iterator of delays and a closure.

use std::time::Duration;

use ::retry::OperationResult;
use ::retry::delay::{Exponential, NoDelay, jitter};
use retry_benches::work::{Answer, RETRIES, Script, attempt};
use retry_benches::{Candidate, Case, Work};

const NAME: &str = "retry";

pub const CANDIDATES: &[Candidate] = &[Candidate {
    name: NAME,
    version: "retry 2.2.0",
    has: "exponential backoff with jitter, failures that end the call",
    lacks: "`async`, budget, breaker, statistics except the number of tries",
}];

pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, NAME, sync),
    Case::blocking(Work::SyncThree, NAME, |script| {
        script.fail(3);
        at_once(script)
    }),
    Case::blocking(Work::SyncJitter, NAME, |script| {
        script.fail(3);
        sync(script)
    }),
];

#[inline(never)]
fn sync(script: &'static Script) -> Answer {
    retried(Exponential::from_millis(0).map(jitter).take(RETRIES as usize), script)
}

#[inline(never)]
fn at_once(script: &'static Script) -> Answer {
    retried(NoDelay.take(RETRIES as usize), script)
}

#[inline(always)]
fn retried(delays: impl Iterator<Item = Duration>, script: &'static Script) -> Answer {
    let outcome = ::retry::retry(delays, || match attempt(script) {
        Ok(value) => OperationResult::Ok(value),
        Err(failure) if failure.is_transient() => OperationResult::Retry(failure),
        Err(failure) => OperationResult::Err(failure),
    });
    outcome.map_err(|error| error.error)
}
