//! The tail expression of a function that returns a future.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::TryFutureExt as _;
use futures::future::BoxFuture;
use retry_runtime::retryable;
use tracing::Instrument as _;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn of_another_function<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + Send + 'a {
    runs.fail_later(2)
}

#[retryable(base = "0s")]
fn boxed_of_another_function(runs: &Runs) -> BoxFuture<'_, Result<u32, E>> {
    Box::pin(runs.fail_later(2))
}

#[retryable(base = "0s")]
fn boxed_by_method(runs: &Runs) -> BoxFuture<'_, Result<u32, E>> {
    async move { runs.fail_later(2).await }.boxed()
}

#[retryable(base = "0s")]
fn other_boxed_by_method(runs: &Runs) -> BoxFuture<'_, Result<u32, E>> {
    runs.fail_later(2).boxed()
}

#[retryable(base = "0s")]
fn mapped<'a>(runs: &'a Runs) -> impl Future<Output = Result<String, E>> + Send + 'a {
    runs.fail_later(2).map(|out| out.map(|run| run.to_string()))
}

/// The innermost async block has another output type than the function.
#[retryable(base = "0s")]
fn block_mapped<'a>(runs: &'a Runs) -> BoxFuture<'a, Result<String, E>> {
    async move { runs.fail_later(2).await }.map_ok(|run| run.to_string()).boxed()
}

fn twice<F: Future<Output = Result<u32, E>>>(future: F) -> impl Future<Output = Result<u64, E>> {
    future.map_ok(|run| u64::from(run) * 2)
}

#[retryable(base = "0s")]
fn block_in_a_call<'a>(runs: &'a Runs) -> impl Future<Output = Result<u64, E>> + 'a {
    twice(async move { runs.fail_later(2).await })
}

#[retryable(base = "0s")]
fn in_a_span<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + Send + 'a {
    async move { runs.fail_later(2).await }.instrument(tracing::info_span!("attempt"))
}

#[retryable(base = "0s")]
fn chosen<'a>(runs: &'a Runs, boxed: bool) -> BoxFuture<'a, Result<u32, E>> {
    if boxed {
        Box::pin(async move { runs.fail_later(2).await })
    } else {
        Box::pin(runs.fail_later(1))
    }
}

#[retryable(base = "0s")]
fn matched<'a>(runs: &'a Runs, way: u8) -> BoxFuture<'a, Result<u32, E>> {
    match way {
        0 => runs.fail_later(2).boxed(),
        _ => async move { runs.fail_later(1).await }.boxed(),
    }
}

#[retryable(base = "0s")]
fn in_a_block<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + 'a {
    {
        let failures = 2;
        async move { runs.fail_later(failures).await }
    }
}

#[retryable(base = "0s")]
fn bound_to_a_name<'a>(runs: &'a Runs) -> BoxFuture<'a, Result<u32, E>> {
    let failures = 2;
    let make = move || runs.fail_later(failures);
    make().boxed()
}

#[retryable(base = "0s")]
fn cast<'a>(runs: &'a Runs) -> Pin<Box<dyn Future<Output = Result<u32, E>> + Send + 'a>> {
    Box::pin(async move { runs.fail_later(2).await })
        as Pin<Box<dyn Future<Output = Result<u32, E>> + Send + 'a>>
}

#[retryable(base = "0s")]
fn a_block_that_borrows<'a>(runs: &'a Runs, name: &'a str) -> BoxFuture<'a, Result<usize, E>> {
    Box::pin(async move {
        runs.fail_later(2).await?;
        let text = String::from(name);
        Ok(text.len())
    })
}

#[retryable(base = "0s", clone(name))]
fn owned_by_a_call<'a>(runs: &'a Runs, name: String) -> BoxFuture<'a, Result<String, E>> {
    takes(runs, name).boxed()
}

async fn takes(runs: &Runs, name: String) -> Result<String, E> {
    runs.fail_later(2).await.map(|_| name)
}

#[retryable(base = "0s")]
fn named_block<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + 'a {
    let future = async move { runs.fail_later(2).await };
    tracing::trace!("made");
    future
}

#[retryable(base = "0s")]
fn named_block_boxed(runs: &Runs) -> BoxFuture<'_, Result<u32, E>> {
    let future = async move { runs.fail_later(2).await };
    Box::pin(future)
}

#[retryable(base = "0s")]
fn named_box(runs: &Runs) -> BoxFuture<'_, Result<u32, E>> {
    let future: BoxFuture<'_, Result<u32, E>> = Box::pin(async move { runs.fail_later(2).await });
    return future;
}

#[retryable(base = "0s")]
fn named_future<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + Send + 'a {
    let future = runs.fail_later(2);
    future.in_current_span()
}

macro_rules! later {
    ($runs:expr) => {
        $runs.fail_later(2)
    };
}

#[retryable(base = "0s")]
fn made_by_a_macro<'a>(runs: &'a Runs) -> impl Future<Output = Result<u32, E>> + 'a {
    later!(runs)
}

/// Statements before the tail consume the arguments.
#[retryable(base = "0s")]
fn used_up<'a>(
    runs: &'a Runs,
    log: &'a mut Vec<u32>,
    name: String,
) -> BoxFuture<'a, Result<usize, E>> {
    let (lines, text) = (log, name);
    let length = text.len();
    Box::pin(async move {
        lines.push(1);
        runs.fail_later(2).await?;
        Ok(lines.len() + length)
    })
}

/// An argument that the future does not capture.
#[retryable(base = "0s")]
fn dropped_before<'a>(
    runs: &'a Runs,
    log: &mut Vec<u32>,
    name: String,
) -> impl Future<Output = Result<u32, E>> + 'a {
    log.push(1);
    let length = name.len() as u32;
    async move { Ok(runs.fail_later(2).await? + length) }
}

struct Layer {
    inner: Arc<Runs>,
}

impl Layer {
    #[retryable(base = "0s")]
    fn call(&self, failures: u32) -> impl Future<Output = Result<u32, E>> + Send + '_ {
        self.inner.fail_later(failures)
    }

    #[retryable(base = "0s")]
    fn call_mutably<'a>(&'a mut self, log: &'a mut Vec<u32>) -> BoxFuture<'a, Result<usize, E>> {
        Box::pin(async move {
            log.push(1);
            self.inner.fail_later(2).await?;
            Ok(log.len())
        })
    }

    #[retryable(base = "0s")]
    fn detached(&self) -> impl Future<Output = Result<u32, E>> + Send + 'static {
        let inner = Arc::clone(&self.inner);
        async move { inner.fail_later(2).await }
    }

    #[retryable(base = "0s")]
    fn returned_at_once(&self) -> BoxFuture<'_, Result<u32, E>> {
        return Box::pin(async move { self.inner.fail_later(2).await });
    }
}

#[test]
fn every_tail_is_the_attempt() {
    block_on(async {
        assert_eq!(sendable(of_another_function(&Runs::new())).await, Ok(3));
        assert_eq!(boxed_of_another_function(&Runs::new()).await, Ok(3));
        assert_eq!(boxed_by_method(&Runs::new()).await, Ok(3));
        assert_eq!(other_boxed_by_method(&Runs::new()).await, Ok(3));
        assert_eq!(mapped(&Runs::new()).await, Ok("3".to_owned()));
        assert_eq!(block_mapped(&Runs::new()).await, Ok("3".to_owned()));
        assert_eq!(block_in_a_call(&Runs::new()).await, Ok(6));
        assert_eq!(sendable(in_a_span(&Runs::new())).await, Ok(3));
        assert_eq!(chosen(&Runs::new(), true).await, Ok(3));
        assert_eq!(chosen(&Runs::new(), false).await, Ok(2));
        assert_eq!(matched(&Runs::new(), 0).await, Ok(3));
        assert_eq!(matched(&Runs::new(), 1).await, Ok(2));
        assert_eq!(in_a_block(&Runs::new()).await, Ok(3));
        assert_eq!(named_block(&Runs::new()).await, Ok(3));
        assert_eq!(named_block_boxed(&Runs::new()).await, Ok(3));
        assert_eq!(named_box(&Runs::new()).await, Ok(3));
        assert_eq!(sendable(named_future(&Runs::new())).await, Ok(3));
        assert_eq!(made_by_a_macro(&Runs::new()).await, Ok(3));
        assert_eq!(used_up(&Runs::new(), &mut Vec::new(), "ab".to_owned()).await, Ok(5));
        assert_eq!(dropped_before(&Runs::new(), &mut Vec::new(), "ab".to_owned()).await, Ok(5));
        assert_eq!(bound_to_a_name(&Runs::new()).await, Ok(3));
        assert_eq!(cast(&Runs::new()).await, Ok(3));
        assert_eq!(a_block_that_borrows(&Runs::new(), "ab").await, Ok(2));
        assert_eq!(owned_by_a_call(&Runs::new(), "n".to_owned()).await, Ok("n".to_owned()));
    });
}

#[test]
fn every_tail_of_a_method_is_the_attempt() {
    let layer = || Layer { inner: Arc::new(Runs::new()) };
    block_on(async {
        assert_eq!(sendable(layer().call(2)).await, Ok(3));
        assert_eq!(layer().call_mutably(&mut Vec::new()).await, Ok(3));
        assert_eq!(tokio::spawn(layer().detached()).await.expect("no panic"), Ok(3));
        assert_eq!(layer().returned_at_once().await, Ok(3));
    });
}
