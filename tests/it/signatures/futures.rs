//! Functions that return a future: opaque, boxed, aliased.

#![allow(clippy::manual_async_fn)]

use std::future::Future;
use std::pin::Pin;

use futures::future::{BoxFuture, LocalBoxFuture};
use retry_runtime::{RetryError, retryable};

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn opaque<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + 'a {
    async move { runs.fail_later(2).await }
}

#[retryable(base = "0s")]
fn opaque_sendable<'a>(
    runs: &'a Runs,
    name: String,
) -> impl Future<Output = Result<usize, E>> + Send + 'a {
    async move {
        runs.fail_later(2).await?;
        Ok(name.len())
    }
}

#[retryable(base = "0s")]
fn opaque_elided(runs: &Runs) -> impl Future<Output = Result<u32, E>> + Send + '_ {
    async move { runs.fail_later(2).await }
}

#[retryable(base = "0s")]
fn opaque_static(runs: &'static Runs) -> impl Future<Output = Result<u32, E>> + Send + 'static {
    async move { runs.fail_later(2).await }
}

#[retryable(base = "0s")]
fn opaque_borrowing<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + 'a {
    let add = 1;
    async move {
        let run = async { runs.fail_later(2).await };
        Ok(run.await? + add)
    }
}

#[retryable(base = "0s")]
fn set_up_first<'a>(runs: &'a Runs, setups: &'a Runs) -> impl Future<Output = Result<u32, E>> + 'a {
    let set_up = setups.fail(0).unwrap_or(0);
    async move { Ok(runs.fail_later(2).await? + set_up) }
}

#[retryable(base = "0s")]
fn boxed(runs: &Runs) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + '_>> {
    Box::pin(async move { runs.fail_later(2).await })
}

#[retryable(base = "0s")]
fn boxed_with_setup<'a>(
    runs: &'a Runs,
    name: &str,
) -> Pin<Box<dyn Future<Output = Result<usize, E>> + Send + 'a>> {
    let name = name.to_owned();
    Box::pin(async move {
        runs.fail_later(2).await?;
        Ok(name.len())
    })
}

#[retryable(base = "0s")]
fn box_future(runs: &Runs) -> BoxFuture<'_, Result<u32, E>> {
    Box::pin(async move { runs.fail_later(2).await })
}

#[retryable(base = "0s")]
fn local_box_future<'a>(runs: &'a Runs) -> LocalBoxFuture<'a, Result<u32, E>> {
    let local = std::rc::Rc::new(1);
    Box::pin(async move { Ok(runs.fail_later(2).await? + *local) })
}

#[retryable(base = "0s")]
fn box_future_of_a_box(runs: &Runs) -> BoxFuture<'_, Result<Box<dyn Send>, E>> {
    Box::pin(async move {
        let run = runs.fail_later(2).await?;
        Ok(Box::new(run))
    })
}

/// A future behind a user's type alias, recognised by the alias's name.
type CallFuture<'a> = Pin<Box<dyn Future<Output = Result<u32, E>> + Send + 'a>>;

#[retryable(base = "0s")]
fn aliased(runs: &Runs) -> CallFuture<'_> {
    Box::pin(async move { runs.fail_later(2).await })
}

type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

#[retryable(base = "0s")]
fn aliased_with_parameter<'a>(runs: &'a Runs) -> Fut<'a, Result<u32, E>> {
    Box::pin(runs.fail_later(2))
}

/// The shape of tower's `Service`.
trait Service<Request> {
    type Response;
    type Error;
    type Future: Future<Output = Result<Self::Response, Self::Error>>;

    fn call(&mut self, request: Request) -> Self::Future;
}

impl Service<String> for &'static Runs {
    type Response = usize;
    type Error = E;
    type Future = Pin<Box<dyn Future<Output = Result<usize, E>> + Send>>;

    #[retryable(base = "0s")]
    fn call(&mut self, request: String) -> Self::Future {
        let inner = *self;
        Box::pin(async move {
            inner.fail_later(2).await?;
            Ok(request.len())
        })
    }
}

#[retryable(base = "0s")]
fn answers_maybe<'a>(runs: &'a Runs) -> impl Future<Output = Option<u32>> + 'a {
    async move { runs.fail_later(2).await.ok() }
}

#[retryable(max = 1, base = "0s", report)]
fn reported<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, RetryError<E>>> + 'a {
    async move { runs.fail_later(9).await }
}

async fn back(failure: E, _: &Runs, name: String) -> Result<String, E> {
    Ok(format!("{}: {}", name, failure))
}

#[retryable(max = 1, base = "0s", recover = back)]
fn recovered<'a>(runs: &'a Runs, name: String) -> BoxFuture<'a, Result<String, E>> {
    Box::pin(async move {
        runs.fail_later(9).await?;
        Ok(name.clone())
    })
}

#[retryable(base = "0s", clone(name))]
fn cloned<'a>(runs: &'a Runs, mut name: String) -> impl Future<Output = Result<String, E>> + 'a {
    async move {
        name.push('!');
        runs.fail_later(2).await?;
        Ok(name)
    }
}

#[test]
fn opaque_futures_are_retried() {
    static STATIC: Runs = Runs::new();
    block_on(async {
        assert_eq!(opaque(&Runs::new()).await, Ok(3));
        assert_eq!(sendable(opaque_sendable(&Runs::new(), "ab".to_owned())).await, Ok(2));
        assert_eq!(sendable(opaque_elided(&Runs::new())).await, Ok(3));
        assert_eq!(tokio::spawn(opaque_static(&STATIC)).await.expect("no panic"), Ok(3));
        assert_eq!(opaque_borrowing(&Runs::new()).await, Ok(4));
        let setups = Runs::new();
        assert_eq!(set_up_first(&Runs::new(), &setups).await, Ok(4));
        assert_eq!(setups.count(), 1);
        assert_eq!(answers_maybe(&Runs::new()).await, Some(3));
        let report = reported(&Runs::new()).await.expect_err("exhausted");
        assert_eq!(report.report().attempts.len(), 2);
        assert_eq!(cloned(&Runs::new(), "n".to_owned()).await, Ok("n!".to_owned()));
    });
}

#[test]
fn boxed_futures_are_retried() {
    static STATIC: Runs = Runs::new();
    block_on(async {
        assert_eq!(sendable(boxed(&Runs::new())).await, Ok(3));
        assert_eq!(boxed_with_setup(&Runs::new(), "ab").await, Ok(2));
        assert_eq!(sendable(box_future(&Runs::new())).await, Ok(3));
        assert_eq!(local_box_future(&Runs::new()).await, Ok(4));
        let runs = Runs::new();
        assert!(box_future_of_a_box(&runs).await.is_ok());
        assert_eq!(runs.count(), 3);
        assert_eq!(sendable(aliased(&Runs::new())).await, Ok(3));
        assert_eq!(aliased_with_parameter(&Runs::new()).await, Ok(3));
        assert_eq!((&STATIC).call("abc".to_owned()).await, Ok(3));
        assert_eq!(STATIC.count(), 3);
        assert_eq!(recovered(&Runs::new(), "n".to_owned()).await, Ok("n: busy".to_owned()));
    });
}
