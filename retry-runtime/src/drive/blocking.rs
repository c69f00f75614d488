//! One attempt of a call that blocks, and the pause after it.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::faults;
use super::judgement::{Step, failed_here};
use super::turn::{before_attempt, cancelled};
use super::{Guard, Judge, Turn};
use crate::call::Call;
use crate::live::Order;
use crate::{Outcome, timer};

impl<F, R, J, X> Turn<'_, '_, F, R, J, X>
where
    F: FnOnce() -> R,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    /// Runs the attempt on this thread and, when there is to be another one, sleeps.
    ///
    /// `None` asks for another turn. A running attempt cannot be ended from outside; the sleep can, by a
    /// cancellation.
    #[inline]
    pub fn run(self) -> Option<R> {
        let Turn { call, attempt, rules, mut guard, .. } = self;
        if let Err(cut) = guard.before_blocking() {
            return Some(call.by_value(move |call| before_attempt(call, &guard, cut)));
        }
        call.begin();
        let out = faults::run(call, &rules, attempt);
        if rules.accepts(&out) {
            guard.ended_blocking(None);
            call.succeeded();
            return Some(out);
        }
        call.by_value(move |call| fail(call, rules, guard, out))
    }
}

/// The outcome was not accepted: decides, and sleeps when there is to be another attempt.
#[cold]
#[inline(never)]
fn fail<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: J,
    guard: X,
    out: R,
) -> Option<R> {
    let mut guard = pin!(guard);
    match failed_here(call, &rules, guard.as_mut(), out) {
        Step::Return(out) => Some(out),
        Step::Pause(delay) if delay.length.is_zero() => None,
        Step::Pause(delay) => pause(call, &rules, guard, delay.length),
    }
}

/// Blocks until the next attempt, or until the guard or somebody else ends the call.
#[cold]
fn pause<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    length: Duration,
) -> Option<R> {
    call.note_blocking(timer::blocks_tasks);
    let (cut, order) = sleep(call, guard.as_mut(), length);
    if let Some(cut) = cut {
        return Some(before_attempt(call, &*guard, cut));
    }
    let stand_in = rules.stand_in().filter(|_| order == Some(Order::Cancel));
    stand_in.map(|outcome| cancelled(call, outcome))
}

/// Sleeps; returns what has ended the sleep, and what somebody wanted before its end.
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

/// Wakes the thread that sleeps.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
