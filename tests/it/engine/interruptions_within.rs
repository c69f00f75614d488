//! An interruption of a call inside, within an error of another type or in a text: the call around it ends all the same.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::{
    CancelToken, Class, Classify, Interruption, Kind, Policy, RetryError, StopReason,
    observe_blocking, retryable,
};

use crate::virtual_time::virtually;

/// The error of the call inside. Its interruption is not in its source chain: a transparent error stands for it.
#[derive(Debug, thiserror::Error, Classify)]
enum Inner {
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(max = 9, base = "20ms", cancel = stop)]
fn cancelled(stop: &CancelToken) -> Result<u32, Inner> {
    stop.cancel();
    Err(Inner::Busy)
}

fn cancelled_call() -> Result<u32, Inner> {
    cancelled(&CancelToken::new())
}

fn refused_call() -> Result<u32, Inner> {
    static OPEN: Breaker = Breaker::new("within::open", BreakerSettings::new());
    #[retryable(max = 0, breaker = OPEN)]
    fn refused() -> Result<u32, Inner> {
        Err(Inner::Busy)
    }
    OPEN.force_open();
    refused()
}

type Boxed = Box<dyn Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
#[error("cannot load")]
struct BySource(#[source] Inner);

#[derive(Debug, thiserror::Error)]
#[error("cannot load: {0}")]
struct ByText(Inner);

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Transparent(#[from] Inner);

#[derive(Debug, thiserror::Error)]
#[error("cannot load")]
struct AroundBox(#[source] Boxed);

/// Classified as a whole, whatever is inside.
#[derive(Debug, thiserror::Error, Classify)]
enum Classified {
    #[error("cannot load")]
    #[classify(transient)]
    Load(#[from] Inner),
    #[error("cannot open")]
    #[classify(transient)]
    Open { source: anyhow::Error },
    #[error("cannot read: {0}")]
    #[classify(transient)]
    Read(BySource),
}

/// Classified by hand.
#[derive(Debug)]
struct ByHand(Inner);

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Classify for ByHand {
    fn classify(&self) -> Class {
        Kind::Transient.into()
    }
}

/// Two tests for each way to wrap the inner error; the arguments are those of the call around it.
macro_rules! for_each_way {
    ($($name:ident: $error:ty, $wrap:expr, [$($argument:tt)*];)*) => { $(
        mod $name {
            use super::*;

            #[retryable(max = 3, base = "200ms", $($argument)*)]
            fn outer(inside: fn() -> Result<u32, Inner>) -> Result<u32, $error> {
                let wrap: fn(Inner) -> $error = $wrap;
                inside().map_err(wrap)
            }

            #[test]
            fn a_cancelled_call_inside_ends_the_call_around_it() {
                let (result, report) = virtually(|| observe_blocking(|| outer(cancelled_call)));
                assert!(result.is_err());
                assert_eq!((report.attempts_made(), report.reason), (1, StopReason::Cancelled));
            }

            #[test]
            fn an_open_breaker_inside_ends_the_call_around_it() {
                let (result, report) = virtually(|| observe_blocking(|| outer(refused_call)));
                assert!(result.is_err());
                assert_eq!((report.attempts_made(), report.reason), (1, StopReason::CircuitOpen));
            }
        }
    )* };
}

for_each_way! {
    within_a_source: BySource, BySource, [on = any];
    within_a_transparent_error: Transparent, Transparent, [on = any];
    within_a_text_after_a_context: ByText, ByText, [on = any];
    within_anyhow: anyhow::Error, anyhow::Error::from, [on = any];
    within_a_context: anyhow::Error, |e| anyhow::Error::from(e).context("loading"), [on = any];
    within_a_source_within_anyhow: anyhow::Error, |e| BySource(e).into(), [when = |_| true];
    within_a_box: Boxed, Boxed::from, [];
    within_a_source_within_a_box: Boxed, |e| BySource(e).into(), [on = any];
    within_a_box_within_a_source: AroundBox, |e| AroundBox(e.into()), [on = any];
    within_a_shared_error: Arc<anyhow::Error>, |e| Arc::new(e.into()), [on = any];
    within_an_io_error: io::Error, io::Error::other, [];
    within_a_class: Classified, Classified::from, [];
    within_a_class_around_anyhow: Classified, |e| Classified::Open { source: e.into() }, [];
    within_a_class_without_a_source: Classified, |e| Classified::Read(BySource(e)), [];
    within_a_class_by_hand: ByHand, ByHand, [on = any];
    as_a_text: String, |e| e.to_string(), [on = any];
    as_a_text_after_a_context: String, |e| format!("loading prices: {e}"), [on = any];
}

#[test]
fn a_report_of_a_cancelled_call_ends_the_call_around_it_even_if_it_is_boxed() {
    #[retryable(max = 9, cancel = stop, report)]
    fn inner(stop: &CancelToken) -> Result<u32, RetryError<Inner>> {
        stop.cancel();
        Err(Inner::Busy)
    }
    #[retryable(max = 3, on = any)]
    fn outer() -> Result<u32, anyhow::Error> {
        Ok(inner(&CancelToken::new())?)
    }
    let (_, report) = virtually(|| observe_blocking(outer));
    assert_eq!((report.attempts_made(), report.reason), (1, StopReason::Cancelled));
}

#[test]
fn a_policy_around_a_cancelled_call_ends_too() {
    let policy = Policy::new().max(3);
    let outer = || policy.call(|_| cancelled_call().map_err(|e| Boxed::from(BySource(e))));
    let (_, report) = virtually(|| observe_blocking(outer));
    assert_eq!((report.attempts_made(), report.reason), (1, StopReason::Cancelled));
}

#[test]
fn a_failure_that_only_mentions_an_interruption_is_retried() {
    for text in [
        "the call was cancelled by the peer",
        "the circuit breaker is open in the cellar",
        "the call was cancelled: try again",
        "call was cancelled",
    ] {
        #[retryable(max = 1, base = "0s", on = any, budget = none)]
        fn fails(text: &str) -> Result<u32, String> {
            Err(text.to_owned())
        }
        let (_, report) = observe_blocking(|| fails(text));
        assert_eq!(report.attempts_made(), 2, "{text}");
    }
}

#[test]
fn an_error_that_borrows_can_be_retried_whatever_it_is() {
    #[derive(Debug, thiserror::Error)]
    #[error("no {0}")]
    struct Borrows<'a>(&'a str);
    #[derive(Debug, Classify)]
    #[classify(transient)]
    struct Around<'a>(Box<dyn Error + 'a>);
    #[retryable(max = 1, base = "0s", on = any)]
    fn borrows(name: &str) -> Result<u32, Borrows<'_>> {
        Err(Borrows(name))
    }
    #[retryable(max = 1, base = "0s", on = any)]
    fn generic<E: Error>(error: fn() -> E) -> Result<u32, E> {
        Err(error())
    }
    #[retryable(max = 1, base = "0s")]
    fn around(name: &str) -> Result<u32, Around<'_>> {
        Err(Around(Box::new(Borrows(name))))
    }
    assert!(around(&String::from("key")).is_err());
    assert_eq!(borrows(&String::from("key")).unwrap_err().to_string(), "no key");
    assert!(generic(|| fmt::Error).is_err());
}
