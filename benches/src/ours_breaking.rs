//! `#[retryable]` with a breaker that has something to do: calls that fail now and then, an open breaker, keys.

use std::cell::Cell;
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings, Permit, Window};
use retry_runtime::retryable;

use crate::Candidate;
use crate::case::{Case, Work};
use crate::work::{ANSWER, Answer, Failure, Script, attempt};

const HUNDRED: &str = "ours, one of 100 fails";
const HUNDRED_BREAKER: &str = "ours + breaker, one of 100 fails";
const TEN: &str = "ours, one of 10 fails";
const TEN_BREAKER: &str = "ours + breaker, one of 10 fails";
const OPEN: &str = "ours + breaker, open";
const KEYED: &str = "ours + breaker, keyed";
const KEYED_BARE: &str = "ours + breaker, keyed, budget = none";
const ALONE_TEN: &str = "breaker alone, one of 10 fails";
const ALONE_HUNDRED: &str = "breaker alone, one of 100 fails";
const ALONE: &str = "breaker alone, one of 1000 fails";
const ALONE_LONG: &str = "breaker alone, window of 100 000, one of 1000 fails";
const ALONE_FULL: &str = "breaker alone, window of 100 000 full of successes, one of 1000 fails";
const ALONE_OPEN: &str = "breaker alone, open";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    of_ours(HUNDRED, "a budget; every hundredth call fails once, and its cost is shared by all"),
    of_ours(HUNDRED_BREAKER, "the same, plus a breaker"),
    of_ours(TEN, "a budget; every tenth call fails once, and its cost is shared by all"),
    of_ours(TEN_BREAKER, "the same, plus a breaker"),
    of_ours(OPEN, "a budget, and an open breaker that refuses every call"),
    of_ours(KEYED, "a budget and a breaker for each key"),
    of_ours(KEYED_BARE, "a breaker for each key, and no budget"),
    of_ours(ALONE_TEN, "a breaker's permits, without a function; every tenth call fails"),
    of_ours(ALONE_HUNDRED, "the same; every hundredth call fails"),
    of_ours(
        ALONE,
        "the same; every thousandth call fails, after more successes than the window holds",
    ),
    of_ours(ALONE_LONG, "the same, with a window of 100 000 calls in place of 200"),
    of_ours(ALONE_FULL, "the same, after 100 000 successes that no failure has followed yet"),
    of_ours(ALONE_OPEN, "an open breaker that refuses every permit"),
];

const fn of_ours(name: &'static str, has: &'static str) -> Candidate {
    Candidate { name, version: "this repository", has, lacks: "" }
}

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, HUNDRED, |script| {
        fail_every(100, script);
        without(script)
    }),
    Case::blocking(Work::SyncFirst, HUNDRED_BREAKER, |script| {
        fail_every(100, script);
        breaker(script)
    }),
    Case::blocking(Work::SyncFirst, TEN, |script| {
        fail_every(10, script);
        without(script)
    }),
    Case::blocking(Work::SyncFirst, TEN_BREAKER, |script| {
        fail_every(10, script);
        breaker(script)
    }),
    Case::blocking(Work::SyncFirst, OPEN, |script| match refused(script) {
        Err(Failure(599)) => Ok(ANSWER),
        other => other,
    })
    .with(open),
    Case::blocking(Work::SyncFirst, KEYED, |script| keyed(script, "eu-1.example.com")),
    Case::blocking(Work::SyncFirst, KEYED_BARE, |script| keyed_bare(script, "eu-1.example.com")),
    Case::blocking(Work::SyncFirst, ALONE_TEN, |script| alone(&TENS, 10, script)),
    Case::blocking(Work::SyncFirst, ALONE_HUNDRED, |script| alone(&HUNDREDS, 100, script)),
    Case::blocking(Work::SyncFirst, ALONE, |script| alone(&SHORT, 1000, script)),
    Case::blocking(Work::SyncFirst, ALONE_LONG, |script| alone(&LONG, 1000, script)),
    Case::blocking(Work::SyncFirst, ALONE_FULL, |script| alone(&FULL, 1000, script)).with(fill),
    Case::blocking(Work::SyncFirst, ALONE_OPEN, |_| match DOWN.permit() {
        Ok(_) => Err(Failure(599)),
        Err(_) => Ok(ANSWER),
    })
    .with(open),
];

thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });

/// Makes the next attempt fail, at every call of this number on this thread.
#[inline(always)]
fn fail_every(calls: u32, script: &Script) {
    let call = CALLS.get() + 1;
    if call >= calls {
        script.fail(1);
    }
    CALLS.set(if call >= calls { 0 } else { call });
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none)]
fn without(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, breaker)]
fn breaker(script: &Script) -> Answer {
    attempt(script)
}

static DOWN: Breaker = Breaker::new("down", BreakerSettings::new());

fn open(on: bool) {
    if on { DOWN.trip(Some(Duration::from_secs(86_400))) } else { DOWN.reset() }
}

#[inline(never)]
#[retryable(max = 3, base = "0s", breaker = DOWN)]
fn refused(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", breaker(key = host))]
fn keyed(script: &Script, host: &str) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", budget = none, breaker(key = host))]
fn keyed_bare(script: &Script, host: &str) -> Answer {
    attempt(script)
}

static TENS: Breaker = Breaker::new("tens", BreakerSettings::new());
static HUNDREDS: Breaker = Breaker::new("hundreds", BreakerSettings::new());
static SHORT: Breaker = Breaker::new("short", BreakerSettings::new());
static LONG: Breaker = Breaker::new("long", BreakerSettings::new().window(Window::Count(100_000)));
static FULL: Breaker = Breaker::new("full", BreakerSettings::new().window(Window::Count(100_000)));

/// Fills the window with successes. The next failure comes after 1000 more calls, so not in those that warm up.
fn fill(on: bool) {
    if on {
        CALLS.set(0);
        (0..100_000).filter_map(|_| FULL.permit().ok()).for_each(|permit| permit.success());
    }
}

#[inline(never)]
fn alone(breaker: &Breaker, calls: u32, script: &Script) -> Answer {
    fail_every(calls, script);
    let Ok(permit) = breaker.permit() else { return Err(Failure(599)) };
    match attempt(script) {
        Ok(_) => permit.success(),
        Err(_) => first_failure(permit),
    }
    Ok(ANSWER)
}

/// Ends a permit with a failure. Callgrind counts what this function costs by itself.
#[inline(never)]
fn first_failure(permit: Permit<&Breaker>) {
    permit.failure();
}
