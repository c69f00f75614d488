//! The breaker around an attempt: it grants a permit before the attempt and records the outcome after it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::guard::Guard;
use crate::base::clock::Moment;
use crate::breaker::{Breaker, CircuitOpen, Outcome, Place, Quick};
use crate::call::state::Call;
use crate::failure::class::Kind;
use crate::failure::interruption::{Cause, Interruption};

pin_project! {
    /// A guard that needs a breaker's permit for each attempt.
    pub struct Breaking<'b, O, X> {
        // A function, for the reason given at `Given`.
        outcome: O,
        // Dropped with its turn: the caller gave the attempt up.
        permit: Place<&'b Breaker>,
        #[pin]
        inner: X,
    }
}

impl<'b, O, X> Breaking<'b, O, X> {
    #[inline(always)]
    pub(super) fn new(breaker: &'b Breaker, outcome: O, inner: X) -> Self {
        Breaking { outcome, permit: Place::none(breaker), inner }
    }
}

impl<R, O: Fn(Interruption) -> R, X: Guard<R>> Guard<R> for Breaking<'_, O, X> {
    const INTERRUPTS: bool = X::INTERRUPTS;
    const RECORDS: bool = true;
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
    fn adopt(&mut self, (quick, inner): Self::Quick) {
        self.permit.adopt(quick);
        self.inner.adopt(inner);
    }

    #[inline(always)]
    fn has_begun(&self) -> bool {
        self.permit.is_held()
    }

    #[inline(always)]
    fn before(self: Pin<&mut Self>) -> Result<(), Cause> {
        let this = self.project();
        this.inner.before().map_err(Into::into)?;
        this.permit.renew().map_err(|open| refused(&open))
    }

    #[inline]
    fn poll_attempt(self: Pin<&mut Self>, call: &Call<'_>, cx: &mut Context<'_>) -> Poll<Cause> {
        let this = self.project();
        if let Some((started, limit)) = call.attempt_times() {
            this.permit.note_start(started, limit);
        }
        this.inner.poll_attempt(call, cx).map(Into::into)
    }

    #[inline]
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cause> {
        self.project().inner.poll_pause(cx).map(Into::into)
    }

    #[inline(always)]
    fn succeeded(self: Pin<&mut Self>, count: impl FnOnce()) {
        // Recorded in place: moving the permit out would copy it.
        let permit = self.project().permit;
        permit.tell(Outcome::Success);
        count();
        // Last, so that the compiler knows where the permit is dropped that it is spent.
        permit.spend();
    }

    fn failed(self: Pin<&mut Self>, kind: Kind, now: Moment) {
        self.project().permit.tell_failure(now, Outcome::from(kind));
    }

    fn refused_inside(self: Pin<&mut Self>) {
        self.project().permit.tell(Outcome::Ignored);
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
        (self.outcome)(cut.told(failure))
    }
}

#[cold]
fn refused(open: &CircuitOpen) -> Cause {
    Cause::CircuitOpen { retry_after: open.retry_after() }
}
