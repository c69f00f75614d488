//! The pause between two attempts of an `async` call, and the end of a call outside its attempts.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::guard::Guard;
use super::judge::interrupted;
use super::rules::Judge;
use super::turned::Turned;
use crate::call::live::Order;
use crate::call::state::Call;
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::outcome::Outcome;
use crate::wait::timer;

#[cold]
pub(super) fn begin(call: &mut Call<'_>, length: Duration) {
    timer::sleep_again(call.sleeping(), length);
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
        return Poll::Ready(Turned::Out(before_attempt(call, rules, &*guard, cut)));
    }
    // The sleep first: at its end, the lock of the entry is taken once.
    let order = match call.sleeping().as_mut().map(|sleep| Pin::new(sleep).poll(cx)) {
        Some(Poll::Pending) => {
            let order = ready!(call.poll_order(cx));
            *call.sleeping() = None;
            Some(order)
        }
        // A sleep that has ended stays: the next one uses its memory.
        _ => call.wake(),
    };
    Poll::Ready(after_pause(call, rules, order).map_or(Turned::Again, Turned::Out))
}

/// The sleep is over: another attempt follows, unless the list of live calls cancelled the call, which then has ended with
/// this outcome.
#[cold]
pub(super) fn after_pause<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    rules: &J,
    order: Option<Order>,
) -> Option<R> {
    let cancelled = order == Some(Order::Cancel);
    match rules.stand_in().filter(|_| cancelled) {
        Some(outcome) => {
            let failure = call.failure_before("");
            call.interrupted(Cause::Cancelled);
            Some(outcome(Cause::Cancelled.told(failure)))
        }
        None => None,
    }
}

/// The guard ends the call between two attempts, or before the first one.
#[cold]
pub(super) fn before_attempt<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: &X,
    cut: X::Cut,
) -> R {
    let out = interrupted(call, rules, guard, cut);
    call.interrupted(cut.into());
    out
}

/// Ends a call whose deadline, inherited from the call around it, had passed before its first attempt. `None` if the
/// error cannot be made from an interruption: then the attempt is made.
#[cold]
pub(super) fn too_late<R: Outcome, J: Judge<R>>(call: &mut Call<'_>, rules: &J) -> Option<R> {
    let outcome = rules.stand_in()?;
    call.interrupted(Cause::DeadlinePassed);
    Some(outcome(Interruption::DeadlinePassed))
}
