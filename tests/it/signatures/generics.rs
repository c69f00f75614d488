//! Generic functions, closures and `impl Trait` in arguments.

use std::borrow::Borrow;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::hash::Hash;

use retry_runtime::{Classify, Outcome, retryable};

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn generic<T: Display>(runs: &Runs, value: T) -> Result<String, E> {
    runs.fail(2)?;
    Ok(value.to_string())
}

#[retryable(base = "0s")]
async fn generic_async<T>(runs: &Runs, value: &T) -> Result<String, E>
where
    T: Debug + Sync + ?Sized,
{
    runs.fail_later(2).await?;
    Ok(format!("{:?}", value))
}

#[retryable(base = "0s")]
fn const_generic<const N: usize>(runs: &Runs, values: [u32; N]) -> Result<[u32; N], E> {
    runs.fail(2)?;
    Ok(values)
}

#[retryable(base = "0s")]
async fn const_generic_async<T: Copy + Default, const N: usize>(runs: &Runs) -> Result<[T; N], E> {
    runs.fail_later(2).await?;
    Ok([T::default(); N])
}

#[retryable(base = "0s")]
fn bounded<K, V, Q>(runs: &Runs, key: &Q, pairs: &[(K, V)]) -> Result<Option<V>, E>
where
    K: Borrow<Q> + Hash + Eq,
    Q: Eq + ?Sized,
    V: Clone,
{
    runs.fail(2)?;
    Ok(pairs.iter().find(|(k, _)| k.borrow() == key).map(|(_, v)| v.clone()))
}

#[retryable(base = "0s")]
fn callback<F: Fn() -> Result<u32, E>>(callback: F) -> Result<u32, E> {
    callback()
}

#[retryable(base = "0s", keep(callback))]
fn mutable_callback<F: FnMut(u32) -> Result<u32, E>>(mut callback: F) -> Result<u32, E> {
    callback(1)
}

#[retryable(base = "0s", keep(callback))]
async fn opaque_callback(mut callback: impl FnMut() -> Result<u32, E>) -> Result<u32, E> {
    callback()
}

#[retryable(base = "0s")]
async fn async_callback<F, R>(callback: F) -> Result<u32, E>
where
    F: Fn(u32) -> R,
    R: Future<Output = Result<u32, E>>,
{
    callback(1).await
}

#[retryable(base = "0s")]
async fn higher_ranked<F>(runs: &Runs, callback: F) -> Result<usize, E>
where
    F: for<'a> Fn(&'a str) -> &'a str + Send + Sync,
{
    runs.fail_later(2).await?;
    Ok(callback("abc").len())
}

#[retryable(base = "0s", clone(once))]
fn once<F: FnOnce() -> Result<u32, E> + Clone>(once: F) -> Result<u32, E> {
    once()
}

#[retryable(base = "0s")]
async fn opaque_argument(runs: &Runs, name: impl AsRef<str> + Send + Sync) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(name.as_ref().len())
}

#[retryable(base = "0s", clone(name))]
fn opaque_into(runs: &Runs, name: impl Into<String> + Clone) -> Result<String, E> {
    let name = name.into();
    runs.fail(2)?;
    Ok(name)
}

#[retryable(base = "0s")]
fn dynamic(runs: &Runs, value: &dyn Display, more: Box<dyn Display>) -> Result<String, E> {
    runs.fail(2)?;
    Ok(format!("{}{}", value, more))
}

#[retryable(base = "0s")]
async fn dynamic_async(runs: &Runs, value: &(dyn Display + Sync)) -> Result<String, E> {
    runs.fail_later(2).await?;
    Ok(value.to_string())
}

#[retryable(base = "0s", keep(work))]
fn boxed_callback(mut work: Box<dyn FnMut() -> Result<u32, E>>) -> Result<u32, E> {
    work()
}

#[retryable(base = "0s")]
async fn borrowed_callback(work: &mut (dyn FnMut() -> Result<u32, E> + Send)) -> Result<u32, E> {
    work()
}

#[retryable(base = "0s")]
async fn function_pointer(work: fn(&Runs) -> Result<u32, E>, runs: &Runs) -> Result<u32, E> {
    work(runs)
}

#[retryable(base = "0s")]
fn generic_error<T, F: Classify>(work: &dyn Fn() -> Result<T, F>) -> Result<T, F> {
    work()
}

#[retryable(base = "0s", on = any)]
async fn any_error<T, F>(work: impl Fn() -> Result<T, F>) -> Result<T, F> {
    work()
}

#[retryable(base = "0s")]
fn generic_outcome<R>(work: impl Fn() -> R) -> R
where
    R: Outcome,
    R::Error: Classify,
{
    work()
}

#[retryable(base = "0s")]
async fn generic_output<W>(work: &W) -> Result<W::Item, E>
where
    W: Work + Sync,
    W::Item: Send,
{
    work.work()
}

trait Work {
    type Item;
    fn work(&self) -> Result<Self::Item, E>;
}

impl Work for Runs {
    type Item = u32;

    fn work(&self) -> Result<u32, E> {
        self.fail(2)
    }
}

#[test]
fn generic_functions_are_retried() {
    assert_eq!(generic(&Runs::new(), 7), Ok("7".to_owned()));
    assert_eq!(const_generic(&Runs::new(), [1, 2]), Ok([1, 2]));
    assert_eq!(bounded(&Runs::new(), "a", &[("a".to_owned(), 1)]), Ok(Some(1)));
    let runs = Runs::new();
    assert_eq!(callback(|| runs.fail(2)), Ok(3));
    let mut calls = 0;
    let counted = |by: u32| {
        calls += by;
        if calls < 3 { Err(E::Busy) } else { Ok(calls) }
    };
    assert_eq!(mutable_callback(counted), Ok(3));
    let runs = Runs::new();
    assert_eq!(once(|| runs.fail(2)), Ok(3));
    assert_eq!(opaque_into(&Runs::new(), "n"), Ok("n".to_owned()));
    assert_eq!(dynamic(&Runs::new(), &1, Box::new(2)), Ok("12".to_owned()));
    let runs = Runs::new();
    assert_eq!(boxed_callback(Box::new(move || runs.fail(2))), Ok(3));
    let runs = Runs::new();
    assert_eq!(generic_error(&|| runs.fail(2)), Ok(3));
    let runs = Runs::new();
    assert_eq!(generic_outcome(|| runs.fail(2).ok()), Some(3));
}

#[test]
fn generic_async_functions_are_retried() {
    block_on(async {
        assert_eq!(sendable(generic_async(&Runs::new(), "s")).await, Ok("\"s\"".to_owned()));
        assert_eq!(const_generic_async::<u8, 2>(&Runs::new()).await, Ok([0, 0]));
        let runs = Runs::new();
        assert_eq!(opaque_callback(|| runs.fail(2)).await, Ok(3));
        let runs = Runs::new();
        assert_eq!(sendable(async_callback(|_| runs.fail_later(2))).await, Ok(3));
        assert_eq!(sendable(higher_ranked(&Runs::new(), |s| &s[1..])).await, Ok(2));
        assert_eq!(sendable(opaque_argument(&Runs::new(), "ab".to_owned())).await, Ok(2));
        assert_eq!(sendable(dynamic_async(&Runs::new(), &1)).await, Ok("1".to_owned()));
        let runs = Runs::new();
        assert_eq!(sendable(borrowed_callback(&mut || runs.fail(2))).await, Ok(3));
        assert_eq!(function_pointer(|runs| runs.fail(2), &Runs::new()).await, Ok(3));
        let runs = Runs::new();
        assert_eq!(any_error(|| runs.fail(2)).await, Ok(3));
        assert_eq!(sendable(generic_output(&Runs::new())).await, Ok(3));
    });
}
