//! The results of the closures that a policy retries.

use std::future::Future;

use crate::failure::outcome::Outcome;

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
