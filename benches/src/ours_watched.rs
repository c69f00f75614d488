//! `#[retryable]` with budget and breaker, with a configuration applied or an observer attached.

use std::sync::{Mutex, PoisonError};

use retry_config::Config;
use retry_runtime::events::{self, ObserverGuard};
use retry_runtime::{budget::Refund, retryable};

use crate::case::{Case, Work};
use crate::work::{Answer, Script, attempt};
use crate::{Candidate, future_case};

const OVERRIDDEN: &str = "ours + breaker, overridden";
const FOR_RETRIES: &str = "ours + breaker, retries observed";
const FOR_ALL: &str = "ours + breaker, all observed";

const VERSION: &str = "this repository";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: OVERRIDDEN,
        version: VERSION,
        has: "budget, breaker, and a configuration that overrides this function's settings",
        lacks: "",
    },
    Candidate {
        name: FOR_RETRIES,
        version: VERSION,
        has: "budget, breaker, and an observer of retries (`events::observe_retries`) that does nothing",
        lacks: "",
    },
    Candidate {
        name: FOR_ALL,
        version: VERSION,
        has: "budget, breaker, and an observer of everything (`events::observe`) that does nothing",
        lacks: "",
    },
];

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, OVERRIDDEN, sync).with(override_settings),
    Case::blocking(Work::SyncFirst, FOR_RETRIES, sync).with(observe_retries),
    Case::blocking(Work::SyncFirst, FOR_ALL, sync).with(observe_all),
    future_case!(Work::AsyncReady, OVERRIDDEN, ready).with(override_settings),
    future_case!(Work::AsyncReady, FOR_RETRIES, ready).with(observe_retries),
    future_case!(Work::AsyncReady, FOR_ALL, ready).with(observe_all),
    Case::blocking(Work::SyncThree, OVERRIDDEN, failing).with(override_settings),
    Case::blocking(Work::SyncThree, FOR_RETRIES, failing).with(observe_retries),
    Case::blocking(Work::SyncThree, FOR_ALL, failing).with(observe_all),
];

/// The configuration sets the same values as the attribute, so only their source differs.
fn override_settings(on: bool) {
    if on {
        let config = Config::from_toml("[op.\"benches::watched*\"]\nmax = 3\ncap = \"20s\"");
        let applied = config.and_then(retry_config::apply);
        applied.expect("a valid configuration");
    } else {
        retry_config::reset();
    }
}

static OBSERVER: Mutex<Option<ObserverGuard>> = Mutex::new(None);

fn observe_retries(on: bool) {
    set(on.then(|| events::observe_retries(|event| _ = std::hint::black_box(event))));
}

fn observe_all(on: bool) {
    set(on.then(|| events::observe(|event| _ = std::hint::black_box(event))));
}

fn set(observer: Option<ObserverGuard>) {
    *OBSERVER.lock().unwrap_or_else(PoisonError::into_inner) = observer;
}

#[inline(never)]
#[retryable(max = 3, base = "0s", breaker, name = "benches::watched")]
fn sync(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", breaker, name = "benches::watched_ready")]
async fn ready(script: &Script) -> Answer {
    attempt(script)
}

// With these settings, three failures for each success neither empty the budget nor open the breaker.
const ALL: Refund = Refund::Tokens(3.0);

fn failing(script: &Script) -> Answer {
    script.fail(3);
    failing_at_once(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget(refund = ALL), breaker(rate = 1.0), name = "benches::watched_failing")]
fn failing_at_once(script: &Script) -> Answer {
    attempt(script)
}
