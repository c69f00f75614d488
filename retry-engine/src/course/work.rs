//! The results of the closures that a policy retries.

use std::future::Future;

use crate::failure::outcome::Outcome;
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
