//! Rare but valid forms.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use retry_runtime::{RetryError, retryable};

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
async fn async_closure(work: impl AsyncFn(u32) -> Result<u32, E>) -> Result<u32, E> {
    work(1).await
}

#[retryable(base = "0s", keep(work))]
async fn async_closure_that_changes<F>(mut work: F) -> Result<u32, E>
where
    F: AsyncFnMut() -> Result<u32, E>,
{
    work().await
}

#[retryable(base = "0s")]
async fn mutable_trait_object(log: &mut (dyn Write + Send), runs: &Runs) -> Result<u32, E> {
    log.write_str("1").map_err(|_| E::Bad)?;
    runs.fail_later(2).await
}

#[retryable(base = "0s")]
async fn mutable_opaque(log: &mut impl Extend<u32>, runs: &Runs) -> Result<u32, E> {
    log.extend(vec![1]);
    runs.fail_later(2).await
}

#[retryable(base = "0s", keep(slot))]
fn optional_reference(mut slot: Option<&mut u32>, runs: &Runs) -> Result<u32, E> {
    if let Some(slot) = slot.as_deref_mut() {
        *slot += 1;
    }
    runs.fail(2)
}

#[retryable(base = "0s", keep(bytes))]
fn moves_on<'a>(mut bytes: &'a [u32], runs: &Runs) -> Result<&'a [u32], E> {
    bytes = &bytes[1..];
    runs.fail(2)?;
    Ok(bytes)
}

#[retryable(base = "0s")]
async fn bounded_by_reference<T>(value: &T, runs: &Runs) -> Result<u64, E>
where
    T: Sync,
    for<'a> &'a T: Into<u64>,
{
    runs.fail_later(2).await?;
    Ok(value.into())
}

struct Wide(u64);

impl From<&Wide> for u64 {
    fn from(wide: &Wide) -> u64 {
        wide.0
    }
}

macro_rules! outcome {
    ($ty:ty) => { Result<$ty, E> };
}

#[retryable(base = "0s")]
fn output_by_macro(runs: &Runs) -> outcome!(u32) {
    runs.fail(2)
}

#[retryable(base = "0s")]
async fn output_by_macro_async(runs: &Runs) -> outcome!(Box<dyn Debug + Send>) {
    let run = runs.fail_later(2).await?;
    Ok(Box::new(run))
}

#[retryable(base = "0s")]
fn future_in_a_result(runs: &Runs) -> Result<impl Future<Output = u32>, E> {
    let run = runs.fail(2)?;
    Ok(std::future::ready(run))
}

#[retryable(base = "0s")]
async fn future_in_a_result_async(runs: &Runs) -> Result<impl Future<Output = u32> + Send, E> {
    let run = runs.fail_later(2).await?;
    Ok(async move { run })
}

#[retryable(max = 1, base = "0s", report)]
fn reports_a_box(runs: &Runs) -> Result<Box<dyn Debug>, RetryError<E>> {
    Ok(Box::new(runs.fail(1)?))
}

struct Tagged<T> {
    runs: Runs,
    _tag: PhantomData<fn() -> T>,
}

impl<T> Tagged<T> {
    const FAILURES: u32 = 2;

    #[retryable(base = "0s")]
    async fn pinned_box(self: Pin<Box<Self>>) -> Result<u32, E> {
        self.runs.fail_later(Self::FAILURES).await
    }

    #[retryable(base = "0s")]
    fn pinned_arc(self: Pin<Arc<Self>>) -> Result<u32, E> {
        self.runs.fail(Self::FAILURES)
    }

    #[retryable(base = "0s")]
    async fn mutable_box(self: &mut Box<Self>) -> Result<u32, E> {
        self.runs.fail_later(Self::FAILURES).await
    }

    #[retryable(base = "0s")]
    fn rc(self: &Rc<Self>) -> Result<Rc<Self>, E> {
        self.runs.fail(Self::FAILURES)?;
        Ok(Rc::clone(self))
    }

    #[retryable(base = "0s")]
    #[allow(clippy::manual_async_fn)]
    fn pinned_future(self: Pin<&mut Self>) -> impl Future<Output = Result<u32, E>> + '_ {
        async move { self.runs.fail_later(Self::FAILURES).await }
    }
}

/// A trait implemented for references, so that `self` is a reference.
trait Ask {
    fn ask(self) -> Result<u32, E>;
    fn ask_later(self) -> impl Future<Output = Result<u32, E>>;
}

impl Ask for &mut Tagged<u8> {
    #[retryable(base = "0s")]
    fn ask(self) -> Result<u32, E> {
        self.runs.fail(2)
    }

    #[retryable(base = "0s")]
    async fn ask_later(self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }
}

#[async_trait]
trait Wider<'t, T: Send + Sync + 't>: Sync {
    async fn get<'a, K>(&'a self, key: K, more: &'a [T]) -> Result<(K, &'a [T]), E>
    where
        K: Clone + Send + Sync + 'a;
    async fn boxed(mut self: Box<Self>, log: &mut Vec<u32>) -> Result<usize, E>;
}

#[async_trait]
impl<'t, T: Send + Sync + 't> Wider<'t, T> for Runs {
    #[retryable(base = "0s", clone(key))]
    async fn get<'a, K>(&'a self, key: K, more: &'a [T]) -> Result<(K, &'a [T]), E>
    where
        K: Clone + Send + Sync + 'a,
    {
        self.fail_later(2).await?;
        Ok((key, more))
    }

    #[retryable(base = "0s", keep(self))]
    async fn boxed(mut self: Box<Self>, log: &mut Vec<u32>) -> Result<usize, E> {
        log.push(1);
        if self.fail_later(2).await.is_err() {
            return Err(E::Busy);
        }
        *self = Runs::new();
        Ok(log.len())
    }
}

const _: () = {
    #[allow(dead_code)]
    #[retryable(base = "0s")]
    fn in_a_constant(runs: &Runs) -> Result<u32, E> {
        runs.fail(2)
    }
};

#[allow(unused_extern_crates)]
mod without_prelude {
    #![no_implicit_prelude]

    use super::{E, Runs};
    use ::std::string::String;

    #[::retry_runtime::retryable(base = "0s", clone(name), attempt = attempt, when = E::is_busy)]
    pub(super) fn sync(runs: &Runs, name: String) -> ::std::result::Result<u32, E> {
        let taken = name;
        runs.fail(2)?;
        ::std::result::Result::Ok(attempt.number() + taken.len() as u32)
    }

    #[::retry_runtime::retryable(base = "0s", deadline = "1m", cancel = token)]
    pub(super) async fn asynchronous(
        runs: &Runs,
        token: ::retry_runtime::CancelToken,
    ) -> ::std::result::Result<u32, E> {
        runs.fail_later(2).await
    }

    #[::retry_runtime::retryable(base = "0s", report, recover = back)]
    pub(super) async fn recovered(
        runs: &Runs,
    ) -> ::std::result::Result<u32, ::retry_runtime::RetryError<E>> {
        runs.fail_later(9).await
    }

    async fn back(_: E, runs: &Runs) -> ::std::result::Result<u32, ::retry_runtime::RetryError<E>> {
        ::std::result::Result::Ok(runs.count())
    }
}

#[retryable(base = "0s", when = |error| names.contains_key(&error.to_string()), on_retry = |_| count.set(1))]
async fn rules_that_borrow(
    runs: &Runs,
    names: HashMap<String, u32>,
    count: &std::cell::Cell<u32>,
) -> Result<usize, E> {
    runs.fail_later(2).await?;
    Ok(names.len())
}

#[test]
fn rare_forms_are_retried() {
    let mut slot = 0;
    assert_eq!(optional_reference(Some(&mut slot), &Runs::new()), Ok(3));
    assert_eq!(slot, 3);
    assert_eq!(moves_on(&[1, 2, 3, 4], &Runs::new()), Ok(&[4][..]));
    assert_eq!(output_by_macro(&Runs::new()), Ok(3));
    assert_eq!(block_on(future_in_a_result(&Runs::new()).expect("a future")), 3);
    assert!(reports_a_box(&Runs::new()).is_ok());
    let tagged = || Tagged { runs: Runs::new(), _tag: PhantomData::<fn() -> u8> };
    assert_eq!(Arc::pin(tagged()).pinned_arc(), Ok(3));
    assert!(Rc::new(tagged()).rc().is_ok_and(|tagged| tagged.runs.count() == 3));
    let mut plain = Tagged { runs: Runs::new(), _tag: PhantomData };
    assert_eq!((&mut plain).ask(), Ok(3));
    assert_eq!(without_prelude::sync(&Runs::new(), "ab".to_owned()), Ok(5));
}

#[test]
fn rare_async_forms_are_retried() {
    block_on(async {
        let runs = Runs::new();
        assert_eq!(async_closure(async |_| runs.fail_later(2).await).await, Ok(3));
        let mut calls = 0;
        let work = async || {
            calls += 1;
            if calls < 3 { Err(E::Busy) } else { Ok(calls) }
        };
        assert_eq!(async_closure_that_changes(work).await, Ok(3));
        let (mut log, mut text) = (Vec::new(), String::new());
        assert_eq!(sendable(mutable_trait_object(&mut text, &Runs::new())).await, Ok(3));
        assert_eq!(sendable(mutable_opaque(&mut log, &Runs::new())).await, Ok(3));
        assert_eq!((log.len(), text.as_str()), (3, "111"));
        assert_eq!(bounded_by_reference(&Wide(7), &Runs::new()).await, Ok(7));
        assert!(sendable(output_by_macro_async(&Runs::new())).await.is_ok());
        assert_eq!(future_in_a_result_async(&Runs::new()).await.expect("a future").await, 3);
        let tagged = || Tagged { runs: Runs::new(), _tag: PhantomData::<fn() -> u8> };
        assert_eq!(sendable(Box::pin(tagged()).pinned_box()).await, Ok(3));
        assert_eq!(sendable(Box::new(tagged()).mutable_box()).await, Ok(3));
        assert_eq!(Pin::new(&mut tagged()).pinned_future().await, Ok(3));
        let mut plain = Tagged { runs: Runs::new(), _tag: PhantomData };
        assert_eq!((&mut plain).ask_later().await, Ok(3));
        assert_eq!(Runs::new().get("k", &[1]).await, Ok(("k", &[1][..])));
        let boxed = Wider::<u8>::boxed(Box::new(Runs::new()), &mut Vec::new()).await;
        assert_eq!(boxed, Ok(3));
        let token = retry_runtime::CancelToken::new();
        assert_eq!(without_prelude::asynchronous(&Runs::new(), token).await, Ok(3));
        assert!(matches!(without_prelude::recovered(&Runs::new()).await, Ok(4)));
        let names = HashMap::from([("busy".to_owned(), 1)]);
        let count = std::cell::Cell::new(0);
        assert_eq!(rules_that_borrow(&Runs::new(), names, &count).await, Ok(1));
        assert_eq!(count.get(), 1);
    });
}

#[retryable(max = 0, recover = sum)]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
fn many(
    runs: &Runs,
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    f: u32,
    g: u32,
    h: u32,
    i: u32,
    j: u32,
    k: u32,
    l: u32,
    m: u32,
) -> Result<u32, E> {
    runs.fail(9)
}

#[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
fn sum(
    _: E,
    _: &Runs,
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    f: u32,
    g: u32,
    h: u32,
    i: u32,
    j: u32,
    k: u32,
    l: u32,
    m: u32,
) -> Result<u32, E> {
    Ok(a + b + c + d + e + f + g + h + i + j + k + l + m)
}

#[test]
fn a_function_with_more_arguments_than_anyone_should_have_can_recover() {
    assert_eq!(many(&Runs::new(), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13), Ok(91));
}
