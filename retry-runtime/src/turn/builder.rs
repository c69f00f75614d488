//! One attempt, put together from the attribute's arguments.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::ops::Deref;

use super::breaking::Breaking;
use super::guard::Chosen;
use super::guard::{Gate, Guard, Interrupts, Uninterrupted};
use super::rules::{Asked, Retry, Told, Words, hook, predicate};
use super::rules::{Given, Judge, Rules, Unset};
use super::running::Running;
use super::turned::Turned;
use crate::breaker::Breaker;
use crate::call::cancel::{Cancel, NeverCancelled};
use crate::call::state::Call;
use crate::failure::class::Classify;
use crate::failure::interruption::Interruption;
use crate::failure::lookup::{ClassOf, Describe, FromInterruption, Injectable, Lookup, Unjudged};
use crate::failure::outcome::Interruptible;
use crate::failure::outcome::Outcome;

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
    /// call has, and which are made to order, a [`Lookup`] has found out: the closure is asked for its types
    /// alone, and never called.
    #[inline]
    pub fn classified<C, S, P, M>(
        self,
        _: impl FnOnce(Lookup<R>) -> (C, S, P, M),
    ) -> Turn<'c, 'p, A, R, Rules<C, Unset, Unset, Unset, Words<S, P, M>>, X>
    where
        R::Error: Classify,
        C: ClassOf<R::Error>,
        S: Describe<R::Error>,
        P: FromInterruption<R>,
        M: Injectable<R>,
    {
        self.ruled()
    }

    /// Every failure is `Transient`; the rest as in [`classified`](Turn::classified).
    #[inline]
    pub fn unclassified<S: Describe<R::Error>, P: FromInterruption<R>, M: Injectable<R>>(
        self,
        _: impl FnOnce(Lookup<R>) -> (S, P, M),
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
        Running::new(call, attempt, rules, guard)
    }
}
