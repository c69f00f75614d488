//! Interruptions of the engine: a call around another one does not repeat them, `recover` does not hide them, and their
//! texts name the failure before them.

use std::cell::Cell;
use std::io;

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::{
    CancelToken, Classify, Interruption, RetryError, StopReason, observe, observe_blocking,
    retryable,
};
use tokio::time::{Instant, sleep};

use super::{Failure, ms};
use crate::virtual_time::virtually;

type Boxed = Box<dyn std::error::Error + Send + Sync>;

/// Displays and classifies its interruption as the interruption itself does.
#[derive(Debug, thiserror::Error, Classify)]
enum Derived {
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// Says nothing about retries, and hides the interruption from its source chain.
#[derive(Debug, thiserror::Error)]
enum Unclassified {
    #[error("busy")]
    Busy,
    #[error(transparent)]
    Interrupted(#[from] Interruption),
}

/// Calls its interruption permanent, with words of its own.
#[derive(Debug, thiserror::Error, Classify)]
enum Renamed {
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error("stopped")]
    #[classify(permanent)]
    Stopped(#[from] Interruption),
}

trait Busy {
    fn busy() -> Self;
}

impl Busy for Derived {
    fn busy() -> Self {
        Derived::Busy
    }
}

impl Busy for Unclassified {
    fn busy() -> Self {
        Unclassified::Busy
    }
}

impl Busy for Renamed {
    fn busy() -> Self {
        Renamed::Busy
    }
}

impl Busy for io::Error {
    fn busy() -> Self {
        io::Error::new(io::ErrorKind::ConnectionRefused, "busy")
    }
}

impl Busy for Boxed {
    fn busy() -> Self {
        io::Error::busy().into()
    }
}

impl Busy for anyhow::Error {
    fn busy() -> Self {
        io::Error::busy().into()
    }
}

/// Two tests for each error type, with an outer call that retries anything.
macro_rules! for_each_error {
    ($($name:ident: $error:ty),* $(,)?) => { $(
        mod $name {
            use super::*;

            #[tokio::test(start_paused = true)]
            async fn is_not_retried_when_a_call_inside_was_cancelled() {
                #[retryable(max = 9, base = "20ms", jitter = none, on = any, cancel = stop)]
                async fn inner(stop: CancelToken) -> Result<(), $error> {
                    Err(Busy::busy())
                }
                #[retryable(max = 3, base = "200ms", jitter = none, on = any)]
                async fn outer(stop: &CancelToken) -> Result<(), $error> {
                    inner(stop.clone()).await
                }
                let (stop, begun) = (CancelToken::new(), Instant::now());
                let cancel = async {
                    sleep(ms(50)).await;
                    stop.cancel();
                };
                let ((result, report), ()) = tokio::join!(observe(outer(&stop)), cancel);
                assert!(result.is_err());
                assert_eq!((report.attempts_made(), begun.elapsed()), (1, ms(50)));
                assert_eq!(report.reason, StopReason::Cancelled);
            }

            #[test]
            fn is_not_retried_when_the_breaker_of_a_call_inside_refused() {
                static OPEN: Breaker = Breaker::new("open", BreakerSettings::new());
                #[retryable(max = 0, on = any, breaker = OPEN)]
                fn inner() -> Result<(), $error> {
                    Err(Busy::busy())
                }
                #[retryable(max = 3, base = "200ms", jitter = none, when = |_| true)]
                fn outer() -> Result<(), $error> {
                    inner()
                }
                OPEN.force_open();
                let (result, report) = virtually(|| observe_blocking(outer));
                assert!(result.is_err());
                assert_eq!((report.attempts_made(), report.reason), (1, StopReason::CircuitOpen));
            }
        }
    )* };
}

for_each_error! {
    an_error_that_derives_classify: Derived,
    an_error_without_a_class: Unclassified,
    an_error_with_words_of_its_own: Renamed,
    an_io_error: io::Error,
    a_boxed_error: Boxed,
    an_anyhow_error: anyhow::Error,
}

#[test]
fn an_error_that_reports_a_cancelled_call_is_not_retried() {
    #[retryable(on = any, report, cancel = CancelToken::clone(stop))]
    fn inner(stop: &CancelToken) -> Result<(), RetryError<Derived>> {
        Err(Derived::Busy)
    }
    #[retryable(max = 3, base = "0s", on = any)]
    fn outer(stop: &CancelToken) -> Result<(), RetryError<Derived>> {
        inner(stop)
    }
    let stop = CancelToken::new();
    stop.cancel();
    let (result, report) = observe_blocking(|| outer(&stop));
    assert!(result.is_err());
    assert_eq!(report.attempts_made(), 1);
}

#[test]
fn a_refusal_by_the_breaker_of_a_call_inside_is_not_counted_by_a_breaker_around_it() {
    static INSIDE: Breaker = Breaker::new("inside", BreakerSettings::new());
    static AROUND: Breaker = Breaker::new("around", BreakerSettings::new());
    #[retryable(max = 0, on = any, breaker = INSIDE)]
    fn inner() -> Result<(), Derived> {
        Ok(())
    }
    #[retryable(max = 0, on = any, breaker = AROUND)]
    fn outer() -> Result<(), Derived> {
        inner()
    }
    INSIDE.force_open();
    for _ in 0..30 {
        assert!(outer().is_err());
    }
    let figures = AROUND.figures();
    assert_eq!((figures.calls, figures.failures), (0, 0));
}

thread_local! {
    static RECOVERED: Cell<u32> = const { Cell::new(0) };
}

fn recovered(_: Failure) -> Result<u32, Failure> {
    RECOVERED.set(RECOVERED.get() + 1);
    Ok(7)
}

#[retryable(max = 3, base = "1s", jitter = none, cancel = stop, recover = substitute)]
async fn cancelled(stop: CancelToken) -> Result<u32, Failure> {
    Err(Failure::Refused)
}

async fn substitute(failure: Failure, _: CancelToken) -> Result<u32, Failure> {
    recovered(failure)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_in_its_pause_is_not_recovered() {
    // A function of its own, whose counts are of this test alone.
    #[retryable(max = 3, base = "1s", jitter = none, cancel = stop, recover = substitute)]
    async fn cancelled_alone(stop: CancelToken) -> Result<u32, Failure> {
        Err(Failure::Refused)
    }
    let stop = CancelToken::new();
    let cancel = async {
        sleep(ms(500)).await;
        stop.cancel();
    };
    let ((result, report), ()) = tokio::join!(observe(cancelled_alone(stop.clone())), cancel);
    assert_eq!(result, Err(Failure::Cut(Interruption::Cancelled)));
    assert_eq!((report.reason, RECOVERED.get()), (StopReason::Cancelled, 0));
    let stats = retry_runtime::stats(report.name).expect("the function is known");
    assert_eq!((stats.recovered, stats.reasons.cancelled), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_before_its_first_attempt_is_not_recovered() {
    let stop = CancelToken::new();
    stop.cancel();
    assert_eq!(cancelled(stop).await, Err(Failure::Cut(Interruption::Cancelled)));
    assert_eq!(RECOVERED.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_cancelled_is_recovered() {
    assert_eq!(cancelled(CancelToken::new()).await, Ok(7));
    assert_eq!(RECOVERED.get(), 1);
}

#[test]
fn a_sync_call_that_is_cancelled_is_not_recovered_and_keeps_its_report() {
    fn instead(_: RetryError<Derived>, _: &CancelToken) -> Result<u32, RetryError<Derived>> {
        panic!("a cancelled call is not recovered")
    }
    #[retryable(max = 3, base = "1s", cancel = stop.clone(), report, recover = instead)]
    fn stopped(stop: &CancelToken) -> Result<u32, RetryError<Derived>> {
        stop.cancel();
        Err(Derived::Busy)
    }
    let error = virtually(|| stopped(&CancelToken::new())).expect_err("the call was cancelled");
    assert_eq!(error.reason(), StopReason::Cancelled);
    assert_eq!(error.error().to_string(), "the call was cancelled; before that: busy");
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_deadline_that_cuts_the_second_attempt_names_the_first_failure() {
    #[retryable(max = 3, base = "100ms", jitter = none, deadline = "1s")]
    async fn hangs_later(first: &Cell<bool>) -> Result<(), Derived> {
        if first.take() { Err(Derived::Busy) } else { std::future::pending().await }
    }
    let (result, report) = observe(hangs_later(&Cell::new(true))).await;
    let error = result.expect_err("the deadline has passed");
    assert_eq!(error.to_string(), "the call's deadline passed; before that: busy");
    assert!(matches!(error, Derived::Interrupted(cut) if cut == Interruption::DeadlinePassed));
    let texts: Vec<_> = report.attempts.iter().map(|attempt| attempt.error.as_deref()).collect();
    assert_eq!(texts, [Some("busy"), Some("the call's deadline passed")]);
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_breaker_that_opens_during_the_pause_names_the_failure() {
    static OPENED: Breaker = Breaker::new("opened", BreakerSettings::new());
    #[retryable(max = 3, base = "1s", jitter = none, on = any, breaker = OPENED)]
    async fn call() -> Result<(), anyhow::Error> {
        Err(anyhow::anyhow!("busy"))
    }
    let open = async {
        sleep(ms(500)).await;
        OPENED.force_open();
    };
    let (result, ()) = tokio::join!(call(), open);
    let text = result.expect_err("the breaker is open").to_string();
    assert_eq!(text, "the circuit breaker is open; before that: busy");
}

#[tokio::test(start_paused = true)]
async fn the_text_of_a_timed_out_attempt_names_the_last_failure_that_was_none() {
    #[retryable(max = 3, base = "100ms", jitter = none, timeout = "1s", idempotent)]
    async fn hangs_later(first: &Cell<bool>) -> io::Result<()> {
        if first.take() { Err(Busy::busy()) } else { std::future::pending().await }
    }
    let error = hangs_later(&Cell::new(true)).await.expect_err("it timed out");
    assert_eq!(error.to_string(), "the attempt timed out after 1s; before that: busy");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn an_error_that_gives_interruptions_words_of_its_own_keeps_them() {
    #[retryable(max = 3, base = "1s", cancel = stop.clone())]
    fn stopped(stop: &CancelToken) -> Result<u32, Renamed> {
        stop.cancel();
        Err(Renamed::Busy)
    }
    let error = virtually(|| stopped(&CancelToken::new())).expect_err("the call was cancelled");
    assert!(matches!(error, Renamed::Stopped(Interruption::Cancelled)), "{error:?}");
}

#[test]
fn an_interruption_after_a_failure_is_equal_to_one_without() {
    #[retryable(max = 3, base = "1s", cancel = stop.clone())]
    fn stopped(stop: &CancelToken) -> Result<u32, Failure> {
        stop.cancel();
        Err(Failure::Refused)
    }
    let result = virtually(|| stopped(&CancelToken::new()));
    assert_eq!(result, Err(Failure::Cut(Interruption::Cancelled)));
    let Err(Failure::Cut(cut)) = result else { panic!("{result:?}") };
    assert!(matches!(cut.root(), Interruption::Cancelled));
    assert_eq!(cut.failure_before().as_deref(), Some("connection refused"));
    assert_eq!(Interruption::Cancelled.failure_before(), None);
}

#[test]
fn the_long_form_of_a_retry_error_lists_every_attempt() {
    #[retryable(max = 1, base = "2s", jitter = none, on = any, report)]
    fn load() -> Result<(), RetryError<Derived>> {
        Err(Derived::Busy)
    }
    let error = virtually(load).expect_err("it fails");
    let text = format!("{error:#}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "gave up after 2 attempts in 2.0 s (exhausted): busy",
            "  attempt 1 after 0 ms, 0 ms long: busy (transient); 2.0 s of backoff",
            "  attempt 2 after 2.0 s, 0 ms long: busy (transient)",
        ]
    );
    assert!(!error.to_string().contains('\n'));
}
