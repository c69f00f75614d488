//! seatbelt: its retry, and its retry around its breaker.

use std::sync::LazyLock;
use std::time::Duration;

use ::seatbelt::breaker::Breaker;
use ::seatbelt::retry::{Backoff, Retry};
use ::seatbelt::{RecoveryInfo, ResilienceContext};
use layered::{Layer, Service};
use retry_benches::waiting::{self, Waiter};
use retry_benches::work::{Answer, Failure, PAUSE, RETRIES};
use retry_benches::{Candidate, Case, Work, future_case, waiter};
use tick::Clock;

use crate::service::{Attempts, Request, Waits};

const NAME: &str = "seatbelt";
const BREAKER: &str = "seatbelt + breaker";

const VERSION: &str = "seatbelt 0.11.0";

pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: NAME,
        version: VERSION,
        has: "exponential backoff with jitter, classes of failures",
        lacks: "sync functions, budget, breaker",
    },
    Candidate {
        name: BREAKER,
        version: VERSION,
        has: "the same around its breaker",
        lacks: "sync functions, budget",
    },
];

pub const WAITERS: &[Waiter] = &[waiter!(NAME, || REAL.execute(()))];

pub const CASES: &[Case] = &[
    future_case!(Work::AsyncReady, NAME, |script| BARE.execute(Request::ready(script))),
    future_case!(Work::AsyncReady, BREAKER, |script| BROKEN.execute(Request::ready(script))),
    future_case!(Work::AsyncPending, NAME, |script| BARE.execute(Request::pending(script))),
    future_case!(Work::AsyncPending, BREAKER, |script| BROKEN.execute(Request::pending(script))),
];

type Retried<In, S> = Retry<In, Answer, S>;

/// A clock bound to a runtime that is never run, which is enough because a first try does not wait.
fn at_home() -> Clock {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = Box::leak(Box::new(runtime.expect("a runtime without I/O can be built")));
    let _inside = runtime.enter();
    Clock::new_tokio()
}

fn recovery(answer: &Answer) -> RecoveryInfo {
    match answer {
        Err(failure) if failure.is_transient() => RecoveryInfo::retry(),
        _ => RecoveryInfo::never(),
    }
}

fn retried<In: Clone + Send + Sync + 'static, S>(
    clock: &Clock,
    pause: Duration,
    service: S,
) -> Retried<In, S> {
    let context = ResilienceContext::new(clock);
    let layer = Retry::layer("retry", &context).clone_input();
    let layer = layer.max_retry_attempts(RETRIES).base_delay(pause);
    let layer = match pause == PAUSE {
        true => layer,
        false => layer.backoff(Backoff::Constant).use_jitter(false),
    };
    layer.recovery_with(|answer: &Answer, _| recovery(answer)).layer(service)
}

static BARE: LazyLock<Retried<Request, Attempts>> =
    LazyLock::new(|| retried(&at_home(), PAUSE, Attempts));

static BROKEN: LazyLock<Retried<Request, Breaker<Request, Answer, Attempts>>> =
    LazyLock::new(|| {
        let clock = at_home();
        let context = ResilienceContext::new(&clock);
        let breaker = Breaker::layer("breaker", &context)
            .recovery_with(|answer: &Answer, _| recovery(answer))
            .rejected_input(|_, _| Err(Failure(599)))
            .layer(Attempts);
        retried(&clock, PAUSE, breaker)
    });

// Created by the first call, in the runtime in which all calls wait.
static REAL: LazyLock<Retried<(), Waits>> =
    LazyLock::new(|| retried(&Clock::new_tokio(), waiting::REAL_PAUSE, Waits));
