//! What may end an attempt that is still running: its limits and a cancellation.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::timer;
use super::timer::Sleeping;
use crate::base::clock::Moment;
use crate::call::cancel::{Cancel, NeverCancelled};
use crate::failure::class::Kind;
use crate::failure::interruption::Interruption;
use crate::failure::outcome::Interruptible;
use crate::failure::outcome::Outcome;

use crate::call::state::Call;

/// Watches over one turn.
pub trait Guard<R> {
    /// An interruption, or nothing at all for a guard that never interrupts.
    #[doc(hidden)]
    type Cut: Into<Interruption> + Copy;

    /// Whether it can end an attempt that is running.
    #[doc(hidden)]
    const INTERRUPTS: bool;

    /// What a quick attempt leaves to be done at its end.
    #[doc(hidden)]
    type Quick: Copy;

    /// Leave to make an attempt of which, if it succeeds, hardly anything is kept; `None` where the guard
    /// must be asked [`before`](Guard::before) it.
    #[doc(hidden)]
    fn quick(&self) -> Option<Self::Quick>;

    /// The quick attempt has succeeded.
    #[doc(hidden)]
    #[inline(always)]
    fn quick_success(&self, _quick: Self::Quick) {}

    /// The quick attempt is one like others from now on: it failed, or it panics.
    #[doc(hidden)]
    #[inline(always)]
    fn adopt(&mut self, _quick: Self::Quick) {}

    /// Whether the attempt has begun: there is nothing to ask before it, or it has been asked.
    #[doc(hidden)]
    fn has_begun(&self) -> bool;

    /// Asked before an attempt starts.
    #[doc(hidden)]
    fn before(self: Pin<&mut Self>) -> Result<(), Self::Cut>;

    /// [`before`](Guard::before) of a turn that blocks, which can be moved still.
    #[doc(hidden)]
    fn before_blocking(&mut self) -> Result<(), Self::Cut>;

    /// Asked when the attempt is pending.
    #[doc(hidden)]
    fn poll_attempt(self: Pin<&mut Self>, call: &Call<'_>, cx: &mut Context<'_>)
    -> Poll<Self::Cut>;

    /// Asked when the sleep is pending.
    #[doc(hidden)]
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Cut>;

    /// Told that the attempt succeeded; then the success is counted, and last given up what the guard holds.
    #[doc(hidden)]
    #[inline(always)]
    fn succeeded(self: Pin<&mut Self>, count: impl FnOnce()) {
        count();
    }

    /// Told that the attempt failed, and when.
    #[doc(hidden)]
    #[inline]
    fn failed(self: Pin<&mut Self>, _kind: Kind, _now: Moment) {}

    /// Whether another attempt would be refused now.
    #[doc(hidden)]
    fn refuses(&self) -> bool {
        false
    }

    /// The outcome that stands for the interruption.
    #[doc(hidden)]
    fn outcome(&self, cut: Self::Cut) -> R;
}

impl From<Infallible> for Interruption {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Nothing ends a running attempt.
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
    fn before(self: Pin<&mut Self>) -> Result<(), Infallible> {
        Ok(())
    }

    #[inline]
    fn before_blocking(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    #[inline]
    fn poll_attempt(self: Pin<&mut Self>, _: &Call<'_>, _: &mut Context<'_>) -> Poll<Infallible> {
        Poll::Pending
    }

    #[inline]
    fn poll_pause(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Infallible> {
        Poll::Pending
    }

    fn outcome(&self, cut: Infallible) -> R {
        match cut {}
    }
}

pin_project! {
    /// The deadline, the attempt's timeout or a token may end the attempt.
    pub struct Interrupts<R, C: Cancel> {
        // Asked for once, where the limit is set; see `Given`.
        outcome: fn(Interruption) -> R,
        token: C,
        begun: bool,
        #[pin]
        cancelled: Option<C::Cancelled>,
        // Made when the attempt is pending for the first time.
        alarm: Option<Alarm>,
    }
}

impl<R: Interruptible> Interrupts<R, NeverCancelled> {
    pub(super) fn limits() -> Self {
        Interrupts::by(NeverCancelled)
    }
}

impl<R: Interruptible, C: Cancel> Interrupts<R, C> {
    pub(super) fn by(token: C) -> Self {
        Interrupts { outcome: R::interrupted, token, begun: false, cancelled: None, alarm: None }
    }
}

/// Goes off when an attempt has run for too long.
enum Alarm {
    Never,
    At(Sleeping, Interruption),
}

impl Alarm {
    /// The alarm for the running attempt of this call.
    #[cold]
    fn for_attempt(call: &Call<'_>) -> Alarm {
        match call.attempt_end() {
            Some((end, cut)) => Alarm::At(timer::limit(end.since(Moment::now())), cut),
            None => Alarm::Never,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Interruption> {
        match self {
            Alarm::Never => Poll::Pending,
            Alarm::At(sleep, cut) => {
                ready!(Pin::new(sleep).poll(cx));
                Poll::Ready(*cut)
            }
        }
    }
}

impl<R, C: Cancel> Guard<R> for Interrupts<R, C> {
    const INTERRUPTS: bool = true;
    type Cut = Interruption;
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
    fn before(self: Pin<&mut Self>) -> Result<(), Interruption> {
        let this = self.project();
        *this.begun = true;
        if this.token.is_cancelled() { Err(Interruption::Cancelled) } else { Ok(()) }
    }

    #[inline]
    fn before_blocking(&mut self) -> Result<(), Interruption> {
        if self.token.is_cancelled() { Err(Interruption::Cancelled) } else { Ok(()) }
    }

    fn poll_attempt(
        self: Pin<&mut Self>,
        call: &Call<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Interruption> {
        let this = self.project();
        let alarm = this.alarm.get_or_insert_with(|| Alarm::for_attempt(call));
        match poll_token(this.token, this.cancelled, cx) {
            Poll::Ready(cut) => Poll::Ready(cut),
            Poll::Pending => alarm.poll(cx),
        }
    }

    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Interruption> {
        let this = self.project();
        poll_token(this.token, this.cancelled, cx)
    }

    fn outcome(&self, cut: Interruption) -> R {
        (self.outcome)(cut)
    }
}

fn poll_token<C: Cancel>(
    token: &C,
    mut cancelled: Pin<&mut Option<C::Cancelled>>,
    cx: &mut Context<'_>,
) -> Poll<Interruption> {
    if cancelled.is_none() {
        cancelled.set(Some(token.cancelled()));
    }
    match cancelled.as_pin_mut() {
        Some(cancelled) => cancelled.poll(cx).map(|()| Interruption::Cancelled),
        None => Poll::Pending,
    }
}

/// Chooses the guard by a constant: whether the policy, which the macro cannot look into, sets a limit.
#[derive(Debug)]
pub struct Gate<const INTERRUPTS: bool>;

/// The guard that a [`Gate`] stands for.
#[diagnostic::on_unimplemented(
    message = "this call can be interrupted, but the error of `{R}` is not `From<Interruption>`",
    label = "this policy sets a limit, which needs an error that is `From<retry_runtime::Interruption>`",
    note = "add a variant to the error: `#[error(transparent)] #[classify(inherit)] Interrupted(#[from] retry_runtime::Interruption)`",
    note = "or override the limit: a policy without `deadline` and `timeout` interrupts nothing"
)]
pub trait Chosen<R: Outcome> {
    /// The guard.
    type Guard: Guard<R>;
    /// Makes it.
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
        Interrupts::limits()
    }
}
