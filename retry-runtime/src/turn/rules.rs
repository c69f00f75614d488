//! How an outcome is judged: the arguments `on`, `when`, `retry_if` and `on_retry` of one call.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::time::Duration;

use crate::call::verdict::Verdict;
use crate::failure::class::{Class, Kind};
use crate::failure::inject::Injection;
use crate::failure::interruption::Interruption;
use crate::failure::lookup::{ClassOf, Describe, FromInterruption, Injectable};
use crate::failure::outcome::Outcome;
use crate::report::record::Delay;

/// The rules of one call; each field is [`Unset`] until an argument sets it.
#[derive(Clone, Copy, Debug)]
pub struct Rules<C, W, V, H, T> {
    pub(super) class: PhantomData<C>,
    pub(super) when: W,
    pub(super) retry_if: V,
    pub(super) on_retry: H,
    pub(super) text: T,
}

/// An argument that was not given; no rules at all so far.
#[derive(Clone, Copy, Debug)]
pub struct Unset;

/// An argument that was given, a closure or a path, and how it is called.
///
/// What its type must be able to do is asked once, by the method of [`Turn`](super::Turn) that takes it,
/// and kept as a function pointer. So a closure of the wrong type is one error, where it is written, and
/// not one more at each step that would have relied on it.
#[derive(Clone, Copy, Debug)]
pub struct Given<F, P>(pub(super) F, pub(super) P);

/// The failure in words, the outcome of a call that is cancelled, and outcomes that are made to order: found
/// out by a [`Lookup`](crate::failure::lookup::Lookup).
#[derive(Clone, Copy, Debug)]
pub struct Words<S, P, M>(pub(super) PhantomData<(S, P, M)>);

/// A predicate over failures (`when`) or values (`retry_if`).
pub trait Ask<T> {
    /// The predicate's answer; `None` when there is no predicate.
    fn ask(&self, about: &T) -> Option<bool>;
}

impl<T> Ask<T> for Unset {
    #[inline]
    fn ask(&self, _: &T) -> Option<bool> {
        None
    }
}

/// How a predicate is called.
pub(super) type Asked<F, T> = fn(&F, &T) -> bool;

/// A predicate, ready to be asked.
pub(super) fn predicate<T, F: Fn(&T) -> bool>(function: F) -> Given<F, Asked<F, T>> {
    Given(function, |function, about| function(about))
}

impl<T, F> Ask<T> for Given<F, Asked<F, T>> {
    #[inline]
    fn ask(&self, about: &T) -> Option<bool> {
        Some((self.1)(&self.0, about))
    }
}

/// The failure in words, and what stands for a cancelled call.
pub trait TextOf<R: Outcome> {
    /// This failure in words.
    fn text(&self, error: &R::Error) -> Cow<'static, str>;

    /// The outcome of a call that is cancelled from outside; `None` when its error cannot say so.
    fn stand_in(&self) -> Option<fn(Interruption) -> R>;

    /// How outcomes are made to order, if they can be.
    fn injection(&self) -> Option<Injection<R>>;
}

impl<R, S, P, M> TextOf<R> for Words<S, P, M>
where
    R: Outcome,
    S: Describe<R::Error>,
    P: FromInterruption<R>,
    M: Injectable<R>,
{
    fn text(&self, error: &R::Error) -> Cow<'static, str> {
        S::describe(error)
    }

    fn stand_in(&self) -> Option<fn(Interruption) -> R> {
        P::constructor()
    }

    fn injection(&self) -> Option<Injection<R>> {
        M::injection()
    }
}

/// Told before each sleep: `on_retry`.
pub trait Hook<R: Outcome> {
    /// Whether there is anything to tell, which takes time.
    #[doc(hidden)]
    const SET: bool;

    /// A retry is going to happen.
    fn before_sleep(&self, retry: &Retry<'_, R>);
}

impl<R: Outcome> Hook<R> for Unset {
    const SET: bool = false;

    #[inline]
    fn before_sleep(&self, _: &Retry<'_, R>) {}
}

/// How a hook is called.
pub(super) type Told<F, R> = fn(&F, &Retry<'_, R>);

/// A hook, ready to be told.
pub(super) fn hook<R: Outcome, F: Fn(&Retry<'_, R>)>(function: F) -> Given<F, Told<F, R>> {
    Given(function, |function, retry| function(retry))
}

impl<R: Outcome, F> Hook<R> for Given<F, Told<F, R>> {
    const SET: bool = true;

    #[inline]
    fn before_sleep(&self, retry: &Retry<'_, R>) {
        (self.1)(&self.0, retry);
    }
}

/// A retry that is going to happen: what `on_retry` is told before the sleep.
///
/// ```
/// use retry_runtime::{Retry, retryable};
///
/// fn tell(retry: &Retry<'_, Result<u32, String>>) {
///     let error = retry.error().expect("a failure");
///     println!("attempt {} failed ({error}), again in {:?}", retry.attempt(), retry.delay());
/// }
///
/// #[retryable(max = 1, base = "0s", on = any, on_retry = tell)]
/// fn fetch() -> Result<u32, String> { Err("no answer".into()) }
/// # assert!(fetch().is_err());
/// ```
#[derive(Debug)]
pub struct Retry<'a, R: Outcome> {
    pub(super) outcome: &'a R,
    pub(super) attempt: u32,
    pub(super) limit: Option<u32>,
    pub(super) kind: Kind,
    pub(super) delay: Delay,
}

impl<'a, R: Outcome> Retry<'a, R> {
    /// The number of the attempt that failed, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How many attempts there may be; `None` when only the deadline limits them.
    pub fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// The sleep that follows.
    pub fn delay(&self) -> Duration {
        self.delay.length
    }

    /// Where the delay came from, and its length.
    pub fn delay_source(&self) -> crate::report::record::DelaySource {
        self.delay.source
    }

    /// What the failure means.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The failure; `None` when `retry_if` rejected a value.
    pub fn error(&self) -> Option<&'a R::Error> {
        self.outcome.as_result().err()
    }

    /// The value that `retry_if` rejected; `None` when the attempt failed.
    pub fn value(&self) -> Option<&'a R::Value> {
        self.outcome.as_result().ok()
    }
}

/// All that a turn wants to know of an outcome.
pub trait Judge<R: Outcome>: Hook<R> {
    /// Whether nothing is known of failures but what `when` says.
    #[doc(hidden)]
    const UNJUDGED: bool;

    /// Whether it is a success.
    #[doc(hidden)]
    fn accepts(&self, out: &R) -> bool;

    /// What was found out about an outcome that is not accepted.
    #[doc(hidden)]
    fn verdict(&self, out: &R) -> Judged;

    /// The failure in words.
    #[doc(hidden)]
    fn words(&self, out: &R) -> Cow<'static, str>;

    /// The outcome of a call that is cancelled from outside; `None` when its error cannot say so.
    #[doc(hidden)]
    fn stand_in(&self) -> Option<fn(Interruption) -> R>;

    /// How outcomes are made to order, if they can be.
    #[doc(hidden)]
    fn injection(&self) -> Option<Injection<R>>;
}

/// A verdict, opaque outside of the crate.
#[derive(Debug)]
pub struct Judged(pub(super) Verdict);

impl<R, C, W, V, H, T> Hook<R> for Rules<C, W, V, H, T>
where
    R: Outcome,
    H: Hook<R>,
{
    const SET: bool = H::SET;

    #[inline]
    fn before_sleep(&self, retry: &Retry<'_, R>) {
        self.on_retry.before_sleep(retry);
    }
}

impl<R, C, W, V, H, T> Judge<R> for Rules<C, W, V, H, T>
where
    R: Outcome,
    C: ClassOf<R::Error>,
    W: Ask<R::Error>,
    V: Ask<R::Value>,
    H: Hook<R>,
    T: TextOf<R>,
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
    fn verdict(&self, out: &R) -> Judged {
        Judged(match out.as_result() {
            Ok(_) => Verdict {
                class: Class::new(Kind::Transient),
                agreed: true,
                cut: None,
                rejected: true,
            },
            Err(error) => {
                let agreed = self.when.ask(error) != Some(false);
                let class = C::class(error, agreed);
                Verdict { class, agreed, cut: None, rejected: false }
            }
        })
    }

    #[cold]
    fn words(&self, out: &R) -> Cow<'static, str> {
        match out.as_result() {
            Ok(_) => Cow::Borrowed("the value was not accepted by `retry_if`"),
            Err(error) => {
                let own = C::describe(error);
                if own.is_empty() { self.text.text(error) } else { own }
            }
        }
    }

    #[cold]
    fn stand_in(&self) -> Option<fn(Interruption) -> R> {
        self.text.stand_in()
    }

    #[cold]
    fn injection(&self) -> Option<Injection<R>> {
        self.text.injection()
    }
}
