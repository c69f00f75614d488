//! `#[retryable]` with limits in time, and what one would write by hand for them.

use std::time::{Duration, Instant};

use retry_runtime::retryable;

use crate::case::{Case, Work};
use crate::work::{Answer, Failure, Later, RETRIES, Script, attempt};
use crate::{Candidate, future_case};

const HAND: &str = "hand-written loop, deadline";
const HAND_TIMEOUT: &str = "hand-written loop, tokio's timeout";
const DEADLINE: &str = "ours, deadline";
const TIMEOUT: &str = "ours, timeout";

const VERSION: &str = "this repository";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: HAND,
        version: "",
        has: "a counter, a `match`, a clock that is read before the first attempt and after each failure",
        lacks: "everything else: the deadline ends no running attempt",
    },
    Candidate {
        name: HAND_TIMEOUT,
        version: "",
        has: "a counter, a `match`, `tokio::time::timeout` around each attempt",
        lacks: "everything else",
    },
    Candidate {
        name: DEADLINE,
        version: VERSION,
        has: "classes of failures, full jitter, cap, budget, a deadline that calls inside inherit",
        lacks: "breaker",
    },
    Candidate {
        name: TIMEOUT,
        version: VERSION,
        has: "classes of failures, full jitter, cap, budget, a timeout of each attempt",
        lacks: "breaker",
    },
];

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, HAND, by_hand),
    Case::blocking(Work::SyncFirst, DEADLINE, deadline),
    future_case!(Work::AsyncReady, DEADLINE, deadline_ready),
    future_case!(Work::AsyncReady, TIMEOUT, timeout_ready),
    future_case!(Work::AsyncTimed, "harness", nothing),
    future_case!(Work::AsyncTimed, HAND_TIMEOUT, pending_by_hand),
    future_case!(Work::AsyncTimed, DEADLINE, deadline_pending),
    future_case!(Work::AsyncTimed, TIMEOUT, timeout_pending),
];

const LIMIT: Duration = Duration::from_secs(30);

async fn nothing(_script: &Script) -> Answer {
    Ok(crate::work::ANSWER)
}

#[inline(never)]
fn by_hand(script: &Script) -> Answer {
    let deadline = Instant::now() + LIMIT;
    let mut retries = 0;
    loop {
        match attempt(script) {
            Err(failure)
                if retries < RETRIES && failure.is_transient() && Instant::now() < deadline =>
            {
                retries += 1;
            }
            outcome => return outcome,
        }
    }
}

async fn pending_by_hand(script: &Script) -> Answer {
    let mut retries = 0;
    loop {
        let limited = tokio::time::timeout(LIMIT, async {
            Later::default().await;
            attempt(script)
        });
        match limited.await.unwrap_or(Err(Failure(599))) {
            Err(failure) if retries < RETRIES && failure.is_transient() => retries += 1,
            outcome => return outcome,
        }
    }
}

#[inline(never)]
#[retryable(max = 3, base = "0s", deadline = LIMIT)]
fn deadline(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, deadline = LIMIT)]
async fn deadline_ready(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, timeout = LIMIT, idempotent)]
async fn timeout_ready(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, deadline = LIMIT)]
async fn deadline_pending(script: &Script) -> Answer {
    Later::default().await;
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, timeout = LIMIT, idempotent)]
async fn timeout_pending(script: &Script) -> Answer {
    Later::default().await;
    attempt(script)
}
