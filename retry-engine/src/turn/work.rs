//! The work that a program hands to a policy: a closure, and what becomes of its results.

use super::breaking::{Breaking, Guarded};
use super::guard::Guard;
use super::rules::Unset;
use crate::call::state::Call;
use crate::failure::interruption::Interruption;
use crate::failure::outcome::Outcome;
use crate::report::error::RetryError;

/// Each attempt is a future that borrows from its closure.
#[derive(Clone, Copy, Debug)]
pub struct Lends;

/// A breaker that the program gave, or [`Unset`].
pub trait Protects<R, X: Guard<R>> {
    /// The guard of an attempt.
    type Guard: Guard<R>;

    /// Puts the breaker around a guard.
    #[doc(hidden)]
    fn around(self, inner: X) -> Self::Guard;
}

impl<R, X: Guard<R>> Protects<R, X> for Unset {
    type Guard = X;

    #[inline(always)]
    fn around(self, inner: X) -> X {
        inner
    }
}

/// A breaker, and how to tell a refusal.
#[derive(Clone, Copy, Debug)]
pub struct Protected<B, R>(pub(super) B, pub(super) fn(Interruption) -> R);

impl<R, B: Guarded, X: Guard<R>> Protects<R, X> for Protected<B, R> {
    type Guard = Breaking<B, fn(Interruption) -> R, X>;

    #[inline]
    fn around(self, inner: X) -> Self::Guard {
        Breaking::new(self.0, self.1, inner)
    }
}

/// The end of a call: its outcome, or a result whose error has the report.
pub trait Ends<R: Outcome> {
    /// The result of the call.
    type Output;
    /// Whether a report is kept.
    #[doc(hidden)]
    const REPORTS: bool;

    /// Ends the call.
    #[doc(hidden)]
    fn end(call: Call<'_>, out: R) -> Self::Output;
}

/// The call returns its outcome.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

/// The call returns its outcome, a failure with the report.
#[derive(Clone, Copy, Debug)]
pub struct Reported;

impl<R: Outcome> Ends<R> for Alone {
    type Output = R;
    const REPORTS: bool = false;

    #[inline(always)]
    fn end(_: Call<'_>, out: R) -> R {
        out
    }
}

impl<R: Outcome> Ends<R> for Reported {
    type Output = Result<R::Value, RetryError<R::Error>>;
    const REPORTS: bool = true;

    fn end(call: Call<'_>, out: R) -> Self::Output {
        call.settle(out)
    }
}
