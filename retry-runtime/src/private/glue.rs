//! What holds generated code together: types that it must name without knowing them.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::call::context::Ambient;
use crate::failure::outcome::Outcome;
use crate::report::error::RetryError;

/// A value of the attempt's type that is never made: the return edge that gives an attempt its type.
#[track_caller]
pub fn conjure<R: Outcome>() -> R {
    unreachable!("the return edge is never taken")
}

/// A value that is never made: the body of a function whose attribute is wrong names it.
#[track_caller]
pub fn absent<T>() -> T {
    unreachable!("a function with a wrong attribute is never called")
}

/// [`absent`], where the body has another type than the function.
#[track_caller]
pub fn absent_for<B, T>(_: B) -> T {
    absent()
}

/// The future as it is, in the place of one that a function returned.
pub fn future<F: Future>(future: F) -> F {
    future
}

/// The outcome of this result.
pub fn outcome<R: Outcome>(result: Result<R::Value, R::Error>) -> R {
    R::from_result(result)
}

/// The return type of a function with `report`: `Result<T, RetryError<E>>`, while its body returns
/// `Result<T, E>`.
#[diagnostic::on_unimplemented(
    message = "a function with `report` returns `Result<T, RetryError<E>>`, not `{Self}`",
    label = "expected `Result<T, retry_runtime::RetryError<E>>`",
    note = "its body returns `Result<T, E>`; the report is added to the final failure"
)]
pub trait Reported {
    /// What the body returns.
    type Body: Outcome;

    /// The function's result.
    fn reported(
        result: Result<<Self::Body as Outcome>::Value, RetryError<<Self::Body as Outcome>::Error>>,
    ) -> Self;
}

impl<T, E> Reported for Result<T, RetryError<E>> {
    type Body = Result<T, E>;

    fn reported(result: Self) -> Self {
        result
    }
}

/// Runs `recover` of a call that blocks: a retryable call inside of it is not the one that is observed.
pub fn recovered<T>(recover: impl FnOnce() -> T) -> T {
    match Ambient::current() {
        Some(ambient) => Ambient::new(ambient.deadline(), None).scope(recover),
        None => recover(),
    }
}

pin_project! {
    /// [`recovered`], for the future of a `recover` that is `async`.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Recovering<F> {
        #[pin]
        recover: F,
    }
}

/// The future of `recover`.
pub fn recovering<F: Future>(recover: F) -> Recovering<F> {
    Recovering { recover }
}

impl<F: Future> Future for Recovering<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let recover = self.project().recover;
        recovered(|| recover.poll(cx))
    }
}

/// The first argument of `recover`: the final failure `E`, or the [`RetryError<E>`] around it.
#[diagnostic::on_unimplemented(
    message = "`recover` is called with the final failure `{E}` or a `RetryError<{E}>`, not with `{Self}`",
    label = "the function named in `recover` takes another failure"
)]
pub trait Failure<E> {
    /// The failure in the form that the function takes.
    fn from_retry_error(error: RetryError<E>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E> Failure<E> for E {
    fn from_retry_error(error: RetryError<E>) -> E {
        error.into_error()
    }
}

#[diagnostic::do_not_recommend]
impl<E> Failure<E> for RetryError<E> {
    fn from_retry_error(error: RetryError<E>) -> Self {
        error
    }
}
