//! One attempt of an `async` call and the pause after it, as a hand-written future.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::faults::Faults;
use super::guard::Chosen;
use super::judgement::{Step, cut_off, judge};
use super::pause::{self, before_attempt};
use super::rules::{Asked, Retry, Told, Words, hook, predicate};
use super::{Breaking, Gate, Given, Guard, Interrupts, Judge, Rules, Turned, Uninterrupted, Unset};
use crate::breaker::Breaker;
use crate::call::Call;
use crate::cancel::{Cancel, NeverCancelled};
use crate::interruption::Interruptible;
use crate::place::{ClassOf, Making, Place, Say, StandIn, Unjudged};
use crate::{Classify, Interruption, Outcome};

/// One attempt, and the rules that its outcome is judged by.
///
/// Its methods are named after the attribute's arguments. An `async` turn is awaited, a blocking one is
/// [`run`](Turn::run).
#[must_use = "a turn does nothing until it is awaited or run"]
#[derive(Debug)]
pub struct Turn<'c, 'p, A, R, J, X> {
    pub(super) call: &'c mut Call<'p>,
    pub(super) attempt: A,
    pub(super) rules: J,
    pub(super) guard: X,
    pub(super) outcome: PhantomData<fn() -> R>,
}

impl<'p> Call<'p> {
    /// One attempt of an `async` call.
    #[inline]
    pub fn turn<F: Future>(
        &mut self,
        attempt: F,
    ) -> Turn<'_, 'p, F, F::Output, Unset, Uninterrupted> {
        Turn { call: self, attempt, rules: Unset, guard: Uninterrupted, outcome: PhantomData }
    }

    /// One attempt of a call that blocks.
    #[inline]
    pub fn turn_blocking<R, F: FnOnce() -> R>(
        &mut self,
        attempt: F,
    ) -> Turn<'_, 'p, F, R, Unset, Uninterrupted> {
        Turn { call: self, attempt, rules: Unset, guard: Uninterrupted, outcome: PhantomData }
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<'c, 'p, A, R: Outcome, X> Turn<'c, 'p, A, R, Unset, X> {
    /// Failures are judged by their `Classify`. How, and how they are put into words, which outcome a cancelled
    /// call has, and which are made to order, a [`Place`] has found out: the closure is asked for its types
    /// alone, and never called.
    #[inline]
    pub fn classified<C, S, P, M>(
        self,
        _: impl FnOnce(Place<R>) -> (C, S, P, M),
    ) -> Turn<'c, 'p, A, R, Rules<C, Unset, Unset, Unset, Words<S, P, M>>, X>
    where
        R::Error: Classify,
        C: ClassOf<R::Error>,
        S: Say<R::Error>,
        P: StandIn<R>,
        M: Making<R>,
    {
        self.ruled()
    }

    /// Every failure is `Transient`; the rest as in [`classified`](Turn::classified).
    #[inline]
    pub fn unclassified<S: Say<R::Error>, P: StandIn<R>, M: Making<R>>(
        self,
        _: impl FnOnce(Place<R>) -> (S, P, M),
    ) -> Turn<'c, 'p, A, R, Rules<Unjudged, Unset, Unset, Unset, Words<S, P, M>>, X> {
        self.ruled()
    }

    #[inline(always)]
    fn ruled<C, S, P, M>(
        self,
    ) -> Turn<'c, 'p, A, R, Rules<C, Unset, Unset, Unset, Words<S, P, M>>, X> {
        let Turn { call, attempt, guard, outcome, .. } = self;
        let rules = Rules {
            class: PhantomData,
            when: Unset,
            retry_if: Unset,
            on_retry: Unset,
            text: Words(PhantomData),
        };
        Turn { call, attempt, rules, guard, outcome }
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<'c, 'p, A, R: Outcome, C, W, V, H, T, X> Turn<'c, 'p, A, R, Rules<C, W, V, H, T>, X> {
    /// A failure is retried only when the predicate agrees.
    #[inline]
    pub fn when<F: Fn(&R::Error) -> bool>(
        self,
        when: F,
    ) -> Turn<'c, 'p, A, R, Rules<C, Given<F, Asked<F, R::Error>>, V, H, T>, X> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let Rules { class, retry_if, on_retry, text, .. } = rules;
        let rules = Rules { class, when: predicate(when), retry_if, on_retry, text };
        Turn { call, attempt, rules, guard, outcome }
    }

    /// A value for which the predicate holds counts as a `Transient` failure.
    #[inline]
    pub fn retry_if<F: Fn(&R::Value) -> bool>(
        self,
        retry_if: F,
    ) -> Turn<'c, 'p, A, R, Rules<C, W, Given<F, Asked<F, R::Value>>, H, T>, X> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let Rules { class, when, on_retry, text, .. } = rules;
        let rules = Rules { class, when, retry_if: predicate(retry_if), on_retry, text };
        Turn { call, attempt, rules, guard, outcome }
    }

    /// Called before each sleep.
    #[inline]
    pub fn on_retry<F: Fn(&Retry<'_, R>)>(
        self,
        on_retry: F,
    ) -> Turn<'c, 'p, A, R, Rules<C, W, V, Given<F, Told<F, R>>, T>, X> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let Rules { class, when, retry_if, text, .. } = rules;
        let rules = Rules { class, when, retry_if, on_retry: hook(on_retry), text };
        Turn { call, attempt, rules, guard, outcome }
    }
}

impl<'c, 'p, A, R: Outcome, J, X> Turn<'c, 'p, A, R, J, X> {
    #[inline]
    fn guarded<Y>(self, guard: Y) -> Turn<'c, 'p, A, R, J, Y> {
        let Turn { call, attempt, rules, outcome, .. } = self;
        Turn { call, attempt, rules, guard, outcome }
    }

    /// The deadline or the timeout may end the attempt.
    #[inline]
    pub fn limited(self) -> Turn<'c, 'p, A, R, J, Interrupts<R, NeverCancelled>>
    where
        R: Interruptible,
    {
        self.guarded(Interrupts::limits())
    }

    /// The policy's constant says whether a limit may end the attempt.
    #[inline]
    pub fn limited_if<const INTERRUPTS: bool>(
        self,
    ) -> Turn<'c, 'p, A, R, J, <Gate<INTERRUPTS> as Chosen<R>>::Guard>
    where
        Gate<INTERRUPTS>: Chosen<R>,
    {
        self.guarded(<Gate<INTERRUPTS> as Chosen<R>>::guard())
    }

    /// The breaker is asked before the attempt and told how it ended.
    #[inline]
    pub fn breaker<'b, B>(
        self,
        breaker: &'b B,
    ) -> Turn<'c, 'p, A, R, J, Breaking<'b, impl Fn(Interruption) -> R + use<A, R, J, X, B>, X>>
    where
        B: Deref<Target = Breaker>,
        R: Interruptible,
    {
        let Turn { call, attempt, rules, guard, outcome } = self;
        Turn { call, attempt, rules, guard: Breaking::new(breaker, R::interrupted, guard), outcome }
    }

    /// The token, the deadline or the timeout may end the attempt.
    #[inline]
    pub fn cancel<C: Cancel>(self, token: C) -> Turn<'c, 'p, A, R, J, Interrupts<R, C>>
    where
        R: Interruptible,
    {
        self.guarded(Interrupts::by(token))
    }
}

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
        faults: Faults<R>,
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

impl<'c, 'p, F, R, J, X> IntoFuture for Turn<'c, 'p, F, R, J, X>
where
    F: Future<Output = R>,
    R: Outcome,
    J: Judge<R>,
    X: Guard<R>,
{
    type Output = Turned<R>;
    type IntoFuture = Running<'c, 'p, F, R, J, X>;

    #[inline(always)]
    fn into_future(self) -> Self::IntoFuture {
        let Turn { call, attempt, rules, guard, .. } = self;
        // What awaits a turn polls it at once: where nothing has to be asked, it begins here.
        if guard.has_begun() {
            call.begin();
        }
        Running { call, rules, guard, phase: Phase::Attempt { attempt }, faults: Faults::new() }
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
                let body =
                    |call: &mut Call<'_>, cx: &mut Context<'_>| call.run(|| attempt.poll(cx));
                match this.faults.poll(call, rules, cx, body) {
                    Poll::Ready(out) if call.is_plain() && rules.accepts(&out) => {
                        call.succeeded_plainly();
                        guard.succeeded();
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
                this.faults.end();
                Err(cut)
            }
        };
        let next = conclude(call, rules, guard.as_mut(), ended);
        match next {
            Next::Turned(turned) => {
                phase.set(Phase::Ended);
                Poll::Ready(turned)
            }
            Next::Yield => {
                // A sleep of nothing may be over at once.
                phase.set(Phase::Yield);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Next::Pause(length) => {
                phase.set(Phase::Pause);
                pause::begin(call, length);
                pause::go_on(call, rules, guard, cx)
            }
        }
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

/// What follows from an attempt that has ended.
enum Next<R> {
    Turned(Turned<R>),
    Yield,
    Pause(Duration),
}

/// Judges the outcome of an attempt, or that it was cut off.
// It knows nothing of the attempt: functions of one return type share it.
#[cold]
fn conclude<R: Outcome, J: Judge<R>, X: Guard<R>>(
    call: &mut Call<'_>,
    rules: &J,
    guard: Pin<&mut X>,
    ended: Result<R, X::Cut>,
) -> Next<R> {
    let step = match ended {
        Ok(out) => judge(call, rules, guard, out),
        Err(cut) => cut_off(call, rules, guard, cut),
    };
    match step {
        Step::Return(out) => Next::Turned(Turned::Out(out)),
        Step::Pause(delay) if !delay.length.is_zero() => Next::Pause(delay.length),
        Step::Pause(_) if call.is_due_to_yield() => Next::Yield,
        Step::Pause(_) => Next::Turned(Turned::Again),
    }
}
