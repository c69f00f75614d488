//! The hand-written future of an `async` turn.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::faults;
use super::guard::{Guard, telling_panics};
use super::judge::{cut_off, judge};
use super::pause::{self, before_attempt};
use super::rules::Judge;
use super::turned::Turned;
use crate::call::state::Call;
use crate::call::verdict::Decision;
use crate::failure::outcome::Outcome;
use crate::report::record::Delay;

pin_project! {
    /// The future of an `async` turn.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Running<'c, 'p, F, R, J, X> {
        call: &'c mut Call<'p>,
        rules: J,
        #[pin]
        guard: X,
        #[pin]
        phase: Phase<F>,
        outcome: PhantomData<fn() -> R>,
    }
}

pin_project! {
    #[project = PhaseProjection]
    enum Phase<F> {
        Attempt { #[pin] attempt: F },
        // The call sleeps. The timer is in the call's trail, so that this future has no room for it.
        Pause,
        // The task yields once before an attempt without a delay.
        Yield,
        Ended,
    }
}

impl<'c, 'p, F, R: Outcome, J, X: Guard<R>> Running<'c, 'p, F, R, J, X> {
    #[inline(always)]
    pub(super) fn new(call: &'c mut Call<'p>, attempt: F, rules: J, guard: X) -> Self {
        // An awaited turn is polled at once: if the guard need not be asked, the attempt begins here.
        if guard.has_begun() {
            call.begin();
        }
        Running { call, rules, guard, phase: Phase::Attempt { attempt }, outcome: PhantomData }
    }
}

impl<F: Future<Output = R>, R: Outcome, J: Judge<R>, X: Guard<R>> Future
    for Running<'_, '_, F, R, J, X>
{
    type Output = Turned<R>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turned<R>> {
        let this = self.as_mut().project();
        // Everything but a quick success leaves through one slow path, so that the compiler still knows the state of a
        // quick success where the turn is dropped.
        let reason = match this.phase.project() {
            PhaseProjection::Attempt { attempt } => 'reason: {
                let (call, rules, mut guard) = (&mut **this.call, &*this.rules, this.guard);
                if !guard.has_begun() {
                    if let Err(cut) = guard.as_mut().before() {
                        break 'reason SlowPath::Refused(cut);
                    }
                    call.begin();
                }
                let polled = if X::RECORDS {
                    telling_panics(guard.as_mut(), || match call.is_plain() {
                        true => attempt.poll(cx),
                        false => faults::poll(call, rules, attempt, cx),
                    })
                } else if call.is_plain() {
                    // Not by way of the closure, which costs eight instructions.
                    attempt.poll(cx)
                } else {
                    faults::poll(call, rules, attempt, cx)
                };
                match polled {
                    Poll::Ready(out) if call.is_plain() && rules.accepts(&out) => {
                        guard.succeeded(|| call.succeeded_plainly());
                        return Poll::Ready(Turned::Quick(out));
                    }
                    Poll::Pending if !X::INTERRUPTS => return Poll::Pending,
                    polled => SlowPath::Polled(polled),
                }
            }
            _ => SlowPath::Between,
        };
        self.slow_path(reason, cx)
    }
}

/// The reason why a poll is not a quick success.
enum SlowPath<R, C> {
    /// The guard refuses the attempt.
    Refused(C),
    /// The attempt returned an outcome that must be judged, or is pending and the guard must be polled.
    Polled(Poll<R>),
    /// No attempt is running.
    Between,
}

impl<F: Future<Output = R>, R: Outcome, J: Judge<R>, X: Guard<R>> Running<'_, '_, F, R, J, X> {
    #[cold]
    #[inline(never)]
    fn slow_path(
        self: Pin<&mut Self>,
        reason: SlowPath<R, X::Cut>,
        cx: &mut Context<'_>,
    ) -> Poll<Turned<R>> {
        match reason {
            SlowPath::Refused(cut) => {
                let this = self.project();
                Poll::Ready(Turned::Out(before_attempt(this.call, this.rules, &*this.guard, cut)))
            }
            SlowPath::Polled(polled) => self.attempted(polled, cx),
            SlowPath::Between => self.go_on(cx),
        }
    }

    /// Judges the outcome of the attempt, or polls the guard while the attempt is pending.
    fn attempted(self: Pin<&mut Self>, polled: Poll<R>, cx: &mut Context<'_>) -> Poll<Turned<R>> {
        let this = self.project();
        let (call, rules) = (&mut **this.call, &*this.rules);
        let (mut guard, mut phase) = (this.guard, this.phase);
        let ended = match polled {
            // No attempt was made, and the call has ended.
            Poll::Ready(out) if call.is_late() => {
                // Nobody was asked: a permit that the guard took is given back.
                guard.refused_inside();
                phase.set(Phase::Ended);
                return Poll::Ready(Turned::Out(out));
            }
            Poll::Ready(out) => Ok(out),
            Poll::Pending => {
                let cut = ready!(guard.as_mut().poll_attempt(call, cx));
                // The attempt is dropped before the judgement, and releases everything that it held.
                phase.set(Phase::Ended);
                faults::end(call);
                Err(cut)
            }
        };
        let (out, decision) = conclude(call, rules, guard.as_mut(), ended);
        let Decision::Pause(Delay { length, .. }) = decision else {
            phase.set(Phase::Ended);
            return Poll::Ready(Turned::Out(out));
        };
        // No outcome lives across a pause, so the future is `Send` even if the error is not.
        drop(out);
        if !length.is_zero() {
            phase.set(Phase::Pause);
            pause::begin(call, length);
            return pause::go_on(call, rules, guard, cx);
        }
        if call.is_due_to_yield() {
            // Not a sleep of zero length, which may end without yielding.
            phase.set(Phase::Yield);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        phase.set(Phase::Ended);
        Poll::Ready(Turned::Again)
    }

    /// Polls a turn whose attempt has ended.
    fn go_on(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turned<R>> {
        let this = self.project();
        let mut phase = this.phase;
        match phase.as_mut().project() {
            PhaseProjection::Yield => {
                phase.set(Phase::Ended);
                Poll::Ready(Turned::Again)
            }
            PhaseProjection::Pause => pause::go_on(this.call, this.rules, this.guard, cx),
            _ => panic!("a turn was polled after it had ended"),
        }
    }
}

/// The outcome of an attempt that ended or was interrupted, and the decision after it.
// Not generic in the attempt: functions with the same return type share this code.
#[cold]
fn conclude<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    ended: Result<R, X::Cut>,
) -> (R, Decision) {
    match ended {
        Ok(out) => {
            let decision = judge(call, rules, guard, &out);
            (out, decision)
        }
        Err(cut) => cut_off(call, rules, guard, cut),
    }
}
