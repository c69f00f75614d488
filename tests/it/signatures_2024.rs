//! Signatures specific to edition 2024: lifetimes that opaque types capture.

use std::future::Future;

use retry_runtime::retryable;

use crate::signatures::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
#[allow(clippy::manual_async_fn, reason = "what is tested")]
fn captures_all(runs: &Runs, name: &str) -> impl Future<Output = Result<usize, E>> + Send {
    async move {
        runs.fail_later(2).await?;
        Ok(name.len())
    }
}

#[retryable(base = "0s")]
fn captures_one<'a>(
    runs: &'a Runs,
    name: &str,
) -> impl Future<Output = Result<usize, E>> + Send + use<'a> {
    let length = name.len();
    async move {
        runs.fail_later(2).await?;
        Ok(length)
    }
}

#[retryable(base = "0s")]
fn captures_nothing<T: Into<u32>>(
    runs: &'static Runs,
    add: T,
) -> impl Future<Output = Result<u32, E>> + Send + use<T> {
    let add = add.into();
    async move { Ok(runs.fail_later(2).await? + add) }
}

#[retryable(base = "0s")]
fn iterates(runs: &Runs) -> Result<impl Iterator<Item = u32> + use<>, E> {
    let run = runs.fail(2)?;
    Ok(0..run)
}

#[retryable(base = "0s")]
fn iterates_over_the_borrowed(values: &[u32]) -> Result<impl Iterator<Item = u32>, E> {
    static RUNS: Runs = Runs::new();
    RUNS.fail(2)?;
    Ok(values.iter().copied())
}

/// Only the type of the returned iterator holds the `&mut`.
#[retryable(base = "0s")]
fn drains(runs: &Runs, values: &mut Vec<u32>) -> Result<impl Iterator<Item = u32>, E> {
    values.push(1);
    runs.fail(2)?;
    Ok(std::mem::take(values).into_iter())
}

#[test]
fn functions_with_capturing_opaque_types_are_retried() {
    static STATIC: Runs = Runs::new();
    assert_eq!(iterates(&Runs::new()).map(Iterator::count), Ok(3));
    assert_eq!(iterates_over_the_borrowed(&[1, 2]).map(Iterator::count), Ok(2));
    assert_eq!(drains(&Runs::new(), &mut Vec::new()).map(Iterator::count), Ok(3));
    block_on(async {
        assert_eq!(sendable(captures_all(&Runs::new(), "ab")).await, Ok(2));
        assert_eq!(sendable(captures_one(&Runs::new(), &String::from("ab"))).await, Ok(2));
        let task = tokio::spawn(captures_nothing(&STATIC, 1_u8));
        assert_eq!(task.await.expect("no panic"), Ok(4));
    });
}
