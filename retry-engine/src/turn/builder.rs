//! The builder of a turn: one method for each argument of the attribute.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;

use super::body::Body;
use super::breaking::{Breaking, Found, Guarded, OfSite};
use super::guard::{Chosen, Gate, Interrupts, Uninterrupted};
#[cfg(feature = "tower")]
use super::rules::Judge;
use super::rules::{Given, HookCall, LookedUp, PredicateCall, Rules, Unset, hook, predicate};
use super::uncut::LimitedBy;
use crate::breaker::Breaker;
use crate::call::cancel::{Cancel, NeverCancelled};
use crate::call::protection::no_breaker;
use crate::call::state::Call;
use crate::course::retry::Retry;
use crate::failure::carried::Carries;
use crate::failure::class::Classify;
#[cfg(feature = "tower")]
use crate::failure::interruption::Interruption;
use crate::failure::lookup::{ClassOf, Describe, FromInterruption, Injectable, Lookup, Unjudged};
use crate::failure::outcome::{Interruptible, Outcome};
use crate::failure::plain::Plain;
use crate::policy::Policy;
use crate::site::{Site, SiteBreaker};
use crate::wait::may_block::MayBlock;

/// An attempt of an `async` call, or all attempts of a blocking call, with the rules and the guard for them.
///
/// The methods are named after the attribute's arguments. An `async` turn is awaited; blocking attempts are
/// [`run`](Turn::run).
#[must_use = "a turn does nothing until it is awaited or run"]
#[derive(Debug)]
pub struct Turn<K, A, R, J, X> {
    /// The call; the function, where a call consists of its attempts.
    pub(super) call: K,
    pub(super) attempt: A,
    pub(super) rules: J,
    pub(super) guard: X,
    pub(super) outcome: PhantomData<fn() -> R>,
}

/// A turn without rules, found through the error of an outcome.
///
/// For an output that is no outcome, rustc reports the method that begins the turn. It cannot tell the type of the turn then,
/// and reports no mistake at the methods that follow.
pub trait Begun<K, A, R> {
    /// The turn.
    type Turn;
}

impl<E, K, A, R> Begun<K, A, R> for E {
    type Turn = Turn<K, A, R, Unset, Uninterrupted>;
}

impl Call<'_> {
    /// Builds a turn of an `async` call.
    #[inline]
    pub fn turn<R: Outcome, F: Future<Output = R>>(
        &mut self,
        attempt: F,
    ) -> <R::Error as Begun<&mut Self, F, R>>::Turn {
        Turn { call: self, attempt, rules: Unset, guard: Uninterrupted, outcome: PhantomData }
    }

    /// Builds the attempts of a blocking call that has been [opened](Call::open) and is used afterwards.
    #[inline]
    pub fn attempts<R: Outcome, F: FnMut(&Call<'_>) -> R + MayBlock>(
        &mut self,
        attempt: F,
    ) -> <R::Error as Begun<&mut Self, F, R>>::Turn {
        Turn { call: self, attempt, rules: Unset, guard: Uninterrupted, outcome: PhantomData }
    }
}

impl Site {
    /// Builds a blocking call of the function, which consists of its attempts.
    #[doc(hidden)]
    #[inline]
    pub fn blocking<'b, R: Outcome, F: FnMut(&Call<'_>) -> R + MayBlock>(
        &'static self,
        attempt: &'b mut F,
    ) -> <R::Error as Begun<&'static Self, Body<'b, R>, R>>::Turn {
        Turn { call: self, attempt, rules: Unset, guard: Uninterrupted, outcome: PhantomData }
    }
}

impl<K, A, R: Outcome, X> Turn<K, A, R, Unset, X> {
    /// Judges outcomes by rules of their own.
    #[cfg(feature = "tower")]
    pub(crate) fn ruled_by<J: Judge<R>>(self, rules: J) -> Turn<K, A, R, J, X> {
        let Turn { call, attempt, guard, outcome, .. } = self;
        Turn { call, attempt, rules, guard, outcome }
    }
}

/// A function, and the policy that one of its calls has.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Under<'p>(pub(super) &'static Site, pub(super) &'p Policy);

impl Site {
    /// A call of the function under a policy of its own.
    #[doc(hidden)]
    #[inline]
    pub const fn under<'p>(&'static self, policy: &'p Policy) -> Under<'p> {
        Under(self, policy)
    }
}

impl<'p> Under<'p> {
    /// Builds a blocking call, which consists of its attempts.
    #[inline]
    pub fn blocking<'b, R: Outcome, F: FnMut(&Call<'_>) -> R + MayBlock>(
        self,
        attempt: &'b mut F,
    ) -> <R::Error as Begun<Self, Body<'b, R>, R>>::Turn {
        Turn { call: self, attempt, rules: Unset, guard: Uninterrupted, outcome: PhantomData }
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<K, A, R: Outcome, X> Turn<K, A, R, Unset, X> {
    /// Classifies failures by their `Classify` implementation.
    ///
    /// The closure returns the types that autoref lookup finds on a [`Lookup`]: how to classify and describe a failure, how
    /// to make a cancelled outcome, and how to inject a failure. It is never called.
    #[inline]
    pub fn classified<C, S, P, M>(
        self,
        _: impl FnOnce(Lookup<R>) -> (C, S, P, M),
    ) -> Turn<K, A, R, Rules<C, Unset, Unset, Unset, LookedUp<S, P, M>>, X>
    where
        R::Error: Classify,
        C: ClassOf<R::Error>,
        S: Describe<R::Error> + Plain,
        P: FromInterruption<R>,
        M: Injectable<R>,
    {
        let Turn { call, attempt, guard, outcome, .. } = self;
        Turn { call, attempt, rules: Rules::looked_up(), guard, outcome }
    }

    /// Classifies every failure as `Transient`. The closure is that of [`classified`](Turn::classified), whose first type
    /// tells how to find an interruption in the error.
    #[inline]
    pub fn unclassified<I, S, P, M>(
        self,
        _: impl FnOnce(Lookup<R>) -> (I, S, P, M),
    ) -> Turn<K, A, R, Rules<Unjudged<I>, Unset, Unset, Unset, LookedUp<S, P, M>>, X>
    where
        I: Carries<R::Error>,
        S: Describe<R::Error> + Plain,
        P: FromInterruption<R>,
        M: Injectable<R>,
    {
        let Turn { call, attempt, guard, outcome, .. } = self;
        Turn { call, attempt, rules: Rules::looked_up(), guard, outcome }
    }
}

#[allow(clippy::type_complexity, reason = "each method changes one of the five rules")]
impl<K, A, R: Outcome, C, W, V, H, L, X> Turn<K, A, R, Rules<C, W, V, H, L>, X> {
    /// Retries a failure only if the predicate holds for it.
    #[inline]
    pub fn when<F: Fn(&R::Error) -> bool>(
        self,
        when: F,
    ) -> Turn<K, A, R, Rules<C, Given<F, PredicateCall<F, R::Error>>, V, H, L>, X> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let Rules { class, retry_if, on_retry, lookup, .. } = rules;
        let rules = Rules { class, when: predicate(when), retry_if, on_retry, lookup };
        Turn { call, attempt, rules, guard, outcome }
    }

    /// Treats a value for which the predicate holds as a `Transient` failure.
    #[inline]
    pub fn retry_if<F: Fn(&R::Value) -> bool>(
        self,
        retry_if: F,
    ) -> Turn<K, A, R, Rules<C, W, Given<F, PredicateCall<F, R::Value>>, H, L>, X> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let Rules { class, when, on_retry, lookup, .. } = rules;
        let rules = Rules { class, when, retry_if: predicate(retry_if), on_retry, lookup };
        Turn { call, attempt, rules, guard, outcome }
    }

    /// Calls the hook before each sleep.
    #[inline]
    pub fn on_retry<F: Fn(&Retry<'_, R>)>(
        self,
        on_retry: F,
    ) -> Turn<K, A, R, Rules<C, W, V, Given<F, HookCall<F, R>>, L>, X> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let Rules { class, when, retry_if, lookup, .. } = rules;
        let rules = Rules { class, when, retry_if, on_retry: hook(on_retry), lookup };
        Turn { call, attempt, rules, guard, outcome }
    }
}

#[allow(clippy::type_complexity, reason = "a guard may have a guard inside")]
impl<K, A, R: Outcome, J, X> Turn<K, A, R, J, X> {
    #[inline]
    fn guarded<Y>(self, guard: Y) -> Turn<K, A, R, J, Y> {
        let Turn { call, attempt, rules, outcome, .. } = self;
        Turn { call, attempt, rules, guard, outcome }
    }

    /// Ends the attempt at the deadline or the timeout.
    #[inline]
    pub fn limited(self) -> Turn<K, A, R, J, Interrupts<R, NeverCancelled>>
    where
        R: Interruptible,
    {
        self.cancel(NeverCancelled)
    }

    /// Ends the attempt at the deadline or the timeout if the constant says that the policy has one.
    #[inline]
    pub fn limited_if<const INTERRUPTS: bool>(
        self,
    ) -> Turn<K, A, R, J, <Gate<INTERRUPTS> as Chosen<R>>::Guard>
    where
        Gate<INTERRUPTS>: Chosen<R>,
    {
        self.guarded(<Gate<INTERRUPTS> as Chosen<R>>::guard())
    }

    /// Ends the attempt at the limits of the call's own policy, if the error can say so. The closure is never called; its
    /// return type says whether the error can.
    #[inline]
    pub fn limited_by<P: LimitedBy<R>>(
        self,
        _: impl FnOnce(Lookup<R>) -> P,
    ) -> Turn<K, A, R, J, P::Guard> {
        self.guarded(P::guard())
    }

    /// Makes an attempt only with a permit of the breaker, for rules of their own.
    #[cfg(feature = "tower")]
    pub(crate) fn permitted_by(
        self,
        breaker: &Breaker,
    ) -> Turn<K, A, R, J, Breaking<&Breaker, fn(Interruption) -> R, X>>
    where
        R: Interruptible,
    {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let guard = Breaking::new(breaker, R::interrupted as _, guard);
        Turn { call, attempt, rules, guard, outcome }
    }

    /// Ends the attempt at the deadline or the timeout, or when the token is cancelled.
    #[inline]
    pub fn cancel<C: Cancel>(self, token: C) -> Turn<K, A, R, J, Interrupts<R, C>>
    where
        R: Interruptible,
    {
        self.guarded(Interrupts::by(token))
    }
}

#[allow(
    clippy::type_complexity,
    reason = "the rules tell how to make an outcome of an interruption"
)]
impl<K, A, R: Outcome, C, W, V, H, S, P, M, X>
    Turn<K, A, R, Rules<C, W, V, H, LookedUp<S, P, M>>, X>
{
    /// Makes an attempt only with a permit of the function's breaker, which records the outcome. For a call that has not
    /// been opened.
    #[inline]
    pub fn guarded_by(
        self,
        declared: &'static SiteBreaker,
    ) -> Turn<K, A, R, Rules<C, W, V, H, LookedUp<S, P, M>>, Breaking<OfSite, Found<P>, X>>
    where
        R: Interruptible,
    {
        self.broken_by(OfSite(declared.get().unwrap_or_else(|| no_breaker())))
    }

    /// Makes an attempt only with a permit of the breaker, which records the outcome.
    #[inline]
    pub fn breaker<B>(
        self,
        breaker: &B,
    ) -> Turn<K, A, R, Rules<C, W, V, H, LookedUp<S, P, M>>, Breaking<&Breaker, Found<P>, X>>
    where
        B: Deref<Target = Breaker>,
        R: Interruptible,
    {
        self.broken_by(&**breaker)
    }

    #[inline(always)]
    fn broken_by<B: Guarded>(
        self,
        breaker: B,
    ) -> Turn<K, A, R, Rules<C, W, V, H, LookedUp<S, P, M>>, Breaking<B, Found<P>, X>> {
        let Turn { call, attempt, rules, guard, outcome } = self;
        let guard = Breaking::new(breaker, Found(PhantomData), guard);
        Turn { call, attempt, rules, guard, outcome }
    }
}
