//! The outputs of annotated functions: generated code converts between types that the macro cannot name.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::call::context::CallContext;
use crate::course::work::{Has, Never, Nothing};
use crate::failure::outcome::Outcome;
use crate::report::error::RetryError;

/// Never called: gives the attempt's block its return type. The turn requires that the type is an outcome.
#[track_caller]
pub fn conjure<R>() -> R {
    unreachable!("the code that gives a block its return type never runs")
}

/// Never called: the body of a function whose attribute has errors.
#[track_caller]
pub fn absent<T>() -> T {
    unreachable!("a function whose attribute has errors is never called")
}

/// [`absent`] for a body whose type differs from the function's return type.
#[track_caller]
pub fn absent_for<B, T>(_: B) -> T {
    absent()
}

/// Returns the future unchanged: requires that the value is a future. The type is opaque, as clippy takes a body whose
/// type is an `async` block for an `async fn`, with lints of its own.
pub fn future<F: Future>(future: F) -> impl Future<Output = F::Output> {
    future
}

/// Converts a result to the outcome.
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
    /// The type that the body returns.
    type Body: Outcome;

    /// Converts to the function's return type.
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

/// Runs a blocking `recover` without the observer: a retryable call inside must not report in place of the outer call.
pub fn recovered<T>(recover: impl FnOnce() -> T) -> T {
    match CallContext::current() {
        Some(context) => CallContext::new(context.deadline(), None).scope(recover),
        None => recover(),
    }
}

pin_project! {
    /// The future of [`recovering`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Recovering<F> {
        #[pin]
        recover: F,
    }
}

/// The future of an `async` `recover`.
#[diagnostic::on_unimplemented(
    message = "`recover` of an `async` function is an `async` function, and this one returns `{Self}`",
    label = "not a future",
    note = "write `async fn`"
)]
pub trait RecoverFuture<Way> {
    /// The future in its context.
    type Recovering;

    /// Puts the future into its context.
    fn recovering(self) -> Self::Recovering;
}

#[diagnostic::do_not_recommend]
impl<F: Future> RecoverFuture<Has> for F {
    type Recovering = Recovering<F>;

    fn recovering(self) -> Recovering<F> {
        Recovering { recover: self }
    }
}

// For the reason given at `Recovers`.
#[diagnostic::do_not_recommend]
impl<F: Nothing> RecoverFuture<Never> for F {
    type Recovering = F;

    fn recovering(self) -> F {
        self
    }
}

/// [`recovered`] for the future of an `async` `recover`.
pub fn recovering<F: RecoverFuture<Way>, Way>(recover: F) -> F::Recovering {
    recover.recovering()
}

impl<F: Future> Future for Recovering<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let recover = self.project().recover;
        recovered(|| recover.poll(cx))
    }
}

/// A function that can be called with the failure and every argument: `Types` has a type for each, and the output.
///
/// If the function has another number of parameters, rustc reports this trait, and the type of `itself` stays unknown. With
/// one `impl` for a number of parameters, rustc would select that `impl`, and report its bound at every use of the type. The
/// second `impl`, of another `Way`, makes rustc look at the bounds first.
#[diagnostic::on_unimplemented(
    message = "`recover` calls its function with the failure and every argument",
    label = "takes another number of parameters",
    note = "its first parameter is the failure, or a `RetryError` around it; after it come the parameters of the annotated function",
    note = "in a method, `self` comes before the failure: `fn fallback(&self, failure: E, order: u32) -> Result<T, E>`"
)]
pub trait Recovers<Way, Types> {
    /// The type of the function.
    type Itself;

    /// Returns the function.
    fn itself(self) -> Self::Itself;
}

impl<F: Nothing, Types> Recovers<Never, Types> for F {
    type Itself = F;

    fn itself(self) -> F {
        self
    }
}

/// Counts the parameters of functions, down to one.
macro_rules! recovers {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<F, $first, $($rest,)* R> Recovers<Has, ($first, $($rest,)* R)> for F
        where
            F: FnOnce($first, $($rest),*) -> R,
        {
            type Itself = F;

            #[inline(always)]
            fn itself(self) -> F {
                self
            }
        }

        recovers!($($rest)*);
    };
}

recovers!(P0 P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11);

/// The first argument of `recover`: the final failure `E`, or the [`RetryError<E>`] around it.
#[diagnostic::on_unimplemented(
    message = "`recover` is called with the final failure `{E}` or a `RetryError<{E}>`, not with `{Self}`",
    label = "the function named in `recover` takes another failure",
    note = "its first parameter is the failure; after it come the parameters of the annotated function"
)]
pub trait Failure<E> {
    /// Converts to the type that the function takes.
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
