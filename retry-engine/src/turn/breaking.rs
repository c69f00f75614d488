//! The breaker around an attempt: it grants a permit before the attempt and records the outcome after it.

use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::guard::Guard;
use crate::base::clock::Moment;
use crate::breaker::{Breaker, Outcome, Place, Quick, Refusal};
use crate::call::attempt::Limits;
use crate::call::state::Call;
use crate::failure::class::Kind;
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::lookup::FromInterruption;

pin_project! {
    /// A guard that needs a breaker's permit for each attempt.
    pub struct Breaking<B: Deref<Target = Breaker>, O, X> {
        outcome: O,
        // Dropped with its turn: the caller gave the attempt up.
        permit: Place<B>,
        #[pin]
        inner: X,
    }
}

/// Converts an interruption to the outcome of a call.
pub trait ToOutcome<R> {
    /// The outcome.
    #[doc(hidden)]
    fn outcome(&self, interruption: Interruption) -> R;
}

impl<R> ToOutcome<R> for fn(Interruption) -> R {
    #[inline]
    fn outcome(&self, interruption: Interruption) -> R {
        self(interruption)
    }
}

/// The conversion that the lookup of the outcome has found. Only the method of `Turn` that takes a breaker requires that
/// there is one, for the reason given at `Given`.
#[derive(Clone, Copy, Debug)]
pub struct Found<P>(pub(super) PhantomData<P>);

impl<R, P: FromInterruption<R>> ToOutcome<R> for Found<P> {
    #[inline]
    fn outcome(&self, interruption: Interruption) -> R {
        match P::constructor() {
            Some(constructor) => constructor(interruption),
            None => unreachable!("a breaker requires an error that is `From<Interruption>`"),
        }
    }
}

/// The breaker of a guard.
#[diagnostic::on_unimplemented(
    message = "`breaker` takes a `&Breaker` or an `Arc<Breaker>`, and this is `{Self}`",
    label = "expected a `&Breaker`",
    note = "a static holds one: `static PAYMENTS: Breaker = Breaker::new(\"payments\", BreakerSettings::new());`, then `breaker(&PAYMENTS)`"
)]
pub trait Guarded: Deref<Target = Breaker> {
    /// The breaker in the place of this one, of a call that has been opened and is not plain.
    #[doc(hidden)]
    fn opened(&self, _call: &Call<'_>) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

impl Guarded for &Breaker {}

impl Guarded for Arc<Breaker> {}

/// The breaker of the call's function, unless a configuration or an interceptor replaces it.
#[derive(Clone, Copy, Debug)]
pub struct OfSite(pub(super) &'static Breaker);

impl Deref for OfSite {
    type Target = Breaker;

    #[inline(always)]
    fn deref(&self) -> &Breaker {
        self.0
    }
}

impl Guarded for OfSite {
    #[inline]
    fn opened(&self, call: &Call<'_>) -> Option<Self> {
        if call.keeps_breaker() { None } else { call.breaker_here().map(OfSite) }
    }
}

impl<B: Guarded, O, X> Breaking<B, O, X> {
    #[inline(always)]
    pub(super) fn new(breaker: B, outcome: O, inner: X) -> Self {
        Breaking { outcome, permit: Place::none(breaker), inner }
    }
}

impl<R, B: Guarded, O: ToOutcome<R>, X: Guard<R>> Guard<R> for Breaking<B, O, X> {
    const INTERRUPTS: bool = X::INTERRUPTS;
    type Cut = Cause;
    type Quick = (Quick, X::Quick);

    #[inline(always)]
    fn quick(&self) -> Option<Self::Quick> {
        Some((self.permit.quick()?, self.inner.quick()?))
    }

    #[inline(always)]
    fn quick_success(&self, (quick, inner): Self::Quick) {
        self.permit.quick_success(quick);
        self.inner.quick_success(inner);
    }

    #[inline(always)]
    fn adopt(self: Pin<&mut Self>, (quick, inner): Self::Quick) {
        let this = self.project();
        this.permit.adopt(quick);
        this.inner.adopt(inner);
    }

    fn open(self: Pin<&mut Self>, call: &Call<'_>) {
        let permit = self.project().permit;
        if let Some(breaker) = permit.guarded().opened(call) {
            *permit = Place::none(breaker);
        }
    }

    #[inline(always)]
    fn has_begun(&self) -> bool {
        self.permit.is_held()
    }

    #[inline(always)]
    fn before(self: Pin<&mut Self>, call: &Call<'_>) -> Result<(), Cause> {
        let this = self.project();
        this.inner.before(call).map_err(Into::into)?;
        this.permit.renew().map_err(|refusal| refused(&refusal))
    }

    #[inline(always)]
    fn enter(&self, call: &Call<'_>) -> Option<Limits> {
        self.inner.enter(call)
    }

    #[inline(always)]
    fn tell_start(self: Pin<&mut Self>, call: &mut Call<'_>) {
        self.project().inner.tell_start(call);
    }

    #[inline]
    fn poll_attempt(self: Pin<&mut Self>, call: &Call<'_>, cx: &mut Context<'_>) -> Poll<Cause> {
        let this = self.project();
        let started = this.inner.started().map(Moment::of);
        if let Some(started) = started.or_else(|| call.attempt_started()) {
            this.permit.note_start(started, call.policy().attempt_limit());
        }
        this.inner.poll_attempt(call, cx).map(Into::into)
    }

    #[inline]
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cause> {
        self.project().inner.poll_pause(cx).map(Into::into)
    }

    #[inline(always)]
    fn succeeded(self: Pin<&mut Self>) {
        // Recorded in place: moving the permit out would copy it.
        let this = self.project();
        this.inner.succeeded();
        this.permit.tell(Outcome::Success);
        this.permit.spend();
    }

    fn failed(self: Pin<&mut Self>, kind: Kind, now: Moment) {
        self.project().permit.tell_failure(now, Outcome::from(kind));
    }

    fn refused_inside(self: Pin<&mut Self>) {
        self.project().permit.tell(Outcome::Ignored);
    }

    fn renew(self: Pin<&mut Self>) {
        self.project().inner.renew();
    }

    fn slow(&self) -> Option<Duration> {
        self.permit.breaker().settings().slow
    }

    #[inline(always)]
    fn panicked(self: Pin<&mut Self>) {
        self.project().permit.panicked();
    }

    #[inline(always)]
    fn quick_panicked(&self, (quick, _): Self::Quick) {
        self.permit.quick_panicked(quick);
    }

    fn refuses(&self) -> bool {
        self.permit.breaker().refuses()
    }

    fn outcome(&self, cut: Cause, failure: Option<Arc<str>>) -> R {
        self.outcome.outcome(cut.told(failure))
    }
}

#[cold]
fn refused(refusal: &Refusal) -> Cause {
    Cause::CircuitOpen { retry_after: refusal.retry_after }
}
