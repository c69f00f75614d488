//! The pause between two attempts of an `async` call, and how a call ends outside of its attempts.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::guard::Guard;
use super::rules::Judge;
use super::timer;
use super::turned::Turned;
use crate::call::live::Order;
use crate::call::state::Call;
use crate::failure::interruption::Interruption;
use crate::failure::outcome::Outcome;

/// Falls asleep for so long.
#[cold]
pub(super) fn begin(call: &mut Call<'_>, length: Duration) {
    *call.sleeping() = Some(timer::sleep(length));
}

/// Sleeps until the next attempt, or until the guard or somebody else ends the call.
#[cold]
pub(super) fn go_on<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    if let Poll::Ready(cut) = guard.as_mut().poll_pause(cx) {
        *call.sleeping() = None;
        return Poll::Ready(Turned::Out(before_attempt(call, &*guard, cut)));
    }
    let order = match call.poll_order(cx) {
        Poll::Ready(order) => Some(order),
        Poll::Pending => {
            if let Some(sleep) = call.sleeping() {
                ready!(Pin::new(sleep).poll(cx));
            }
            call.wake()
        }
    };
    *call.sleeping() = None;
    let stand_in = rules.stand_in().filter(|_| order == Some(Order::Cancel));
    Poll::Ready(stand_in.map(|outcome| cancelled(call, outcome)).into())
}

/// Somebody has cancelled the sleeping call.
#[cold]
pub(super) fn cancelled<R>(call: &mut Call<'_>, outcome: fn(Interruption) -> R) -> R {
    call.interrupted(Interruption::Cancelled);
    outcome(Interruption::Cancelled)
}

/// The call ends between two attempts, or before the first one.
#[cold]
pub(super) fn before_attempt<R, X: Guard<R>>(call: &mut Call<'_>, guard: &X, cut: X::Cut) -> R {
    call.interrupted(cut.into());
    guard.outcome(cut)
}
