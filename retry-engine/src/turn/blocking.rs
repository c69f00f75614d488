//! One attempt of a blocking call, and the pause after it.

use std::marker::PhantomData;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::builder::Turn;
use super::faults;
use super::guard::{Guard, telling_panics};
use super::judge::judge;
use super::pause::{after_pause, before_attempt, too_late};
use super::rules::Judge;
use super::timer;
use super::turned::Turned;
use crate::call::live::Order;
use crate::call::state::Call;
use crate::call::verdict::Decision;
use crate::failure::outcome::Outcome;

impl<F: FnOnce() -> R, R: Outcome, J: Judge<R>, X: Guard<R>> Turn<'_, '_, F, R, J, X> {
    /// Runs the attempt on this thread, and sleeps if another attempt follows.
    ///
    /// A cancellation ends the sleep, but not a running attempt.
    #[inline(always)]
    pub fn run(self) -> Turned<R> {
        let Turn { call, attempt, rules, mut guard, .. } = self;
        let quick = if call.is_plain() { guard.quick() } else { None };
        let Some(quick) = quick else {
            return call.by_value(move |call| run_noted(call, rules, guard, attempt));
        };
        let out = {
            let panics = Panics(&mut guard, quick, PhantomData);
            let out = attempt();
            mem::forget(panics);
            out
        };
        if rules.accepts(&out) {
            guard.quick_success(quick);
            call.close();
            call.succeeded_plainly();
            return Turned::Out(out);
        }
        call.by_value(move |call| {
            guard.adopt(quick);
            attempted(call, &rules, pin!(guard), out)
        })
    }
}

/// Tells the guard about a panic of a quick attempt. Forgotten when the attempt returns.
struct Panics<'g, R, X: Guard<R>>(&'g mut X, X::Quick, PhantomData<fn() -> R>);

impl<R, X: Guard<R>> Drop for Panics<'_, R, X> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.quick_panicked(self.1);
    }
}

/// Runs an attempt of a call that is not plain, or whose guard must be asked.
#[cold]
fn run_noted<F: FnOnce() -> R, R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: J,
    guard: X,
    attempt: F,
) -> Turned<R> {
    let mut guard = pin!(guard);
    if call.is_late() {
        if let Some(out) = too_late(call, &rules) {
            return Turned::Out(out);
        }
        call.forgive_late();
    }
    if let Err(cut) = guard.as_mut().before() {
        return Turned::Out(before_attempt(call, &rules, &*guard, cut));
    }
    call.begin();
    let out = telling_panics(guard.as_mut(), || {
        if call.is_intercepted() { faults::run(call, &rules, attempt) } else { call.run(attempt) }
    });
    attempted(call, &rules, guard, out)
}

/// Judges the outcome, and sleeps if another attempt follows.
#[cold]
#[inline(never)]
fn attempted<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    out: R,
) -> Turned<R> {
    let Decision::Pause(delay) = judge(call, rules, guard.as_mut(), &out) else {
        return Turned::Out(out);
    };
    drop(out);
    if delay.length.is_zero() { Turned::Again } else { pause(call, rules, guard, delay.length) }
}

/// Blocks until the next attempt, or until the guard or an order ends the call.
#[cold]
fn pause<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    length: Duration,
) -> Turned<R> {
    call.note_blocking(timer::in_tokio());
    let (cut, order) = sleep(call, guard.as_mut(), length);
    match cut {
        Some(cut) => Turned::Out(before_attempt(call, rules, &*guard, cut)),
        None => after_pause(call, rules, order),
    }
}

/// Sleeps; returns the guard's interruption or the order that came before the end of the sleep.
fn sleep<R, X: Guard<R>>(
    call: &Call<'_>,
    mut guard: Pin<&mut X>,
    length: Duration,
) -> (Option<X::Cut>, Option<Order>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let (mut cut, mut order) = (None, None);
    timer::block(length, &mut || {
        let mut cx = Context::from_waker(&waker);
        if let Poll::Ready(found) = guard.as_mut().poll_pause(&mut cx) {
            cut = Some(found);
        } else if let Poll::Ready(found) = call.poll_order(&mut cx) {
            order = Some(found);
        }
        cut.is_some() || order.is_some()
    });
    if cut.is_none() && order.is_none() {
        order = call.wake();
    }
    (cut, order)
}

/// A waker that unparks the sleeping thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
