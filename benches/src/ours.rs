//! `#[retryable]` with fewer and more features.

use retry_runtime::budget::{Budget, BudgetSettings, Refund};
use retry_runtime::{Kind, retryable};

use crate::case::{Case, Work};
use crate::waiting::{self, Waiter};
use crate::work::{ANSWER, Answer, Failure, Later, Script, attempt};
use crate::{Candidate, future_case, waiter};

/// The name without a budget.
pub const BARE: &str = "ours, budget = none";
/// The name with the default settings, which include a budget.
pub const DEFAULT: &str = "ours";
/// The name with a budget and a breaker.
pub const BREAKER: &str = "ours + breaker";

const VERSION: &str = "this repository";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: BARE,
        version: VERSION,
        has: "classes of failures, full jitter, cap",
        lacks: "budget, breaker",
    },
    Candidate {
        name: DEFAULT,
        version: VERSION,
        has: "the same, plus a budget for the function",
        lacks: "breaker",
    },
    Candidate {
        name: BREAKER,
        version: VERSION,
        has: "the same, plus a budget and a breaker",
        lacks: "",
    },
];

/// The waiters of this module.
pub const WAITERS: &[Waiter] =
    &[waiter!(BARE, bare_waits, bare_waits_really), waiter!(DEFAULT, waits, waits_really)];

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::SyncFirst, BARE, bare),
    Case::blocking(Work::SyncFirst, DEFAULT, default),
    Case::blocking(Work::SyncFirst, BREAKER, breaker),
    future_case!(Work::AsyncReady, BARE, bare_ready),
    future_case!(Work::AsyncReady, DEFAULT, default_ready),
    future_case!(Work::AsyncReady, BREAKER, breaker_ready),
    future_case!(Work::AsyncPending, BARE, bare_pending),
    future_case!(Work::AsyncPending, DEFAULT, default_pending),
    future_case!(Work::AsyncPending, BREAKER, breaker_pending),
    Case::blocking(Work::SyncThree, BARE, |script| {
        script.fail(3);
        fixed(script)
    }),
    Case::blocking(Work::SyncThree, DEFAULT, |script| {
        script.fail(3);
        paid_fixed(script)
    }),
    Case::blocking(Work::SyncThree, BREAKER, |script| {
        script.fail(3);
        paid_breaker_fixed(script)
    }),
    Case::blocking(Work::SyncJitter, BARE, |script| {
        script.fail(3);
        bare(script)
    }),
    Case::blocking(Work::SyncJitter, DEFAULT, |script| {
        script.fail(3);
        paid(script)
    }),
    Case::blocking(Work::SyncJitter, BREAKER, |script| {
        script.fail(3);
        paid_breaker(script)
    }),
    future_case!(Work::AsyncThree, BARE, bare_timer),
    future_case!(Work::AsyncThree, DEFAULT, paid_timer),
    future_case!(Work::AsyncThree, BREAKER, paid_breaker_timer),
    Case::blocking(Work::Budget, DEFAULT, account),
];

#[inline(never)]
#[retryable(max = 3, base = "0s", budget = none)]
fn bare(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s")]
fn default(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", breaker)]
fn breaker(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", budget = none, jitter = none)]
async fn bare_ready(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none)]
async fn default_ready(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, breaker)]
async fn breaker_ready(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", budget = none, jitter = none)]
async fn bare_pending(script: &Script) -> Answer {
    Later::default().await;
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none)]
async fn default_pending(script: &Script) -> Answer {
    Later::default().await;
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, breaker)]
async fn breaker_pending(script: &Script) -> Answer {
    Later::default().await;
    attempt(script)
}

// Three failures for each success would empty any useful budget and open any useful breaker. These settings prevent
// that, but the budget and the breaker still do all their work for each failure.

const ALL: Refund = Refund::Tokens(3.0);

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget = none)]
fn fixed(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget(refund = ALL))]
fn paid_fixed(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget(refund = ALL), breaker(rate = 1.0))]
fn paid_breaker_fixed(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", budget(refund = ALL))]
fn paid(script: &Script) -> Answer {
    attempt(script)
}

#[inline(never)]
#[retryable(max = 3, base = "0s", budget(refund = ALL), breaker(rate = 1.0))]
fn paid_breaker(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, backoff = fixed, budget(refund = ALL))]
async fn paid_timer(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, backoff = fixed, budget(refund = ALL), breaker(rate = 1.0))]
async fn paid_breaker_timer(script: &Script) -> Answer {
    attempt(script)
}

#[retryable(max = 3, base = "1ms", jitter = none, backoff = fixed, budget = none)]
async fn bare_timer(script: &Script) -> Answer {
    attempt(script)
}

static BUDGET: Budget = Budget::new(BudgetSettings::new());

/// Records a success, then a retry that the budget admits and that succeeds.
fn account(_script: &Script) -> Answer {
    BUDGET.deposit_success();
    match BUDGET.try_withdraw(Kind::Transient) {
        Ok(retry) => retry.succeeded(),
        Err(_) => return Err(Failure(1)),
    }
    Ok(ANSWER)
}

#[retryable(max = 3, base = "1h", cap = "1h", backoff = fixed, jitter = none, budget = none)]
async fn bare_waits() -> Answer {
    waiting::attempt()
}

#[retryable(max = 3, base = "12s", backoff = fixed, jitter = none, budget = none)]
async fn bare_waits_really() -> Answer {
    waiting::attempt()
}

// A budget that charges for each retry and that a million concurrent retries do not empty.
const CHEAP: f64 = 0.001;

#[retryable(max = 3, base = "1h", cap = "1h", backoff = fixed, jitter = none, budget(capacity = 10_000, cost = CHEAP))]
async fn waits() -> Answer {
    waiting::attempt()
}

#[retryable(max = 3, base = "12s", backoff = fixed, jitter = none, budget(capacity = 10_000, cost = CHEAP))]
async fn waits_really() -> Answer {
    waiting::attempt()
}
