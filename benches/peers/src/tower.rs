//! tower's `Retry` layer with its `TpsBudget`, around a service that is cloned for each call.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::tower::ServiceExt;
use ::tower::retry::budget::{Budget, TpsBudget};
use ::tower::retry::{Policy, Retry};
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{ANSWER, Answer, Failure, PAUSE, RETRIES, Script};
use retry_benches::{Candidate, Case, Work, future_case, waiter};

use crate::service::{Attempts, Request, Waits};

const NAME: &str = "tower retry";
const BUDGET: &str = "tower retry + budget";

pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: NAME,
        version: "tower 0.5.3",
        has: "a policy that counts and asks the failure; the service is cloned for each call",
        lacks: "sync functions, backoff (here a fixed pause), budget, breaker, statistics",
    },
    Candidate {
        name: BUDGET,
        version: "tower 0.5.3",
        has: "the same, plus `TpsBudget`",
        lacks: "sync functions, backoff (here a fixed pause), breaker, statistics",
    },
];

pub const WAITERS: &[Waiter] =
    &[waiter!(NAME, || waits(waiting::PAUSE), || waits(waiting::REAL_PAUSE))];

pub const CASES: &[Case] = &[
    future_case!(Work::AsyncReady, NAME, |script| BARE.clone().oneshot(Request::ready(script))),
    future_case!(Work::AsyncReady, BUDGET, |script| PAID.clone().oneshot(Request::ready(script))),
    future_case!(Work::AsyncPending, NAME, |script| BARE.clone().oneshot(Request::pending(script))),
    future_case!(Work::AsyncPending, BUDGET, |script| PAID
        .clone()
        .oneshot(Request::pending(script))),
    future_case!(Work::AsyncThree, NAME, |script| BARE.clone().oneshot(Request::ready(script))),
    future_case!(Work::AsyncThree, BUDGET, |script| PAID.clone().oneshot(Request::ready(script))),
    Case::blocking(Work::Budget, BUDGET, account),
];

static BARE: LazyLock<Retry<Attentive, Attempts>> =
    LazyLock::new(|| Retry::new(Attentive::new(None, PAUSE), Attempts));

/// A deposit pays for three withdrawals, so that the case with three failures never empties the budget.
static PAID: LazyLock<Retry<Attentive, Attempts>> = LazyLock::new(|| {
    let budget = TpsBudget::new(Duration::from_secs(10), 10, 3.0);
    Retry::new(Attentive::new(Some(Arc::new(budget)), PAUSE), Attempts)
});

/// A deposit pays for a withdrawal, so alternating deposits and withdrawals are never refused.
static TOKENS: LazyLock<TpsBudget> =
    LazyLock::new(|| TpsBudget::new(Duration::from_secs(10), 10, 1.0));

fn account(_script: &'static Script) -> Answer {
    TOKENS.deposit();
    if TOKENS.withdraw() { Ok(ANSWER) } else { Err(Failure(1)) }
}

#[derive(Clone, Debug)]
struct Attentive {
    left: u32,
    pause: Duration,
    budget: Option<Arc<TpsBudget>>,
}

impl Attentive {
    fn new(budget: Option<Arc<TpsBudget>>, pause: Duration) -> Self {
        Attentive { left: RETRIES, pause, budget }
    }
}

impl<R: Clone> Policy<R, u32, Failure> for Attentive {
    type Future = tokio::time::Sleep;

    fn retry(&mut self, _request: &mut R, answer: &mut Answer) -> Option<Self::Future> {
        match answer {
            Ok(_) => {
                if let Some(budget) = &self.budget {
                    budget.deposit();
                }
                None
            }
            Err(failure) => {
                if self.left == 0 || !failure.is_transient() {
                    return None;
                }
                if self.budget.as_ref().is_some_and(|budget| !budget.withdraw()) {
                    return None;
                }
                self.left -= 1;
                Some(tokio::time::sleep(self.pause))
            }
        }
    }

    fn clone_request(&mut self, request: &R) -> Option<R> {
        Some(request.clone())
    }
}

async fn waits(pause: Duration) -> Answer {
    Retry::new(Attentive::new(None, pause), Waits).oneshot(()).await
}
