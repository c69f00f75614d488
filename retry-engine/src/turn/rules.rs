//! The rules by which an outcome is judged: the arguments `on`, `when`, `retry_if` and `on_retry`.

use std::borrow::Cow;
use std::marker::PhantomData;

use crate::call::state::Call;
use crate::call::verdict::{Request, Verdict};
use crate::course::retry::Retry;
use crate::course::work::Has;
use crate::failure::class::{Class, Kind};
use crate::failure::inject::Injection;
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::lookup::{ClassOf, Describe, FromInterruption, Injectable};
use crate::failure::outcome::{Interruptible, Outcome};
use crate::report::attempt::CallId;

/// The rules of one call; each field is [`Unset`] until an argument sets it.
#[derive(Clone, Copy, Debug)]
pub struct Rules<C, W, V, H, L> {
    pub(super) class: PhantomData<C>,
    pub(super) when: W,
    pub(super) retry_if: V,
    pub(super) on_retry: H,
    pub(super) lookup: L,
}

/// An argument that is not set; in place of all rules: no rules yet.
#[derive(Clone, Copy, Debug)]
pub struct Unset;

/// An argument that is set: a closure or a path, and a function pointer that calls it.
///
/// Only the method of `Turn` that takes the argument has the bound on its type. So a closure of the wrong type causes one
/// compile error, where it is written, and not another one at every later step.
#[derive(Clone, Copy, Debug)]
pub struct Given<F, P>(pub(super) F, pub(super) P);

/// The types that autoref lookup (`Lookup`) found for an outcome: how to describe a
/// failure, how to make a cancelled outcome, and how to inject a failure.
#[derive(Clone, Copy, Debug)]
pub struct LookedUp<S, P, M>(pub(super) PhantomData<(S, P, M)>);

impl<C, S, P, M> Rules<C, Unset, Unset, Unset, LookedUp<S, P, M>> {
    /// The rules of a call whose attribute sets none of the arguments.
    pub(super) const fn looked_up() -> Self {
        let lookup = LookedUp(PhantomData);
        Rules { class: PhantomData, when: Unset, retry_if: Unset, on_retry: Unset, lookup }
    }
}

impl<R: Interruptible> FromInterruption<R> for Has {
    fn constructor() -> Option<fn(Interruption) -> R> {
        Some(R::interrupted)
    }
}

/// A predicate over failures (`when`) or values (`retry_if`).
pub trait Ask<T> {
    /// The predicate's answer; `None` without a predicate.
    fn ask(&self, about: &T) -> Option<bool>;

    /// The class of the failure, or of the value that is retried, if the predicate tells it.
    #[doc(hidden)]
    fn class(&self, _about: &T, _call: &Call<'_>) -> Option<Class> {
        None
    }

    /// The call has this identifier.
    #[doc(hidden)]
    fn identify(&mut self, _id: CallId) {}
}

impl<T> Ask<T> for Unset {
    #[inline]
    fn ask(&self, _: &T) -> Option<bool> {
        None
    }
}

/// A function that calls a predicate.
pub(super) type PredicateCall<F, T> = fn(&F, &T) -> bool;

/// Pairs a predicate with the function that calls it.
pub(super) fn predicate<T, F: Fn(&T) -> bool>(function: F) -> Given<F, PredicateCall<F, T>> {
    Given(function, |function, about| function(about))
}

impl<T, F> Ask<T> for Given<F, PredicateCall<F, T>> {
    #[inline]
    fn ask(&self, about: &T) -> Option<bool> {
        Some((self.1)(&self.0, about))
    }
}

/// The hook that runs before each sleep: `on_retry`.
pub trait Hook<R: Outcome> {
    /// Whether a hook is set. Running it takes time.
    #[doc(hidden)]
    const SET: bool;

    /// Runs the hook.
    fn before_sleep(&self, retry: &Retry<'_, R>);
}

impl<R: Outcome> Hook<R> for Unset {
    const SET: bool = false;

    #[inline]
    fn before_sleep(&self, _: &Retry<'_, R>) {}
}

/// A function that calls a hook.
pub(super) type HookCall<F, R> = fn(&F, &Retry<'_, R>);

/// Pairs a hook with the function that calls it.
pub(super) fn hook<R: Outcome, F: Fn(&Retry<'_, R>)>(function: F) -> Given<F, HookCall<F, R>> {
    Given(function, |function, retry| function(retry))
}

impl<R: Outcome, F> Hook<R> for Given<F, HookCall<F, R>> {
    const SET: bool = true;

    #[inline]
    fn before_sleep(&self, retry: &Retry<'_, R>) {
        (self.1)(&self.0, retry);
    }
}

/// Judges outcomes for a turn.
pub trait Judge<R: Outcome>: Hook<R> {
    /// Whether failures are not classified: only `when` distinguishes them.
    #[doc(hidden)]
    const UNJUDGED: bool;

    /// Whether the outcome is a success.
    #[doc(hidden)]
    fn accepts(&self, out: &R) -> bool;

    /// The verdict on an outcome of this call that is not accepted.
    #[doc(hidden)]
    fn verdict(&self, out: &R, call: &Call<'_>) -> Judged;

    /// The call has this identifier.
    #[doc(hidden)]
    fn identify(&mut self, _id: CallId) {}

    /// The description of an outcome that is not accepted.
    #[doc(hidden)]
    fn describe(&self, out: &R) -> Cow<'static, str>;

    /// Makes the outcome of a cancelled call; `None` if the error cannot be made from an interruption.
    #[doc(hidden)]
    fn stand_in(&self) -> Option<fn(Interruption) -> R>;

    /// The request that the attempt sends or has sent.
    #[doc(hidden)]
    #[inline]
    fn request(&self) -> Request {
        Request::UNKNOWN
    }

    /// Makes injected outcomes; `None` if the error is not `Inject`.
    #[doc(hidden)]
    fn injection(&self) -> Option<Injection<R>>;
}

/// A verdict, opaque outside the crate.
#[derive(Debug)]
pub struct Judged(pub(crate) Verdict);

impl<R: Outcome, C, W, V, H: Hook<R>, L> Hook<R> for Rules<C, W, V, H, L> {
    const SET: bool = H::SET;

    #[inline]
    fn before_sleep(&self, retry: &Retry<'_, R>) {
        self.on_retry.before_sleep(retry);
    }
}

impl<R, C, W, V, H, S, P, M> Judge<R> for Rules<C, W, V, H, LookedUp<S, P, M>>
where
    R: Outcome,
    C: ClassOf<R::Error>,
    W: Ask<R::Error>,
    V: Ask<R::Value>,
    H: Hook<R>,
    S: Describe<R::Error>,
    P: FromInterruption<R>,
    M: Injectable<R>,
{
    const UNJUDGED: bool = C::UNJUDGED;

    #[inline(always)]
    fn accepts(&self, out: &R) -> bool {
        match out.as_result() {
            Ok(value) => self.retry_if.ask(value) != Some(true),
            Err(_) => false,
        }
    }

    #[inline]
    fn verdict(&self, out: &R, call: &Call<'_>) -> Judged {
        Judged(match out.as_result() {
            Ok(value) => Verdict {
                class: self.retry_if.class(value, call).unwrap_or(Class::new(Kind::Transient)),
                agreed: true,
                cut: None,
                carried: None,
                rejected: true,
            },
            Err(error) => {
                let asked = self.when.ask(error);
                let agreed = asked != Some(false);
                let carried = C::carried(error).map(|carried| Cause::of(&carried));
                let class = match carried {
                    None => self.when.class(error, call),
                    Some(_) => None,
                };
                let class = class.unwrap_or_else(|| match carried {
                    // `on = any` retries every failure but interruptions.
                    Some(cause) if C::UNJUDGED && asked.is_none() => cause.class(),
                    _ => C::class(error, agreed),
                });
                Verdict { class, agreed, cut: None, carried, rejected: false }
            }
        })
    }

    fn identify(&mut self, id: CallId) {
        self.when.identify(id);
    }

    #[cold]
    fn describe(&self, out: &R) -> Cow<'static, str> {
        match out.as_result() {
            Ok(_) => Cow::Borrowed("the value was not accepted by `retry_if`"),
            Err(error) => {
                let own = C::describe(error);
                if own.is_empty() { S::describe(error) } else { own }
            }
        }
    }

    #[cold]
    fn stand_in(&self) -> Option<fn(Interruption) -> R> {
        P::constructor()
    }

    #[cold]
    fn injection(&self) -> Option<Injection<R>> {
        M::injection()
    }
}
