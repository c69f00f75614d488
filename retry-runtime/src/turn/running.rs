//! An `async` turn that has been awaited: a hand-written future.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::faults;
use super::guard::Guard;
use super::judge::{cut_off, judge};
use super::pause::{self, before_attempt};
use super::rules::Judge;
use super::turned::Turned;
use crate::call::state::Call;
use crate::call::verdict::Decision;
use crate::failure::outcome::Outcome;
use crate::report::record::Delay;

pin_project! {
    /// A turn that has been awaited.
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
        // The call sleeps: its timer is where all of it is that is only made after a failure.
        Pause,
        // There is nothing to wait for, but others must have their turn.
        Yield,
        Ended,
    }
}

impl<'c, 'p, F, R, J, X> Running<'c, 'p, F, R, J, X>
where
    R: Outcome,
    X: Guard<R>,
{
    #[inline(always)]
    pub(super) fn new(call: &'c mut Call<'p>, attempt: F, rules: J, guard: X) -> Self {
        // What awaits a turn polls it at once: where nothing has to be asked, it begins here.
        if guard.has_begun() {
            call.begin();
        }
        Running { call, rules, guard, phase: Phase::Attempt { attempt }, outcome: PhantomData }
    }
}

impl<F, R, J, X> Future for Running<'_, '_, F, R, J, X>
where
    F: Future<Output = R>,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    type Output = Turned<R>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turned<R>> {
        let this = self.as_mut().project();
        // All that takes some thought goes one way, so that what is known of a quick success is known still
        // where its turn is dropped.
        let halt = match this.phase.project() {
            PhaseProjection::Attempt { attempt } => 'halt: {
                let (call, rules, mut guard) = (&mut **this.call, &*this.rules, this.guard);
                if !guard.has_begun() {
                    if let Err(cut) = guard.as_mut().before() {
                        break 'halt Halt::Refused(cut);
                    }
                    call.begin();
                }
                let polled = if call.is_plain() {
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
                    polled => Halt::Polled(polled),
                }
            }
            _ => Halt::Between,
        };
        self.halted(halt, cx)
    }
}

/// Why a turn is not over, or not quickly.
enum Halt<R, C> {
    /// The guard does not let the attempt begin.
    Refused(C),
    /// The attempt has come to an outcome that takes some thought, or the guard must be asked.
    Polled(Poll<R>),
    /// No attempt runs.
    Between,
}

impl<F, R, J, X> Running<'_, '_, F, R, J, X>
where
    F: Future<Output = R>,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    /// What takes some thought.
    #[cold]
    #[inline(never)]
    fn halted(
        self: Pin<&mut Self>,
        halt: Halt<R, X::Cut>,
        cx: &mut Context<'_>,
    ) -> Poll<Turned<R>> {
        match halt {
            Halt::Refused(cut) => {
                let this = self.project();
                Poll::Ready(Turned::Out(before_attempt(this.call, &*this.guard, cut)))
            }
            Halt::Polled(polled) => self.attempted(polled, cx),
            Halt::Between => self.go_on(cx),
        }
    }

    /// The attempt has come to an outcome that takes some thought, or the guard must be asked.
    fn attempted(self: Pin<&mut Self>, polled: Poll<R>, cx: &mut Context<'_>) -> Poll<Turned<R>> {
        let this = self.project();
        let (call, rules) = (&mut **this.call, &*this.rules);
        let (mut guard, mut phase) = (this.guard, this.phase);
        let ended = match polled {
            Poll::Ready(out) => Ok(out),
            Poll::Pending => {
                let cut = ready!(guard.as_mut().poll_attempt(call, cx));
                // The attempt is dropped before its outcome is judged: what it held is free again.
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
        // No outcome lives across a pause: so the future is `Send` although the error is not.
        drop(out);
        if !length.is_zero() {
            phase.set(Phase::Pause);
            pause::begin(call, length);
            return pause::go_on(call, rules, guard, cx);
        }
        if call.is_due_to_yield() {
            // A sleep of nothing may be over at once.
            phase.set(Phase::Yield);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        phase.set(Phase::Ended);
        Poll::Ready(Turned::Again)
    }

    /// No attempt runs.
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

/// The outcome of an attempt that ended or was cut off, and what follows.
// Not generic in the attempt: functions of one return type share it.
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
