//! The hand-written future of an `async` turn.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::builder::Turn;
use super::faults::{self, Begun};
use super::guard::{Guard, Panics, telling_panics};
use super::judge::{cut_off, judge};
use super::pause::{self, before_attempt};
use super::rules::Judge;
use super::turned::Turned;
use crate::call::attempt::Surroundings;
use crate::call::state::Call;
use crate::call::verdict::Decision;
use crate::failure::outcome::Outcome;
use crate::report::record::Delay;

pin_project! {
    /// The future of an `async` turn.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Running<'c, 'p, F, R, J, X: Guard<R>> {
        // Dropped before the attempt.
        #[pin]
        held: CallAndGuard<'c, 'p, R, X>,
        rules: J,
        // `None` after the attempt: the call sleeps, with its timer in the trail, or yields once.
        #[pin]
        attempt: Option<F>,
    }
}

pin_project! {
    /// The call and the guard of a turn. Dropped during the attempt, it tells the call when that started.
    // Apart from the attempt: turns with the same return type share the code.
    struct CallAndGuard<'c, 'p, R, X: Guard<R>> {
        call: &'c mut Call<'p>,
        #[pin]
        guard: X,
        outcome: PhantomData<fn() -> R>,
    }

    impl<R, X: Guard<R>> PinnedDrop for CallAndGuard<'_, '_, R, X> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.guard.tell_start(this.call);
        }
    }
}

impl<'c, 'p, F: Future<Output = R>, R: Outcome, J: Judge<R>, X: Guard<R>> IntoFuture
    for Turn<&'c mut Call<'p>, F, R, J, X>
{
    type Output = Turned<R>;
    type IntoFuture = Running<'c, 'p, F, R, J, X>;

    #[inline(always)]
    fn into_future(self) -> Self::IntoFuture {
        let Turn { call, attempt, rules, guard, .. } = self;
        // An awaited turn is polled at once: if the guard need not be asked, the attempt begins here.
        if guard.has_begun() {
            call.begin();
        }
        let held = CallAndGuard { call, guard, outcome: PhantomData };
        Running { held, rules, attempt: Some(attempt) }
    }
}

impl<F: Future<Output = R>, R: Outcome, J: Judge<R>, X: Guard<R>> Future
    for Running<'_, '_, F, R, J, X>
{
    type Output = Turned<R>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turned<R>> {
        let this = self.project();
        let held = this.held.project();
        poll_turn(held.call, this.rules, held.guard, this.attempt, cx)
    }
}

// A quick success is inlined. Everything else leaves through one function, so that the compiler still knows the state of a
// quick success where the turn is dropped.
#[cfg_attr(debug_assertions, inline)]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn poll_turn<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    mut attempt: Pin<&mut dyn AttemptBody<R>>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    let reason = 'reason: {
        let Some(attempt) = attempt.as_mut().running() else {
            break 'reason Reason::Between;
        };
        if !call.is_plain() {
            break 'reason Reason::Noted;
        }
        if !guard.has_begun() {
            if let Err(cut) = guard.as_mut().before(call) {
                break 'reason Reason::Refused(cut);
            }
        }
        let limits = guard.enter(call);
        // Not by `telling_panics`, whose closure costs eight instructions.
        let panics = Panics::of(guard.as_mut());
        let polled = attempt.poll(cx);
        mem::forget(panics);
        drop(limits);
        match polled {
            Poll::Ready(out) if rules.accepts(&out) => {
                call.count_success();
                // Last, so that the compiler knows where the permit is dropped that it is spent.
                guard.succeeded();
                return Poll::Ready(Turned::Quick(out));
            }
            Poll::Ready(out) => Reason::Ended(Ok(out)),
            Poll::Pending if !X::INTERRUPTS => return Poll::Pending,
            Poll::Pending => match guard.as_mut().poll_attempt(call, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(cut) => Reason::Ended(Err(cut)),
            },
        }
    };
    slow(call, rules, guard, attempt, reason, cx)
}

/// An attempt of any type: functions with the same return type share the code of a turn.
pub(super) trait AttemptBody<R> {
    /// The body; `None` if the attempt has ended.
    fn running(self: Pin<&mut Self>) -> Option<Pin<&mut dyn Future<Output = R>>>;

    /// Drops the body, which releases everything that it held.
    fn end(self: Pin<&mut Self>);
}

impl<R> dyn AttemptBody<R> + '_ {
    /// # Panics
    ///
    /// If the attempt has ended.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        match self.running() {
            Some(attempt) => attempt.poll(cx),
            None => panic!("an attempt was polled after it had ended"),
        }
    }
}

impl<F: Future> AttemptBody<F::Output> for Option<F> {
    fn running(self: Pin<&mut Self>) -> Option<Pin<&mut dyn Future<Output = F::Output>>> {
        match self.as_pin_mut() {
            Some(attempt) => Some(attempt),
            None => None,
        }
    }

    fn end(mut self: Pin<&mut Self>) {
        self.set(None);
    }
}

/// The reason why a poll is not a quick success.
enum Reason<R, C> {
    /// The call is not plain: the attempt is not polled yet.
    Noted,
    /// The guard refuses the attempt.
    Refused(C),
    /// The attempt returned an outcome that must be judged, or the guard interrupts it.
    Ended(Result<R, C>),
    /// No attempt is running.
    Between,
}

#[cold]
#[inline(never)]
fn slow<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    mut attempt: Pin<&mut dyn AttemptBody<R>>,
    reason: Reason<R, X::Cut>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    let polled = match reason {
        Reason::Refused(cut) => {
            return Poll::Ready(Turned::Out(before_attempt(call, rules, &*guard, cut)));
        }
        Reason::Ended(ended) => return conclude(call, rules, guard, attempt, ended, cx),
        Reason::Between => return between(call, rules, guard, cx),
        Reason::Noted => {
            if !guard.has_begun() {
                if let Err(cut) = guard.as_mut().before(call) {
                    return Poll::Ready(Turned::Out(before_attempt(call, rules, &*guard, cut)));
                }
                call.begin();
            }
            let surroundings = call.surroundings();
            if !matches!(surroundings, Surroundings::Others) {
                let polled = telling_panics(guard.as_mut(), || {
                    let _inside = surroundings.hide_receiver();
                    attempt.as_mut().poll(cx)
                });
                return first(call, rules, guard, attempt, polled, cx);
            }
            match faults::before_poll(call, rules, cx) {
                Begun::Body => {
                    let polled =
                        telling_panics(guard.as_mut(), || call.run(|| attempt.as_mut().poll(cx)));
                    faults::after_poll(call, rules, polled, cx)
                }
                Begun::Replaced(out) => Poll::Ready(out),
                Begun::Pending => Poll::Pending,
                Begun::Refused(out) => {
                    // Nobody was asked: a permit that the guard took is given back.
                    guard.refused_inside();
                    return Poll::Ready(Turned::Out(out));
                }
            }
        }
    };
    ended(call, rules, guard, attempt, polled, cx)
}

/// Goes on after a poll of a first attempt that nothing surrounds.
fn first<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    attempt: Pin<&mut dyn AttemptBody<R>>,
    polled: Poll<R>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    match polled {
        Poll::Ready(out) if rules.accepts(&out) => {
            guard.succeeded();
            call.succeeded();
            Poll::Ready(Turned::Out(out))
        }
        polled => ended(call, rules, guard, attempt, polled, cx),
    }
}

/// Goes on after a poll of an attempt, which may have ended.
fn ended<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    attempt: Pin<&mut dyn AttemptBody<R>>,
    polled: Poll<R>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    let ended = match polled {
        Poll::Ready(out) => Ok(out),
        Poll::Pending => {
            call.keep_observer();
            Err(ready!(guard.as_mut().poll_attempt(call, cx)))
        }
    };
    conclude(call, rules, guard, attempt, ended, cx)
}

/// Ends the attempt, judges its outcome, and begins the pause if another attempt follows.
fn conclude<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    mut guard: Pin<&mut X>,
    attempt: Pin<&mut dyn AttemptBody<R>>,
    ended: Result<R, X::Cut>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    // Before the judgement: the attempt releases everything that it held.
    attempt.end();
    guard.as_mut().tell_start(call);
    let (out, decision) = match ended {
        Ok(out) => {
            let decision = judge(call, rules, guard.as_mut(), &out);
            (out, decision)
        }
        Err(cut) => {
            faults::end(call);
            cut_off(call, rules, guard.as_mut(), cut)
        }
    };
    let Decision::Pause(Delay { length, .. }) = decision else {
        return Poll::Ready(Turned::Out(out));
    };
    // No outcome lives across a pause, so the future is `Send` even if the error is not.
    drop(out);
    if !length.is_zero() {
        pause::begin(call, length);
        return pause::go_on(call, rules, guard, cx);
    }
    if call.is_due_to_yield() {
        // Not a sleep of zero length, which may end without yielding.
        cx.waker().wake_by_ref();
        return Poll::Pending;
    }
    Poll::Ready(Turned::Again)
}

/// Polls a turn whose attempt has ended: its pause goes on, or the task has yielded.
fn between<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    cx: &mut Context<'_>,
) -> Poll<Turned<R>> {
    // Where the task has yielded, the timer of an earlier pause resolves at once; a call without one may have the timer of
    // another call.
    if call.has_slept() { pause::go_on(call, rules, guard, cx) } else { Poll::Ready(Turned::Again) }
}
