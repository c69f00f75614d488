//! Calls in a browser's world: exported functions, each a test that [`run.js`](../run.js) awaits under node.
#![cfg(all(target_family = "wasm", target_os = "unknown"))]
#![allow(missing_docs, reason = "the names of the tests say it")]

#[cfg(feature = "blocking")]
mod blocking;

use std::cell::Cell;
use std::future::pending;
use std::io;
use std::time::Duration;

use retry_runtime::timer::Instant;
use retry_runtime::{Attempt, CallId, Interruption, Policy, RetryError, StopReason, retryable};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Prints panics, which node would show as `unreachable` alone.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

fn refused<T>() -> io::Result<T> {
    Err(io::ErrorKind::ConnectionRefused.into())
}

#[retryable(max = 3, base = "30ms", backoff = fixed, jitter = none, attempt = attempt)]
async fn third_time(seen: &Cell<Option<CallId>>) -> io::Result<u32> {
    let first = seen.replace(Some(attempt.call_id()));
    assert!(first.is_none_or(|first| first == attempt.call_id()), "one identifier for a call");
    if attempt.number() < 3 { refused() } else { Ok(attempt.number()) }
}

#[wasm_bindgen]
pub async fn a_call_waits_between_its_attempts() {
    let started = Instant::now();
    assert_eq!(third_time(&Cell::new(None)).await.ok(), Some(3));
    let taken = started.elapsed();
    assert!(taken >= Duration::from_millis(60), "two pauses of 30 ms took {taken:?}");
    assert!(taken < Duration::from_secs(5), "two pauses of 30 ms took {taken:?}");
}

#[retryable(max = 5, deadline = "50ms")]
async fn hangs() -> io::Result<()> {
    pending().await
}

#[wasm_bindgen]
pub async fn a_deadline_ends_an_attempt_that_hangs() {
    let error = hangs().await.expect_err("the deadline passes");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    assert!(matches!(inner, Some(Interruption::DeadlinePassed)), "{error}");
}

#[retryable(max = 1, base = "1ms", timeout = "20ms", idempotent, attempt = attempt)]
async fn hangs_once() -> io::Result<u32> {
    if attempt.number() == 1 { pending().await } else { Ok(attempt.number()) }
}

#[wasm_bindgen]
pub async fn a_timeout_ends_an_attempt_and_another_one_follows() {
    assert_eq!(hangs_once().await.ok(), Some(2));
}

#[retryable(max = 1, base = "10ms", jitter = none, report)]
async fn fails() -> Result<(), RetryError<io::Error>> {
    refused()
}

#[wasm_bindgen]
pub async fn a_report_has_the_attempts_and_their_times() {
    let failure = fails().await.expect_err("every attempt fails");
    let report = failure.report();
    assert_eq!(report.reason, StopReason::Exhausted);
    assert_eq!(report.attempts.len(), 2);
    assert!(report.total >= Duration::from_millis(10), "{report:#}");
}

// `setTimeout` counts 31 bits of milliseconds, 24.8 days, and fires at once for a longer time.
#[retryable(max = 1, base = "1ms", deadline = "40d", attempt = attempt)]
async fn takes_a_moment() -> io::Result<u32> {
    let pause = Policy::new().max(1).base(Duration::from_millis(20));
    let failed: io::Result<()> = pause.call_async(|_| async { refused() }).await;
    assert!(failed.is_err());
    Ok(attempt.number())
}

#[wasm_bindgen]
pub async fn a_deadline_of_forty_days_does_not_pass_at_once() {
    assert_eq!(takes_a_moment().await.ok(), Some(1));
}

#[wasm_bindgen]
pub async fn a_policy_retries_a_closure() {
    let policy = Policy::new().max(2).base(Duration::from_millis(5));
    let called = |attempt: Attempt| async move {
        if attempt.is_last() { Ok(attempt.number()) } else { refused() }
    };
    assert_eq!(policy.call_async(called).await.ok(), Some(3));
}

#[wasm_bindgen]
pub async fn every_function_is_listed_and_counted() {
    let names: Vec<&str> = retry_runtime::sites().map(|site| site.name()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    third_time(&Cell::new(None)).await.expect("the third attempt succeeds");
    let stats =
        retry_runtime::stats("retry_tests_wasm::third_time").expect("the function is listed");
    assert!(stats.attempts >= 3, "{stats:?}");
}

/// An identifier, which must differ from that of another instance of this program.
#[wasm_bindgen]
pub fn call_id() -> String {
    CallId::unique().to_string()
}
