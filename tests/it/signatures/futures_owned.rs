//! Functions that return a future, whose `async move` blocks use arguments that the function owns.

#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![allow(clippy::needless_pass_by_value, reason = "the subject of this file")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use retry_runtime::retryable;
use tracing::Instrument as _;

use super::support::{E, Runs, block_on, sendable};

type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

async fn io(runs: &Runs, key: &str) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(key.len())
}

#[retryable(base = "0s")]
fn arms_of_an_if(first: bool, runs: &Runs, key: String) -> BoxFuture<'_, Result<usize, E>> {
    if first {
        Box::pin(async move { io(runs, &key).await })
    } else {
        let more = 1;
        async move { Ok(io(runs, &key).await?.saturating_add(more)) }.boxed()
    }
}

#[retryable(base = "0s")]
fn arms_of_a_match(way: Option<u8>, runs: &Runs, key: String) -> BoxFuture<'_, Result<usize, E>> {
    match way {
        Some(0) => Box::pin(async move { io(runs, &key).await }),
        Some(way) if way > 9 => unreachable!("{}", way),
        Some(way) => async move { Ok(io(runs, &key).await?.saturating_add(usize::from(way))) }
            .map(|out| out)
            .boxed(),
        None => other(runs),
    }
}

fn other(runs: &Runs) -> BoxFuture<'_, Result<usize, E>> {
    Box::pin(io(runs, "other"))
}

#[retryable(base = "0s")]
fn mapped(runs: &Runs, key: String) -> impl Future<Output = Result<String, E>> + Send + '_ {
    async move { io(runs, &key).await }.map(|out| out.map(|length| length.to_string()))
}

/// A `Receiver` is `Send` and not `Sync`: only a block that owns it, or borrows it mutably, is `Send`.
#[retryable(base = "0s")]
fn not_sync(runs: &Runs, jobs: Receiver<u32>) -> impl Future<Output = Result<u32, E>> + Send + '_ {
    async move {
        let job = jobs.try_recv().unwrap_or(0);
        runs.fail_later(2).await?;
        Ok(job)
    }
    .map(|out: Result<u32, E>| out)
}

#[retryable(base = "0s")]
fn not_sync_in_an_arm(
    first: bool,
    runs: &Runs,
    jobs: Receiver<u32>,
) -> BoxFuture<'_, Result<u32, E>> {
    if first {
        Box::pin(async move {
            let job = jobs.try_recv().unwrap_or(0);
            runs.fail_later(2).await?;
            Ok(job)
        })
    } else {
        Box::pin(async move { Ok(jobs.recv().unwrap_or(0)) })
    }
}

#[retryable(base = "0s")]
fn in_a_span(first: bool, runs: &Runs, key: String) -> BoxFuture<'_, Result<usize, E>> {
    if first {
        Box::pin(async move { io(runs, &key).await }.instrument(tracing::info_span!("attempt")))
    } else {
        Box::pin(async { io(runs, "k").await })
    }
}

#[retryable(base = "0s")]
fn behind_an_alias(runs: &Runs, key: String) -> Reply<'_, usize> {
    Box::pin(async move { io(runs, &key).await })
}

#[retryable(base = "0s")]
fn behind_an_alias_by_method(runs: &Runs, key: String) -> Reply<'_, usize> {
    async move { io(runs, &key).await }.boxed()
}

#[retryable(base = "0s")]
fn arms_behind_an_alias(first: bool, runs: &Runs, key: String) -> Reply<'_, usize> {
    if first { Box::pin(async move { io(runs, &key).await }) } else { Box::pin(io(runs, "k")) }
}

#[retryable(base = "0s", clone(key))]
fn consumed(first: bool, runs: &Runs, key: String) -> Reply<'_, String> {
    if first {
        Box::pin(async move {
            runs.fail_later(2).await?;
            Ok(key)
        })
    } else {
        Box::pin(async { Err(E::Bad) })
    }
}

#[derive(Clone, Copy)]
struct Id(usize);

const fn limited<F: Future>(_limit: u32, future: F) -> F {
    future
}

#[retryable(base = "0s")]
fn local_in_arms(first: bool, runs: &Arc<Runs>, key: &str) -> Reply<'static, usize> {
    let runs = Arc::clone(runs);
    let key: String = key.to_owned();
    if first {
        Box::pin(async move { io(&runs, &key).await })
    } else {
        async move { Ok(io(&runs, "k").await?.saturating_add(key.len())) }.boxed()
    }
}

#[retryable(base = "0s")]
fn local_in_a_chain(runs: &Arc<Runs>, key: &str) -> BoxFuture<'static, Result<usize, E>> {
    let runs = Arc::clone(runs);
    let key = key.to_owned();
    async move { io(&runs, &key).await }.map(|out| out).boxed()
}

#[retryable(base = "0s")]
fn copy_in_a_call(runs: &Runs, id: Id) -> impl Future<Output = Result<usize, E>> + Send + '_ {
    limited(1, async move { io(runs, "k").await.map(|length| length.saturating_add(id.0)) })
}

#[retryable(base = "0s")]
fn other_of_the_name_in_a_call(
    runs: &Runs,
    key: String,
) -> impl Future<Output = Result<usize, E>> + Send + '_ {
    let length = key.len();
    limited(1, async move {
        let key = "k";
        io(runs, key).await.map(|k| k.saturating_add(length))
    })
}

#[retryable(base = "0s", clone(key))]
fn cloned_for_a_call(runs: &Runs, key: String) -> BoxFuture<'_, Result<usize, E>> {
    Box::pin(limited(1, async move { io(runs, &key).await }))
}

#[test]
fn a_local_that_an_async_move_block_uses_lives_through_all_attempts() {
    let new = || Arc::new(Runs::new());
    block_on(async {
        assert_eq!(local_in_arms(true, &new(), "key").await, Ok(3));
        assert_eq!(local_in_arms(false, &new(), "key").await, Ok(4));
        assert_eq!(local_in_a_chain(&new(), "key").await, Ok(3));
    });
}

#[test]
fn a_block_in_a_call_may_move_what_every_attempt_can_move() {
    let new = Runs::new;
    block_on(async {
        assert_eq!(copy_in_a_call(&new(), Id(2)).await, Ok(3));
        assert_eq!(other_of_the_name_in_a_call(&new(), "key".to_owned()).await, Ok(4));
        assert_eq!(cloned_for_a_call(&new(), "key".to_owned()).await, Ok(3));
    });
}

#[test]
fn an_argument_that_an_async_move_block_uses_lives_through_all_attempts() {
    let (new, key) = (Runs::new, || String::from("key"));
    let jobs = || std::sync::mpsc::channel().1;
    block_on(async {
        assert_eq!(sendable(arms_of_an_if(true, &new(), key())).await, Ok(3));
        assert_eq!(arms_of_an_if(false, &new(), key()).await, Ok(4));
        assert_eq!(arms_of_a_match(Some(0), &new(), key()).await, Ok(3));
        assert_eq!(arms_of_a_match(Some(1), &new(), key()).await, Ok(4));
        assert_eq!(arms_of_a_match(None, &new(), key()).await, Ok(5));
        assert_eq!(sendable(mapped(&new(), key())).await, Ok("3".to_owned()));
        assert_eq!(sendable(not_sync(&new(), jobs())).await, Ok(0));
        assert_eq!(sendable(not_sync_in_an_arm(true, &new(), jobs())).await, Ok(0));
        assert_eq!(sendable(in_a_span(true, &new(), key())).await, Ok(3));
        assert_eq!(behind_an_alias(&new(), key()).await, Ok(3));
        assert_eq!(behind_an_alias_by_method(&new(), key()).await, Ok(3));
        assert_eq!(arms_behind_an_alias(true, &new(), key()).await, Ok(3));
        assert_eq!(arms_behind_an_alias(false, &new(), key()).await, Ok(1));
        assert_eq!(consumed(true, &new(), key()).await, Ok("key".to_owned()));
    });
}
