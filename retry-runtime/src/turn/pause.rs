//! The pause between two attempts of an `async` call, and the end of a call outside its attempts.

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

#[cold]
pub(super) fn begin(call: &mut Call<'_>, length: Duration) {
    *call.sleeping() = Some(timer::sleep(length));
}

/// Polls the sleep, which ends at its time, by the guard, or by an order.
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
    Poll::Ready(after_pause(call, rules, order))
}

/// The sleep is over: another attempt follows, unless the list of live calls cancelled the call.
#[cold]
pub(super) fn after_pause<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    order: Option<Order>,
) -> Turned<R> {
    match rules.stand_in().filter(|_| order == Some(Order::Cancel)) {
        Some(outcome) => {
            call.interrupted(Interruption::Cancelled);
            Turned::Out(outcome(Interruption::Cancelled))
        }
        None => Turned::Again,
    }
}

/// The guard ends the call between two attempts, or before the first one.
#[cold]
pub(super) fn before_attempt<R, X: Guard<R>>(call: &mut Call<'_>, guard: &X, cut: X::Cut) -> R {
    call.interrupted(cut.into());
    guard.outcome(cut)
}
