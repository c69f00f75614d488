//! Guards of a turn, which can end a running attempt: the limits and the cancellation.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::base::clock::{self, Moment};
use crate::base::time::Instant;
use crate::call::attempt::Limits;
use crate::call::cancel::{Cancel, NeverCancelled};
use crate::call::state::Call;
use crate::failure::class::Kind;
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::outcome::{Interruptible, Outcome};
use crate::wait::timer::{self, Sleeping};

/// Admits an attempt and may interrupt it.
pub trait Guard<R> {
    /// The interruptions that the guard can cause; an empty type if there are none.
    #[doc(hidden)]
    type Cut: Into<Cause> + Copy;

    /// Whether the guard can end a running attempt.
    #[doc(hidden)]
    const INTERRUPTS: bool;

    /// The permit of a quick attempt.
    #[doc(hidden)]
    type Quick: Copy;

    /// Admits the first attempt of a plain call without writing anything; `None` if [`before`](Guard::before) must be
    /// asked instead.
    #[doc(hidden)]
    fn quick(&self) -> Option<Self::Quick>;

    /// A quick attempt succeeded.
    #[doc(hidden)]
    #[inline(always)]
    fn quick_success(&self, _quick: Self::Quick) {}

    /// A quick attempt failed: from now on the guard treats it like any other attempt.
    #[doc(hidden)]
    #[inline(always)]
    fn adopt(self: Pin<&mut Self>, _quick: Self::Quick) {}

    /// The call has been opened, and is not plain: a configuration or an interceptor may have replaced the breaker.
    #[doc(hidden)]
    fn open(self: Pin<&mut Self>, _call: &Call<'_>) {}

    /// Whether the attempt may run: [`before`](Guard::before) has admitted it, or need not be asked.
    #[doc(hidden)]
    fn has_begun(&self) -> bool;

    /// Admits the attempt, or returns the interruption that ends the call.
    #[doc(hidden)]
    fn before(self: Pin<&mut Self>, call: &Call<'_>) -> Result<(), Self::Cut>;

    /// Enters the limits of the first attempt of a plain call, for one poll.
    #[doc(hidden)]
    #[inline(always)]
    fn enter(&self, _call: &Call<'_>) -> Option<Limits> {
        None
    }

    /// The start of the first attempt of a plain call, if its time is limited.
    #[doc(hidden)]
    #[inline]
    fn started(&self) -> Option<Instant> {
        None
    }

    /// The first attempt of a plain call has failed, is dropped or panics: the call is told when it started.
    #[doc(hidden)]
    #[inline(always)]
    fn tell_start(self: Pin<&mut Self>, _call: &mut Call<'_>) {}

    /// Polled while the attempt is pending: resolves if the attempt must end.
    #[doc(hidden)]
    #[inline]
    fn poll_attempt(
        self: Pin<&mut Self>,
        _call: &Call<'_>,
        _cx: &mut Context<'_>,
    ) -> Poll<Self::Cut> {
        Poll::Pending
    }

    /// Polled while the call sleeps: resolves if the call must end.
    #[doc(hidden)]
    #[inline]
    fn poll_pause(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Cut> {
        Poll::Pending
    }

    /// The attempt succeeded: records the success, and releases the permit.
    #[doc(hidden)]
    #[inline(always)]
    fn succeeded(self: Pin<&mut Self>) {}

    /// The attempt failed: records the failure.
    #[doc(hidden)]
    #[inline]
    fn failed(self: Pin<&mut Self>, _kind: Kind, _now: Moment) {}

    /// The attempt ended because the breaker of a call inside refused that one: nobody answered.
    #[doc(hidden)]
    fn refused_inside(self: Pin<&mut Self>) {}

    /// From when on the breaker calls an attempt slow, if the guard has a breaker that does.
    #[doc(hidden)]
    fn slow(&self) -> Option<Duration> {
        None
    }

    /// Another attempt follows, and the guard is used for it as well.
    #[doc(hidden)]
    fn renew(self: Pin<&mut Self>) {}

    /// The attempt panicked.
    #[doc(hidden)]
    #[inline(always)]
    fn panicked(self: Pin<&mut Self>) {}

    /// A quick attempt panicked.
    #[doc(hidden)]
    #[inline(always)]
    fn quick_panicked(&self, _quick: Self::Quick) {}

    /// Whether the guard would refuse another attempt now.
    #[doc(hidden)]
    fn refuses(&self) -> bool {
        false
    }

    /// Converts the interruption, after a failure with this text if there was one, to an outcome.
    #[doc(hidden)]
    fn outcome(&self, cut: Self::Cut, failure: Option<Arc<str>>) -> R;
}

/// Runs an attempt, and tells the guard if it panics.
#[inline]
pub(super) fn telling_panics<R, X: Guard<R>, T>(
    guard: Pin<&mut X>,
    attempt: impl FnOnce() -> T,
) -> T {
    let panics = Panics::of(guard);
    let out = attempt();
    mem::forget(panics);
    out
}

/// Tells the guard about a panic of the attempt. Forgotten when the attempt has returned or is pending.
pub(super) struct Panics<'g, R, X: Guard<R>>(Pin<&'g mut X>, PhantomData<fn() -> R>);

impl<'g, R, X: Guard<R>> Panics<'g, R, X> {
    #[inline(always)]
    pub(super) fn of(guard: Pin<&'g mut X>) -> Self {
        Panics(guard, PhantomData)
    }
}

impl<R, X: Guard<R>> Drop for Panics<'_, R, X> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.as_mut().panicked();
    }
}

impl From<Infallible> for Cause {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The guard of a turn without limits and without a token: nothing ends a running attempt.
#[derive(Clone, Copy, Debug)]
pub struct Uninterrupted;

impl<R> Guard<R> for Uninterrupted {
    const INTERRUPTS: bool = false;
    type Cut = Infallible;
    type Quick = ();

    #[inline(always)]
    fn quick(&self) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn has_begun(&self) -> bool {
        true
    }

    #[inline]
    fn before(self: Pin<&mut Self>, _: &Call<'_>) -> Result<(), Infallible> {
        Ok(())
    }

    fn outcome(&self, cut: Infallible, _: Option<Arc<str>>) -> R {
        match cut {}
    }
}

pin_project! {
    /// The guard that ends an attempt at the deadline, at the attempt's timeout, or by a token.
    pub struct Interrupts<R, C: Cancel> {
        // A function pointer, for the reason given at `Given`.
        outcome: fn(Interruption) -> R,
        token: C,
        begun: bool,
        // The start of the first attempt of a plain call, which has no room for it.
        started: Option<Instant>,
        #[pin]
        cancelled: Option<C::Cancelled>,
        // The timer of the attempt's limit, if there is one; set when the attempt is pending for the first time.
        alarm: Alarm,
        armed: bool,
    }
}

impl<R: Interruptible, C: Cancel> Interrupts<R, C> {
    pub(super) fn by(token: C) -> Self {
        Interrupts {
            outcome: R::interrupted,
            token,
            begun: false,
            started: None,
            cancelled: None,
            alarm: Alarm(None),
            armed: false,
        }
    }
}

/// The timer of an attempt's limit, which gives its memory back to the timers.
struct Alarm(Option<Sleeping>);

impl Drop for Alarm {
    #[inline]
    fn drop(&mut self) {
        if let Some(sleeping) = self.0.take() {
            timer::end(sleeping);
        }
    }
}

/// When the running attempt of this call must have ended, and the interruption that ends it then. The first attempt of a plain
/// call started at `started`.
#[cold]
fn limit(call: &Call<'_>, started: Option<Instant>) -> Option<(Instant, Cause)> {
    match started {
        Some(started) => {
            let (limit, cut) = call.given_policy().first_limit()?;
            Some((started.checked_add(limit)?, cut))
        }
        None => call.attempt_end().map(|(end, cut)| (end.instant(), cut)),
    }
}

impl<R, C: Cancel> Guard<R> for Interrupts<R, C> {
    const INTERRUPTS: bool = true;
    type Cut = Cause;
    type Quick = ();

    #[inline]
    fn quick(&self) -> Option<()> {
        (!self.token.is_cancelled()).then_some(())
    }

    #[inline]
    fn has_begun(&self) -> bool {
        self.begun
    }

    #[inline]
    fn before(self: Pin<&mut Self>, call: &Call<'_>) -> Result<(), Cause> {
        let this = self.project();
        *this.begun = true;
        if call.is_plain() && call.may_be_limited() {
            *this.started = Some(clock::now());
        }
        if this.token.is_cancelled() { Err(Cause::Cancelled) } else { Ok(()) }
    }

    #[inline(always)]
    fn enter(&self, call: &Call<'_>) -> Option<Limits> {
        self.started.map(|started| call.enter_limits(started))
    }

    fn started(&self) -> Option<Instant> {
        self.started
    }

    fn renew(self: Pin<&mut Self>) {
        let this = self.project();
        (*this.begun, *this.alarm, *this.armed) = (false, Alarm(None), false);
    }

    #[inline(always)]
    fn succeeded(self: Pin<&mut Self>) {
        *self.project().started = None;
    }

    #[inline(always)]
    fn tell_start(self: Pin<&mut Self>, call: &mut Call<'_>) {
        let started = self.project().started;
        if let Some(at) = *started {
            *started = None;
            // A call that has ended stays as it is.
            if call.is_plain() {
                call.start_clock_at(at);
            }
        }
    }

    #[cold]
    fn poll_attempt(self: Pin<&mut Self>, call: &Call<'_>, cx: &mut Context<'_>) -> Poll<Cause> {
        let this = self.project();
        if let Poll::Ready(cut) = poll_token(this.token, this.cancelled, cx) {
            return Poll::Ready(cut);
        }
        if !mem::replace(this.armed, true) {
            this.alarm.0 = limit(call, *this.started).map(|(end, _)| timer::limit(end));
        }
        let Some(alarm) = &mut this.alarm.0 else { return Poll::Pending };
        ready!(Pin::new(alarm).poll(cx));
        // The limits of an attempt do not change while it runs.
        limit(call, *this.started).map_or(Poll::Pending, |(_, cut)| Poll::Ready(cut))
    }

    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Cause> {
        let this = self.project();
        poll_token(this.token, this.cancelled, cx)
    }

    fn outcome(&self, cut: Cause, failure: Option<Arc<str>>) -> R {
        (self.outcome)(cut.told(failure))
    }
}

fn poll_token<C: Cancel>(
    token: &C,
    mut cancelled: Pin<&mut Option<C::Cancelled>>,
    cx: &mut Context<'_>,
) -> Poll<Cause> {
    if cancelled.is_none() {
        cancelled.set(Some(token.cancelled()));
    }
    match cancelled.as_pin_mut() {
        Some(cancelled) => cancelled.poll(cx).map(|()| Cause::Cancelled),
        None => Poll::Pending,
    }
}

/// Chooses the guard by a constant: whether the policy sets a limit. The macro cannot see that in a policy given by path.
#[derive(Debug)]
pub struct Gate<const INTERRUPTS: bool>;

/// The guard that a [`Gate`] chooses.
#[diagnostic::on_unimplemented(
    message = "this call can be interrupted, but the error of `{R}` is not `From<Interruption>`",
    label = "this policy sets a limit, which needs an error that is `From<retry_runtime::Interruption>`",
    note = "add a variant to the error: `#[error(transparent)] #[classify(inherit)] Interrupted(#[from] retry_runtime::Interruption)`",
    note = "or override the limit: a policy without `deadline` and `timeout` interrupts nothing"
)]
pub trait Chosen<R: Outcome> {
    /// The chosen guard.
    type Guard: Guard<R>;
    /// Creates the guard.
    fn guard() -> Self::Guard;
}

impl<R: Outcome> Chosen<R> for Gate<false> {
    type Guard = Uninterrupted;

    fn guard() -> Uninterrupted {
        Uninterrupted
    }
}

#[diagnostic::do_not_recommend]
impl<R: Interruptible> Chosen<R> for Gate<true> {
    type Guard = Interrupts<R, NeverCancelled>;

    fn guard() -> Interrupts<R, NeverCancelled> {
        Interrupts::by(NeverCancelled)
    }
}
