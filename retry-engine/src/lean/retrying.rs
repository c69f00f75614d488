//! A policy at work on a closure: the arguments of the attribute as methods.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::attempts::{AsyncAttempts, Attempts};
use super::rules::{By, Classified, Hook, Judge, Rejects, Unclassified, Unset, When};
use crate::course::retry::Retry;
use crate::course::work::{Awaits, Runs, Yields};
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::outcome::{Interruptible, Outcome};
use crate::failure::verdict::{Rejection, Verdict};
use crate::policy::Policy;
use crate::report::attempt::Attempt;
use crate::report::record::{Delay, DelaySource};
use crate::wait::may_block::MayBlock;

/// A closure that is called until it succeeds or the policy ends the call: made by [`Policy::retrying`], completed by the
/// methods here, and then [`run`](Retrying::run) or awaited.
///
/// With the feature `sites` there are more methods: for names, labels, budgets, breakers, tokens and reports.
#[must_use = "nothing happens until it is run or awaited"]
#[derive(Debug)]
pub struct Retrying<'p, W, R, M, C = Classified, V = Unset, H = Unset> {
    policy: &'p Policy,
    work: W,
    rules: Rules<C, V, H>,
    /// Makes the outcome of an attempt that is cut off; `None` if the limits cut off none.
    cut: Option<fn(Interruption) -> R>,
    yields: PhantomData<fn() -> M>,
}

#[derive(Debug)]
struct Rules<C, V, H> {
    class: C,
    retry_if: V,
    on_retry: H,
}

impl Policy {
    /// Retries a closure: the failures that [`Classify`](crate::Classify) calls retryable are repeated under this policy.
    ///
    /// The closure gets the [`Attempt`] and returns an outcome (then [`run`](Retrying::run) the call) or a future of one
    /// (then await the call). A policy that is not valid never fails a call: the nearest valid one applies.
    pub fn retrying<W, Y, M>(&self, work: W) -> Retrying<'_, W, Y::Outcome, M>
    where
        W: FnMut(Attempt) -> Y,
        Y: Yields<M>,
    {
        Retrying::new(self, work, Classified)
    }

    /// [`retrying`](Policy::retrying) for errors that nothing classifies: every failure is retried, or those that
    /// [`when`](Retrying::when) or [`judge`](Retrying::judge) chooses.
    pub fn retrying_any<W, Y, M>(&self, work: W) -> Retrying<'_, W, Y::Outcome, M, Unclassified>
    where
        W: FnMut(Attempt) -> Y,
        Y: Yields<M>,
    {
        Retrying::new(self, work, Unclassified)
    }
}

impl<'p, W, R, M, C> Retrying<'p, W, R, M, C> {
    fn new(policy: &'p Policy, work: W, class: C) -> Self {
        Retrying { policy, work, rules: Rules::new(class), cut: None, yields: PhantomData }
    }
}

impl<'p, W, R: Outcome, M, C, V, H> Retrying<'p, W, R, M, C, V, H> {
    fn ruled<D, U, G>(
        self,
        change: impl FnOnce(Rules<C, V, H>) -> Rules<D, U, G>,
    ) -> Retrying<'p, W, R, M, D, U, G> {
        let Retrying { policy, work, rules, cut, yields } = self;
        Retrying { policy, work, rules: change(rules), cut, yields }
    }

    /// Retries a failure only if the predicate holds for it.
    pub fn when<F: Fn(&R::Error) -> bool>(
        self,
        when: F,
    ) -> Retrying<'p, W, R, M, When<C, F>, V, H> {
        self.ruled(|Rules { class, retry_if, on_retry }| Rules {
            class: When(class, when),
            retry_if,
            on_retry,
        })
    }

    /// Judges failures by the closure alone: its answer is a `bool`, a [`Kind`](crate::Kind), a [`Class`](crate::Class) or
    /// an `Option<Duration>`, see [`Verdict`].
    pub fn judge<A: Verdict, F: Fn(&R::Error, &Attempt) -> A>(
        self,
        judge: F,
    ) -> Retrying<'p, W, R, M, By<F>, V, H> {
        self.ruled(|Rules { retry_if, on_retry, .. }| Rules {
            class: By(judge),
            retry_if,
            on_retry,
        })
    }

    /// Treats a value as no success if the closure says so, see [`Rejection`].
    pub fn retry_if<A: Rejection, F: Fn(&R::Value) -> A>(
        self,
        retry_if: F,
    ) -> Retrying<'p, W, R, M, C, By<F>, H> {
        self.ruled(|Rules { class, on_retry, .. }| Rules {
            class,
            retry_if: By(retry_if),
            on_retry,
        })
    }

    /// Calls the hook before each sleep. A hook that panics does not fail the call.
    pub fn on_retry<F: Fn(&Retry<'_, R>)>(self, on_retry: F) -> Retrying<'p, W, R, M, C, V, By<F>> {
        self.ruled(|Rules { class, retry_if, .. }| Rules {
            class,
            retry_if,
            on_retry: By(on_retry),
        })
    }

    /// Cuts an attempt off at the policy's `deadline` and `timeout`. The error must be able to say so: it is
    /// `From<Interruption>`. Without this method a deadline ends the call between its attempts.
    pub fn limited(mut self) -> Self
    where
        R: Interruptible,
    {
        self.cut = Some(R::interrupted);
        self
    }
}

impl<C> Rules<C, Unset, Unset> {
    fn new(class: C) -> Self {
        Rules { class, retry_if: Unset, on_retry: Unset }
    }
}

impl<C, V, H> Rules<C, V, H> {
    /// The pause after an outcome; `None` if it ends the call.
    fn pause<R: Outcome>(
        &self,
        attempts: &mut Attempts,
        out: &R,
        cut: Option<Cause>,
    ) -> Option<Duration>
    where
        C: Judge<R::Error>,
        V: Rejects<R::Value>,
        H: Hook<R>,
    {
        let attempt = attempts.running();
        let (class, inside) = match out.as_result() {
            Ok(value) => (self.retry_if.rejected(value)?, None),
            Err(error) => self.class.judged(error, &attempt),
        };
        let length = attempts.failed(class, inside, cut)?;
        let is_hint = class.retry_after.is_some_and(|hint| length >= hint);
        let source = if is_hint { DelaySource::Hint } else { DelaySource::Backoff };
        let (number, limit) = (attempt.number(), attempt.limit());
        let delay = Delay { length, source };
        let kind = attempts.last_kind().unwrap_or(class.kind);
        self.on_retry.before_sleep(&Retry { outcome: out, attempt: number, limit, kind, delay });
        Some(length)
    }
}

impl<W, R: Outcome, M, C, V, H> Retrying<'_, W, R, M, C, V, H> {
    /// Calls the closure until the call ends, and blocks the thread between the attempts. A running attempt cannot be
    /// interrupted: a deadline ends the call between attempts, and a `timeout` has no effect.
    ///
    /// # Errors
    ///
    /// The error of the last attempt.
    ///
    /// # Panics
    ///
    /// If the closure panics.
    pub fn run(self) -> R
    where
        W: MayBlock,
        M: Runs<W, R>,
        C: Judge<R::Error>,
        V: Rejects<R::Value>,
        H: Hook<R>,
    {
        let Retrying { policy, mut work, rules, .. } = self;
        let mut attempts = Attempts::new(policy, true);
        loop {
            let out = M::attempt(&mut work, attempts.begin());
            let pause = rules.pause(&mut attempts, &out, None);
            let Some(pause) = pause else { return out };
            drop(out);
            Attempts::block(pause);
        }
    }
}

pin_project! {
    /// The future of a call whose closure returns futures.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Looped<'p, W, F, R, C, V, H> {
        series: AsyncAttempts,
        work: W,
        rules: Rules<C, V, H>,
        cut: Option<fn(Interruption) -> R>,
        #[pin]
        running: Option<F>,
        // As with the feature `sites`, the future borrows the policy of a `Retrying`.
        policy: PhantomData<&'p Policy>,
    }
}

impl<W, F, R: Interruptible> Looped<'_, W, F, R, Classified, Unset, Unset> {
    /// The future of a call that its policy limits.
    pub(super) fn limited(policy: &Policy, work: W) -> Self {
        Looped::new(policy, work, Rules::new(Classified), Some(R::interrupted))
    }
}

impl<W, F, R, C, V, H> Looped<'_, W, F, R, C, V, H> {
    fn new(
        policy: &Policy,
        work: W,
        rules: Rules<C, V, H>,
        cut: Option<fn(Interruption) -> R>,
    ) -> Self {
        let series = AsyncAttempts::new(policy);
        Looped { series, work, rules, cut, running: None, policy: PhantomData }
    }
}

impl<'p, W, F, R, C, V, H> IntoFuture for Retrying<'p, W, R, Awaits, C, V, H>
where
    W: FnMut(Attempt) -> F,
    F: Future<Output = R>,
    R: Outcome,
    C: Judge<R::Error>,
    V: Rejects<R::Value>,
    H: Hook<R>,
{
    type Output = R;
    type IntoFuture = Looped<'p, W, F, R, C, V, H>;

    fn into_future(self) -> Self::IntoFuture {
        let Retrying { policy, work, rules, cut, .. } = self;
        Looped::new(policy, work, rules, cut)
    }
}

impl<W, F, R, C, V, H> Future for Looped<'_, W, F, R, C, V, H>
where
    W: FnMut(Attempt) -> F,
    F: Future<Output = R>,
    R: Outcome,
    C: Judge<R::Error>,
    V: Rejects<R::Value>,
    H: Hook<R>,
{
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let mut this = self.project();
        loop {
            let Some(running) = this.running.as_mut().as_pin_mut() else {
                let attempt = ready!(this.series.poll_begin(cx));
                this.running.set(Some((this.work)(attempt)));
                continue;
            };
            let (out, cut) = match (running.poll(cx), *this.cut) {
                (Poll::Ready(out), _) => (out, None),
                (Poll::Pending, None) => return Poll::Pending,
                (Poll::Pending, Some(cut)) => {
                    let cause = ready!(this.series.poll_limit(cx));
                    (cut(cause.into()), Some(cause))
                }
            };
            this.running.set(None);
            let Some(pause) = this.rules.pause(&mut this.series.attempts, &out, cut) else {
                return Poll::Ready(out);
            };
            drop(out);
            this.series.pause(pause);
        }
    }
}
