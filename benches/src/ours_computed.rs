//! `#[retryable]` with settings that each call computes, and calls of a policy without an attribute.

use retry_runtime::{Policy, retryable};

use crate::case::{Case, Work};
use crate::work::{Answer, RETRIES, Script, attempt};
use crate::{Candidate, future_case};

const COMPUTED: &str = "ours, computed settings";
const DIRECT: &str = "ours, `Policy::retrying`";
const NAMED: &str = "ours, `Policy::retrying`, named";

const VERSION: &str = "this repository";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: COMPUTED,
        version: VERSION,
        has: "classes of failures, full jitter, cap, budget; two settings are arguments of the call",
        lacks: "breaker",
    },
    Candidate {
        name: DIRECT,
        version: VERSION,
        has: "classes of failures, full jitter, cap, a call id",
        lacks: "budget, breaker, counts, history",
    },
    Candidate {
        name: NAMED,
        version: VERSION,
        has: "classes of failures, full jitter, cap, a call id, budget, counts, history; the site is found by its name",
        lacks: "breaker",
    },
];

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, COMPUTED, computed),
    Case::blocking(Work::SyncFirst, DIRECT, direct),
    Case::blocking(Work::SyncFirst, NAMED, named),
    future_case!(Work::AsyncReady, COMPUTED, computed_ready),
    future_case!(Work::AsyncReady, DIRECT, direct_ready),
    Case::blocking(Work::SyncThree, DIRECT, |script| {
        script.fail(3);
        direct(script)
    }),
];

#[retryable(max = script.retries, base = script.base)]
fn computed(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = script.retries, base = script.base)]
async fn computed_ready(script: &Script) -> Answer {
    attempt(script)
}

static POLICY: Policy = Policy::new().max(RETRIES).base(std::time::Duration::ZERO);

fn direct(script: &Script) -> Answer {
    POLICY.retrying(|_| attempt(script)).run()
}

fn named(script: &Script) -> Answer {
    POLICY.retrying(|_| attempt(script)).named("bench").run()
}

async fn direct_ready(script: &Script) -> Answer {
    POLICY.retrying(|_| async { attempt(script) }).await
}
