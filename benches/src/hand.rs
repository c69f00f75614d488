//! The retry loop that one would write by hand without a library, and the harness without any loop.

use std::thread;
use std::time::Duration;

use crate::case::{Case, Work};
use crate::waiting::{self, Waiter};
use crate::work::{ANSWER, Answer, Later, PAUSE, RETRIES, Script, attempt};
use crate::{Candidate, future_case, waiter};

/// The name of the loop that the others are compared with.
pub const HAND: &str = "hand-written loop";

/// The name of the harness, whose cost is subtracted from the others.
pub const NOTHING: &str = "harness";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: NOTHING,
        version: "",
        has: "the call of a case and the script, no attempt; for futures also polling",
        lacks: "",
    },
    Candidate {
        name: HAND,
        version: "",
        has: "a counter, a `match`, a fixed pause",
        lacks: "everything else: jitter, budget, breaker, statistics",
    },
];

/// The waiters of this module.
pub const WAITERS: &[Waiter] =
    &[waiter!(HAND, || waits(waiting::PAUSE), || waits(waiting::REAL_PAUSE))];

/// The cases of both candidates, for every kind of work except the budget.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, NOTHING, |_| Ok(ANSWER)),
    Case::blocking(Work::SyncFirst, HAND, looped),
    future_case!(Work::AsyncReady, NOTHING, nothing),
    future_case!(Work::AsyncReady, HAND, looped_ready),
    future_case!(Work::AsyncPending, NOTHING, nothing),
    future_case!(Work::AsyncPending, HAND, looped_pending),
    Case::blocking(Work::SyncThree, NOTHING, |script| {
        script.fail(3);
        Ok(ANSWER)
    }),
    Case::blocking(Work::SyncThree, HAND, |script| {
        script.fail(3);
        looped(script)
    }),
    Case::blocking(Work::SyncJitter, NOTHING, |script| {
        script.fail(3);
        Ok(ANSWER)
    }),
    Case::blocking(Work::SyncJitter, HAND, |script| {
        script.fail(3);
        looped(script)
    }),
    future_case!(Work::AsyncThree, NOTHING, nothing),
    future_case!(Work::AsyncThree, HAND, looped_timer),
    Case::blocking(Work::Budget, NOTHING, |_| Ok(ANSWER)),
];

#[inline(never)]
fn looped(script: &Script) -> Answer {
    let mut retries = 0;
    loop {
        match attempt(script) {
            Err(failure) if retries < RETRIES && failure.is_transient() => {
                retries += 1;
                thread::sleep(Duration::ZERO);
            }
            outcome => return outcome,
        }
    }
}

async fn nothing(_script: &Script) -> Answer {
    Ok(ANSWER)
}

async fn looped_ready(script: &Script) -> Answer {
    let mut retries = 0;
    loop {
        match async { attempt(script) }.await {
            Err(failure) if retries < RETRIES && failure.is_transient() => retries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn looped_pending(script: &Script) -> Answer {
    let mut retries = 0;
    loop {
        let work = async {
            Later::default().await;
            attempt(script)
        };
        match work.await {
            Err(failure) if retries < RETRIES && failure.is_transient() => retries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn waits(pause: Duration) -> Answer {
    let mut retries = 0;
    loop {
        match async { waiting::attempt() }.await {
            Err(failure) if retries < RETRIES && failure.is_transient() => retries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(pause).await;
    }
}

/// The same as the ready case; only the script differs.
use looped_ready as looped_timer;
