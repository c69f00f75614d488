//! The engine: limits, hints, cancellation, hooks and cleanup. No test sleeps for real.

pub(crate) mod allocations;
mod answers;
mod cancellation;
mod deadline;
mod direct;
mod dropped;
mod hints;
mod hooks;
mod inside;
mod interruptions;
mod interruptions_within;
mod labels;
mod measured;
mod nested;
mod open_limits;
mod outcomes;
mod own_backoff;
mod per_call;
mod properties;
mod quick_limits;
mod reports;
mod resumed;
mod retrying;
mod runtimes;
mod sites;
mod steps;
mod timeout;

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use retry_runtime::{Backoff, Classify, Interruption, Jitter, Policy};

/// One failure of each kind, and an interruption.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Classify)]
enum Failure {
    #[error("connection refused")]
    #[classify(transient)]
    Refused,
    #[error("slow down")]
    #[classify(throttled, after = wait)]
    Busy { wait: Option<Duration> },
    #[error("connection reset")]
    #[classify(ambiguous)]
    Reset,
    #[error("shedding load")]
    #[classify(overloaded)]
    Shedding,
    #[error("no such account")]
    #[classify(permanent)]
    Unknown,
    #[error(transparent)]
    #[classify(inherit)]
    Cut(#[from] Interruption),
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A policy with this number of attempts and a fixed delay between them.
const fn every(delay: Duration, attempts: u32) -> Policy {
    Policy::new().backoff(Backoff::Fixed).base(delay).jitter(Jitter::None).attempts(attempts)
}

/// Polls a future that is ready at once, as sleeps are on virtual time.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("not ready at once"),
    }
}
