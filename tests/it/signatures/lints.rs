//! The expansion triggers no lint, of rustc or of clippy, that the plain function does not trigger.

#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(
    unused,
    unreachable_pub,
    unused_qualifications,
    unused_lifetimes,
    unused_results,
    single_use_lifetimes,
    trivial_casts,
    let_underscore_drop,
    rust_2018_idioms,
    missing_debug_implementations,
    redundant_lifetimes,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::wildcard_enum_match_arm,
    clippy::pattern_type_mismatch,
    clippy::absolute_paths,
    clippy::default_numeric_fallback,
    clippy::semicolon_outside_block,
    clippy::panic,
    clippy::as_conversions,
    clippy::ref_patterns
)]

use std::convert::TryInto as _;
use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use retry_runtime::{RetryError, retryable};

use super::support::{E, Runs, block_on};

#[retryable(base = "0s")]
fn sync(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
async fn plain(runs: &Runs, name: String) -> Result<usize, E> {
    let run = runs.fail_later(2).await?;
    Ok(name.len().saturating_add(run.try_into().unwrap_or(0)))
}

#[retryable(base = "0s", clone(name), keep(count), attempt = attempt)]
async fn owned(runs: &Runs, mut name: String, mut count: u32) -> Result<String, E> {
    count = count.saturating_add(attempt.number());
    name.push('!');
    runs.fail_later(2).await.map(drop)?;
    Ok(format!("{name}{count}"))
}

/// Without the attribute the body consumes the argument, so clippy does not propose a reference.
#[retryable(base = "0s", clone(name, pair))]
fn consumed(runs: &Runs, mut name: String, pair: Vec<u32>) -> Result<String, E> {
    runs.fail(2).map(drop)?;
    name.push('!');
    drop(pair);
    Ok(name)
}

#[retryable(max = 1, base = "0s", recover = back)]
async fn recovered(runs: &Runs, (a, b): (u32, u32), _: u8) -> Result<u32, E> {
    let run = runs.fail_later(9).await?;
    Ok(run.max(a).max(b))
}

async fn back(failure: RetryError<E>, runs: &Runs, pair: (u32, u32), _: u8) -> Result<u32, E> {
    runs.fail_later(0).await.map(drop)?;
    failure.report().attempts.len().try_into().map(|n: u32| n.max(pair.0)).map_err(|_| E::Bad)
}

#[retryable(max = 1, base = "0s", report, when = E::is_busy, on_retry = |_| ())]
fn reported(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail(9)
}

#[retryable(base = "0s", deadline = "1m", timeout = "1s", idempotent)]
async fn limited(runs: &Runs, buffer: &mut Vec<u32>) -> Result<u32, E> {
    buffer.push(1);
    runs.fail_later(2).await
}

#[retryable(base = "0s", on = any)]
async fn boxed_error(runs: &Runs) -> Result<(), Box<dyn Error>> {
    runs.fail_later(2).await.map(drop)?;
    Ok(())
}

#[retryable(base = "0s")]
fn future(runs: &Runs) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + '_>> {
    Box::pin(async move { runs.fail_later(2).await })
}

#[retryable(base = "0s")]
fn other_future(runs: &Runs) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + '_>> {
    Box::pin(runs.fail_later(2))
}

#[async_trait]
trait Client {
    async fn get(&mut self, key: &str, add: u32) -> Result<u32, E>;
}

#[async_trait]
impl Client for Runs {
    #[retryable(base = "0s")]
    async fn get(&mut self, key: &str, add: u32) -> Result<u32, E> {
        let run = self.fail_later(2).await?;
        Ok(run.saturating_add(add).max(key.len().try_into().unwrap_or(0)))
    }
}

#[tracing::instrument(skip_all, err)]
#[retryable(base = "0s")]
async fn instrumented(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[test]
fn functions_without_lints_are_retried() {
    assert_eq!(sync(&Runs::new()), Ok(3));
    assert_eq!(consumed(&Runs::new(), "a".to_owned(), vec![1]), Ok("a!".to_owned()));
    assert!(reported(&Runs::new()).is_err());
    block_on(async {
        assert_eq!(plain(&Runs::new(), "a".to_owned()).await, Ok(4));
        assert_eq!(owned(&Runs::new(), "a".to_owned(), 0).await, Ok("a!6".to_owned()));
        assert_eq!(recovered(&Runs::new(), (0, 0), 0).await, Ok(2));
        assert_eq!(limited(&Runs::new(), &mut Vec::new()).await, Ok(3));
        assert!(boxed_error(&Runs::new()).await.is_ok());
        assert_eq!(future(&Runs::new()).await, Ok(3));
        assert_eq!(other_future(&Runs::new()).await, Ok(3));
        assert_eq!(Runs::new().get("k", 1).await, Ok(4));
        assert_eq!(instrumented(&Runs::new()).await, Ok(3));
    });
}
