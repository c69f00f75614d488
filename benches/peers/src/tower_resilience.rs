//! tower-resilience: its retry, alone, with its budget, and around its circuit breaker.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::tower::{Layer, ServiceExt};
use ::tower_resilience::circuitbreaker::{
    CircuitBreaker, CircuitBreakerError, CircuitBreakerLayer, DefaultClassifier,
};
use ::tower_resilience::retry::{Retry, RetryBudget, RetryBudgetBuilder, RetryLayer};
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{ANSWER, Answer, Failure, PAUSE, RETRIES, Script};
use retry_benches::{Candidate, Case, Work, future_case, waiter};

use crate::service::{Attempts, Request, Waits};

const NAME: &str = "tower-resilience";
const BUDGET: &str = "tower-resilience + budget";
const BREAKER: &str = "tower-resilience + breaker";

const VERSION: &str = "tower-resilience 0.13.0";

pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: NAME,
        version: VERSION,
        has: "a predicate, events without a listener; the service is cloned for each call",
        lacks: "sync functions, budget, breaker",
    },
    Candidate {
        name: BUDGET,
        version: VERSION,
        has: "the same, plus its token bucket",
        lacks: "sync functions, breaker",
    },
    Candidate {
        name: BREAKER,
        version: VERSION,
        has: "retry around its circuit breaker, over the last 100 calls",
        lacks: "sync functions, budget",
    },
];

pub const WAITERS: &[Waiter] = &[waiter!(NAME, || waits(&LONG), || waits(&REAL))];

pub const CASES: &[Case] = &[
    future_case!(Work::AsyncReady, NAME, |script| BARE.clone().oneshot(Request::ready(script))),
    future_case!(Work::AsyncReady, BUDGET, |script| PAID.clone().oneshot(Request::ready(script))),
    future_case!(Work::AsyncReady, BREAKER, |script| broken(Request::ready(script))),
    future_case!(Work::AsyncPending, NAME, |script| BARE.clone().oneshot(Request::pending(script))),
    future_case!(Work::AsyncPending, BUDGET, |script| PAID
        .clone()
        .oneshot(Request::pending(script))),
    future_case!(Work::AsyncPending, BREAKER, |script| broken(Request::pending(script))),
    future_case!(Work::AsyncThree, NAME, |script| BARE.clone().oneshot(Request::ready(script))),
    future_case!(Work::AsyncThree, BREAKER, |script| broken(Request::ready(script))),
    Case::blocking(Work::Budget, BUDGET, account),
];

type Simple<S, R> = Retry<S, R, u32, Failure>;
type Inner = CircuitBreakerError<Failure>;

fn layer<R: Clone>(
    pause: Duration,
    budget: Option<Arc<dyn RetryBudget>>,
) -> RetryLayer<R, u32, Failure> {
    let builder = RetryLayer::builder().max_attempts(RETRIES as usize + 1);
    let builder = builder.fixed_backoff(pause).retry_on(Failure::is_transient);
    match budget {
        Some(budget) => builder.budget(budget).build(),
        None => builder.build(),
    }
}

static BARE: LazyLock<Simple<Attempts, Request>> =
    LazyLock::new(|| layer(PAUSE, None).layer(Attempts));

static PAID: LazyLock<Simple<Attempts, Request>> =
    LazyLock::new(|| layer(PAUSE, Some(bucket())).layer(Attempts));

static BROKEN: LazyLock<Retry<CircuitBreaker<Attempts, DefaultClassifier>, Request, u32, Inner>> =
    LazyLock::new(|| {
        let breaker = CircuitBreakerLayer::builder().failure_rate_threshold(1.0).build();
        let breaker = breaker.expect("a rate of 1 is valid").layer(Attempts);
        let builder = RetryLayer::builder().max_attempts(RETRIES as usize + 1).fixed_backoff(PAUSE);
        let transient = |error: &Inner| match error {
            CircuitBreakerError::Inner(failure) => failure.is_transient(),
            CircuitBreakerError::OpenCircuit => false,
        };
        builder.retry_on(transient).build().layer(breaker)
    });

async fn broken(request: Request) -> Answer {
    BROKEN.clone().oneshot(request).await.map_err(|error| match error {
        CircuitBreakerError::Inner(failure) => failure,
        CircuitBreakerError::OpenCircuit => Failure(599),
    })
}

fn bucket() -> Arc<dyn RetryBudget> {
    let bucket = RetryBudgetBuilder::new().token_bucket().tokens_per_second(10.0).max_tokens(100);
    bucket.build().expect("settings from the documentation are valid")
}

static TOKENS: LazyLock<Arc<dyn RetryBudget>> = LazyLock::new(bucket);

fn account(_script: &'static Script) -> Answer {
    TOKENS.deposit();
    if TOKENS.try_withdraw() { Ok(ANSWER) } else { Err(Failure(1)) }
}

static LONG: LazyLock<Simple<Waits, ()>> =
    LazyLock::new(|| layer(waiting::PAUSE, None).layer(Waits));
static REAL: LazyLock<Simple<Waits, ()>> =
    LazyLock::new(|| layer(waiting::REAL_PAUSE, None).layer(Waits));

async fn waits(service: &'static Simple<Waits, ()>) -> Answer {
    service.clone().oneshot(()).await
}
