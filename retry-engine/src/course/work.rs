//! The results of the closures that a policy retries.

use std::future::Future;

use crate::failure::interruption::Interruption;
use crate::failure::outcome::{Interruptible, Outcome};
use crate::report::attempt::Attempt;

/// The result of an attempt's closure: an outcome, or a future of one. `M` says which, and the compiler infers it.
#[diagnostic::on_unimplemented(
    message = "the closure returns `{Self}`, which is neither an outcome nor a future of one",
    label = "return a `Result`, an `Option` or another `Outcome`, or a future of one",
    note = "for an `async` closure that borrows what it captured, use `retrying_mut`"
)]
pub trait Yields<M> {
    /// The outcome of an attempt.
    type Outcome: Outcome;
}

/// The way of a call that `run` can end: [`Blocks`].
///
/// `run` has this bound, and is not only a method of blocking calls: the way of a closure with a wrong result then stays
/// unknown, and rustc reports the result once.
#[diagnostic::on_unimplemented(
    message = "the closure of this call returns futures, and `run` is for closures that return an outcome",
    label = "await the call: write `.await` in place of `.run()`",
    note = "a call that blocks the thread has a closure that is not `async`"
)]
pub trait Runs<W, R> {
    /// Calls the closure for an attempt.
    fn attempt(work: &mut W, attempt: Attempt) -> R;
}

impl<R, W: FnMut(Attempt) -> R> Runs<W, R> for Blocks {
    #[inline(always)]
    fn attempt(work: &mut W, attempt: Attempt) -> R {
        work(attempt)
    }
}

/// Each attempt blocks the thread.
#[derive(Clone, Copy, Debug)]
pub struct Blocks;

/// Each attempt is a future.
#[derive(Clone, Copy, Debug)]
pub struct Awaits;

#[diagnostic::do_not_recommend]
impl<R: Outcome> Yields<Blocks> for R {
    type Outcome = R;
}

#[diagnostic::do_not_recommend]
impl<F: Future<Output: Outcome>> Yields<Awaits> for F {
    type Outcome = F::Output;
}

/// The future of a closure for [`Policy::call_async`](crate::Policy::call_async).
#[diagnostic::on_unimplemented(
    message = "`call_async` calls a closure that returns a future, and this one returns `{Self}`",
    label = "the closure returns no future",
    note = "write `|_| async {{ … }}`, or `async |_| …` with `call_async_mut`; a closure that blocks the thread is retried with `call`"
)]
pub trait Awaited<R>: Future<Output = R> {}

#[diagnostic::do_not_recommend]
impl<R, F: Future<Output = R>> Awaited<R> for F {}

/// An outcome whose error can tell an interruption. `P` says so to the later steps.
///
/// If the error cannot, `P` stays unknown, and rustc reports the mistake once, at the method that interrupts the call, and not
/// again where the call is run or awaited.
#[diagnostic::on_unimplemented(
    message = "this call can be interrupted, but the error of `{Self}` is not `From<Interruption>`",
    label = "needs an error that is `From<retry_runtime::Interruption>`",
    note = "`limited`, `cancel` and `breaker` end or refuse attempts; the error must be able to say so",
    note = "add a variant to the error: `#[error(transparent)] #[classify(inherit)] Interrupted(#[from] retry_runtime::Interruption)`"
)]
pub trait Interrupted<P>: Interruptible {}

/// The marker of a type that has the property in question.
#[derive(Clone, Copy, Debug)]
pub struct Has;

/// The marker of a type that does not exist: see [`Nothing`].
#[derive(Clone, Copy, Debug)]
pub struct Never;

/// A trait that no type implements. With one implementation of a property only, rustc would infer its marker even if the
/// implementation does not apply.
pub trait Nothing: From<Interruption> {}

#[diagnostic::do_not_recommend]
impl<R: Interruptible> Interrupted<Has> for R {}

#[diagnostic::do_not_recommend]
impl<R: Outcome<Error: Nothing>> Interrupted<Never> for R {}
