//! The work that a program hands to a policy: a closure, and what becomes of its results.

use super::breaking::{Breaking, Guarded};
use super::guard::Guard;
use super::rules::Unset;
use crate::call::cancel::Cancel;
use crate::call::state::Call;
use crate::course::work::{Has, Never, Nothing};
use crate::failure::interruption::Interruption;
use crate::failure::outcome::Outcome;
use crate::report::error::RetryError;

/// Each attempt is a future that borrows from its closure.
#[derive(Clone, Copy, Debug)]
pub struct Lends;

/// The argument of `cancel`: a token. If the argument is none, `M` and the token's type stay unknown, and rustc reports the
/// mistake once, and not again where the call is run or awaited.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a cancellation token",
    label = "expected a cancellation token",
    note = "use `retry_runtime::CancelToken` or `tokio_util::sync::CancellationToken` (feature `tokio`)"
)]
pub trait IsToken<M> {
    /// The token.
    type Token: Cancel;

    /// Returns the token.
    fn token(self) -> Self::Token;
}

#[diagnostic::do_not_recommend]
impl<T: Cancel> IsToken<Has> for T {
    type Token = T;

    fn token(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Nothing + Cancel> IsToken<Never> for T {
    type Token = T;

    fn token(self) -> T {
        self
    }
}

/// The argument of `breaker`, as [`IsToken`].
#[diagnostic::on_unimplemented(
    message = "`breaker` takes a `&Breaker` or an `Arc<Breaker>`, and this is `{Self}`",
    label = "expected a `&Breaker`",
    note = "a static holds one: `static PAYMENTS: Breaker = Breaker::new(\"payments\", BreakerSettings::new());`, then `breaker(&PAYMENTS)`"
)]
pub trait IsBreaker<M> {
    /// The breaker.
    type Breaker: Guarded;

    /// Returns the breaker.
    fn breaker(self) -> Self::Breaker;
}

#[diagnostic::do_not_recommend]
impl<B: Guarded> IsBreaker<Has> for B {
    type Breaker = B;

    fn breaker(self) -> B {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<B: Nothing + Guarded> IsBreaker<Never> for B {
    type Breaker = B;

    fn breaker(self) -> B {
        self
    }
}

/// The outcome of a closure that lends its captures. `M` is the way of the call, and stays unknown if the closure returns no
/// future.
pub trait Lent<M>: Outcome {}

#[diagnostic::do_not_recommend]
impl<R: Outcome> Lent<Lends> for R {}

#[diagnostic::do_not_recommend]
impl<R: Outcome + Nothing> Lent<Never> for R {}

/// A rule that is not set yet: only [`Unset`].
#[diagnostic::on_unimplemented(
    message = "`when` or `judge` is given twice in one call",
    label = "another `when` or `judge` stands before this one",
    note = "write both conditions in one closure: `.when(|error| … && …)`"
)]
pub trait Vacant {}

impl Vacant for Unset {}

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
