//! `#[tracing::instrument]` above and below `#[retryable]`, on sync and async functions.

use std::future::Future;
use std::pin::Pin;

use retry_runtime::{RetryError, retryable};
use tracing::instrument;

use super::support::{E, Runs, block_on, sendable};

#[instrument]
#[retryable(base = "0s")]
fn above(runs: &Runs, add: u32) -> Result<u32, E> {
    Ok(runs.fail(2)? + add)
}

#[retryable(base = "0s")]
#[instrument]
fn below(runs: &Runs, add: u32) -> Result<u32, E> {
    Ok(runs.fail(2)? + add)
}

#[tracing::instrument(skip_all, err)]
#[retryable(base = "0s")]
fn above_with_errors(runs: &Runs, name: String) -> Result<String, E> {
    runs.fail(2)?;
    Ok(name.clone())
}

#[retryable(base = "0s")]
#[tracing::instrument(skip_all, err, ret)]
fn below_with_errors(runs: &Runs, name: &str) -> Result<String, E> {
    runs.fail(2)?;
    Ok(name.to_owned())
}

#[instrument(ret)]
#[retryable(base = "0s")]
fn above_with_values(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[instrument(err, ret)]
#[retryable(base = "0s")]
fn above_with_both(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[instrument(level = "debug", name = "sync")]
#[retryable(max = 1, base = "0s", report)]
fn above_reported(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail(9)
}

#[instrument]
#[retryable(base = "0s")]
async fn above_async(runs: &Runs, add: u32) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + add)
}

#[retryable(base = "0s")]
#[instrument]
async fn below_async(runs: &Runs, add: u32) -> Result<u32, E> {
    Ok(runs.fail_later(2).await? + add)
}

#[instrument(skip(runs), err)]
#[retryable(base = "0s")]
async fn above_with_errors_async(runs: &Runs, name: String, values: Vec<u32>) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(name.len() + values.len())
}

#[retryable(base = "0s")]
#[instrument(skip_all, err)]
async fn below_with_errors_async(runs: &Runs, name: &str) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(name.len())
}

#[instrument(skip_all, ret)]
#[retryable(base = "0s", clone(name))]
async fn above_with_values_async(runs: &Runs, mut name: String) -> Result<String, E> {
    name.push('!');
    runs.fail_later(2).await?;
    Ok(name)
}

#[instrument(skip_all, err, ret)]
#[retryable(base = "0s", keep(count))]
async fn above_with_both_async(runs: &Runs, mut count: u32) -> Result<u32, E> {
    count += 1;
    runs.fail_later(2).await?;
    Ok(count)
}

#[instrument(skip_all)]
#[retryable(max = 1, base = "0s", report)]
async fn above_reported_async(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail_later(9).await
}

#[instrument(skip_all, err)]
#[retryable(max = 1, base = "0s", report)]
async fn above_reported_with_errors(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail_later(9).await
}

#[instrument(skip_all)]
#[retryable(base = "0s", on = any)]
async fn above_not_sendable_errors(runs: &Runs) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(runs.fail_later(2).await?)
}

#[instrument(skip_all)]
#[retryable(base = "0s")]
async fn above_opaque(runs: &Runs) -> Result<impl Iterator<Item = u32>, E> {
    let run = runs.fail_later(2).await?;
    Ok(0..run)
}

#[instrument(skip_all)]
#[retryable(base = "0s")]
fn above_future<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + Send + 'a {
    async move { runs.fail_later(2).await }
}

#[retryable(base = "0s")]
#[instrument(skip_all)]
fn below_future<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + Send + 'a {
    async move { runs.fail_later(2).await }
}

#[instrument(skip_all)]
#[retryable(base = "0s")]
fn above_boxed(runs: &Runs) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + '_>> {
    Box::pin(async move { runs.fail_later(2).await })
}

#[instrument(skip_all)]
#[retryable(base = "0s")]
fn above_other_future<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + Send + 'a {
    runs.fail_later(2)
}

#[derive(Debug, Default)]
struct Desk {
    runs: Runs,
    log: Vec<u32>,
}

impl Desk {
    #[instrument(skip(self))]
    #[retryable(base = "0s")]
    async fn above(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail_later(2).await?;
        Ok(self.log.len())
    }

    #[retryable(base = "0s")]
    #[instrument(skip_all, err)]
    async fn below(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail_later(2).await?;
        Ok(self.log.len())
    }

    #[instrument(err)]
    #[retryable(base = "0s")]
    fn above_sync(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail(2)?;
        Ok(self.log.len())
    }

    #[retryable(base = "0s")]
    #[instrument]
    fn below_sync(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail(2)?;
        Ok(self.log.len())
    }
}

#[test]
fn instrumented_functions_are_retried() {
    assert_eq!(above(&Runs::new(), 1), Ok(4));
    assert_eq!(below(&Runs::new(), 1), Ok(4));
    assert_eq!(above_with_errors(&Runs::new(), "n".to_owned()), Ok("n".to_owned()));
    assert_eq!(below_with_errors(&Runs::new(), "n"), Ok("n".to_owned()));
    assert_eq!(above_with_values(&Runs::new()), Ok(3));
    assert_eq!(above_with_both(&Runs::new()), Ok(3));
    assert_eq!(above_reported(&Runs::new()).expect_err("exhausted").report().attempts.len(), 2);
    assert_eq!(Desk::default().above_sync(1), Ok(3));
    assert_eq!(Desk::default().below_sync(1), Ok(3));
}

#[test]
fn instrumented_async_functions_are_retried() {
    block_on(async {
        assert_eq!(sendable(above_async(&Runs::new(), 1)).await, Ok(4));
        assert_eq!(sendable(below_async(&Runs::new(), 1)).await, Ok(4));
        let values = vec![1];
        assert_eq!(above_with_errors_async(&Runs::new(), "n".to_owned(), values).await, Ok(2));
        assert_eq!(below_with_errors_async(&Runs::new(), "n").await, Ok(1));
        assert_eq!(
            above_with_values_async(&Runs::new(), "n".to_owned()).await,
            Ok("n!".to_owned())
        );
        assert_eq!(above_with_both_async(&Runs::new(), 0).await, Ok(3));
        let report = above_reported_async(&Runs::new()).await.expect_err("exhausted");
        assert_eq!(report.report().attempts.len(), 2);
        let report = above_reported_with_errors(&Runs::new()).await.expect_err("exhausted");
        assert_eq!(report.report().attempts.len(), 2);
        assert!(matches!(sendable(above_not_sendable_errors(&Runs::new())).await, Ok(3)));
        assert_eq!(above_opaque(&Runs::new()).await.map(Iterator::count), Ok(3));
        assert_eq!(sendable(above_future(&Runs::new())).await, Ok(3));
        assert_eq!(sendable(below_future(&Runs::new())).await, Ok(3));
        assert_eq!(sendable(above_boxed(&Runs::new())).await, Ok(3));
        assert_eq!(sendable(above_other_future(&Runs::new())).await, Ok(3));
        assert_eq!(sendable(Desk::default().above(1)).await, Ok(3));
        assert_eq!(sendable(Desk::default().below(1)).await, Ok(3));
    });
}
