//! Which traits an outcome's error type implements, found by autoref specialization.
//!
//! Stable Rust has no specialization, so method lookup chooses: `lookup.retry_describe()` is searched for in
//! [`Lookup`], then in the types that it dereferences to, and the compiler takes the first method whose bounds
//! hold. In a generic function, bounds on the caller's type parameters do not hold, so a later method is taken;
//! that is never an error. The result is a marker type. Functions of one return type therefore share the code
//! that depends on it, and it takes no space in a future.

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;

use super::carried::{
    CarriedByBox, CarriedByChain, CarriedByChained, CarriedByClassify, Carries, NotCarried,
};
use super::chain::{self, Chained};
use super::class::{Class, Classify, Kind};
use super::describe::written;
use super::inject::{Inject, Injection};
use super::interruption::Interruption;
use super::outcome::{Interruptible, Outcome};
use crate::base::scan::has_any;

/// The start of a lookup for the outcome type `R`. Its own method refuses an outcome that has no meaning.
#[derive(Debug)]
pub struct Lookup<R>(PhantomData<fn() -> R>);

/// The first choices.
#[derive(Debug)]
pub struct FirstChoice<R>(PhantomData<fn() -> R>);

/// The second choices.
#[derive(Debug)]
pub struct SecondChoice<R>(PhantomData<fn() -> R>);

/// The third choices.
#[derive(Debug)]
pub struct ThirdChoice<R>(PhantomData<fn() -> R>);

/// The last choices, which have no bounds.
#[derive(Debug)]
pub struct LastChoice<R>(PhantomData<fn() -> R>);

impl<R> Deref for Lookup<R> {
    type Target = FirstChoice<R>;

    fn deref(&self) -> &FirstChoice<R> {
        &FirstChoice(PhantomData)
    }
}

impl<R> Deref for FirstChoice<R> {
    type Target = SecondChoice<R>;

    fn deref(&self) -> &SecondChoice<R> {
        &SecondChoice(PhantomData)
    }
}

impl<R> Deref for SecondChoice<R> {
    type Target = ThirdChoice<R>;

    fn deref(&self) -> &ThirdChoice<R> {
        &ThirdChoice(PhantomData)
    }
}

impl<R> Deref for ThirdChoice<R> {
    type Target = LastChoice<R>;

    fn deref(&self) -> &LastChoice<R> {
        &LastChoice(PhantomData)
    }
}

/// Implements the methods of the lookup, a row for each: `{bounds} Choice: method -> Marker`.
macro_rules! choices {
    ($($(#[$doc:meta])* {$($bounds:tt)*} $choice:ident: $method:ident -> $marker:ident;)*) => { $(
        impl<$($bounds)*> $choice<R> {
            $(#[$doc])*
            pub fn $method(&self) -> $marker {
                $marker
            }
        }
    )* };
}

choices! {
    /// The error is boxed.
    {R: Outcome<Error: Chained>} FirstChoice: retry_describe -> ByChain;
    /// The error implements `Display`.
    {R: Outcome<Error: Display>} SecondChoice: retry_describe -> ByDisplay;
    /// The error implements `Debug`.
    {R: Outcome<Error: Debug>} ThirdChoice: retry_describe -> ByDebug;
    /// The error implements neither `Display` nor `Debug`.
    {R} LastChoice: retry_describe -> ByTypeName;

    /// The error implements [`Classify`].
    {R: Outcome<Error: Classify>} FirstChoice: retry_class -> ByClassify;
    /// The error does not implement [`Classify`].
    {R} LastChoice: retry_class -> NotClassified;

    /// The error is boxed, perhaps with a lifetime, for which it does not implement [`Classify`].
    {R: Outcome<Error: Chained>} Lookup: retry_carried -> CarriedByChained;
    /// The error implements [`Classify`], and tells the interruption that it carries.
    {R: Outcome<Error: Classify>} FirstChoice: retry_carried -> CarriedByClassify;
    /// The error implements `Error`: the interruption is in its source chain.
    {R: Outcome<Error: Error>} SecondChoice: retry_carried -> CarriedByChain;
    /// The error holds a boxed error, as `anyhow::Error` does.
    {R: Outcome<Error: AsRef<dyn Error + 'static>>} ThirdChoice: retry_carried -> CarriedByBox;
    /// The error carries no interruption that can be found.
    {R} LastChoice: retry_carried -> NotCarried;

    /// The error implements `From<Interruption>`.
    {R: Interruptible} FirstChoice: retry_interruption -> HasFromInterruption;
    /// The error does not implement `From<Interruption>`.
    {R} LastChoice: retry_interruption -> NoFromInterruption;

    /// The error implements [`Inject`].
    {R: Outcome<Error: Inject>} FirstChoice: retry_injection -> HasInject;
    /// The error does not implement [`Inject`].
    {R} LastChoice: retry_injection -> NoInject;
}

/// How to describe an error as text.
pub trait Describe<E: ?Sized> {
    /// The description of this error.
    fn describe(error: &E) -> Cow<'static, str>;
}

/// Describes an error, for `derive(Classify)`. The closure is never called; its return type says how.
// The lookup is for a reference: an error that derives `Classify` may be unsized, the error of an outcome not.
pub fn describe_with<E: ?Sized, D: Describe<E>>(
    error: &E,
    _: impl FnOnce(Lookup<Result<(), &E>>) -> D,
) -> Cow<'static, str> {
    D::describe(error)
}

/// The interruption that a field of an error carries, for `derive(Classify)`. The closure is never called; its return type
/// says how to find the interruption.
// The lookup is for a reference, as for a description: the field may be unsized.
pub fn carried_with<'e, E: ?Sized, C: Carries<&'e E>>(
    field: &'e E,
    _: impl FnOnce(Lookup<Result<(), &'e E>>) -> C,
) -> Option<Interruption> {
    C::carried(&field)
}

/// The description is the text of the error and of its sources.
#[derive(Clone, Copy, Debug)]
pub struct ByChain;

/// The description is the whole text of `Display`, in the form `{:#}` if that has one line: a transparent error around
/// an `anyhow::Error` then has the text of the whole chain.
#[derive(Clone, Copy, Debug)]
pub struct ByDisplay;

/// The description is the text of `Debug`, on one line.
#[derive(Clone, Copy, Debug)]
pub struct ByDebug;

/// The description is the type's name with its path.
#[derive(Clone, Copy, Debug)]
pub struct ByTypeName;

impl<E: Chained> Describe<E> for ByChain {
    fn describe(error: &E) -> Cow<'static, str> {
        error.whole_text()
    }
}

impl<E: Display + ?Sized> Describe<E> for ByDisplay {
    fn describe(error: &E) -> Cow<'static, str> {
        let text = written("Display", format_args!("{error:#}"));
        if !has_any(&text, [b'\n']) {
            return Cow::Owned(text);
        }
        Cow::Owned(written("Display", format_args!("{error}")))
    }
}

impl<E: Debug + ?Sized> Describe<E> for ByDebug {
    fn describe(error: &E) -> Cow<'static, str> {
        Cow::Owned(written("Debug", format_args!("{error:?}")))
    }
}

impl<E: ?Sized> Describe<E> for ByTypeName {
    fn describe(_: &E) -> Cow<'static, str> {
        Cow::Borrowed(type_name::<E>())
    }
}

/// How to classify an error.
pub trait ClassOf<E> {
    /// Whether the class depends on the answer of `when` alone.
    const UNJUDGED: bool = false;

    /// The class of this error; `agreed` is the answer of `when`.
    fn class(error: &E, agreed: bool) -> Class;

    /// The interruption of a call inside that the error carries.
    fn carried(error: &E) -> Option<Interruption>;

    /// The error's description of itself; empty when it has none.
    fn describe(_: &E) -> Cow<'static, str> {
        Cow::Borrowed("")
    }
}

/// The error's [`Classify`] implementation gives the class.
#[derive(Clone, Copy, Debug)]
pub struct ByClassify;

/// The error has no class. This type implements [`ClassOf`] all the same, so that rustc reports one error, at the
/// bound that requires [`Classify`], and not one more at each later step.
#[derive(Clone, Copy, Debug)]
pub struct NotClassified;

/// Every error is `Transient` (`on = any`), or `Permanent` when `when` returns `false` for it. The marker tells how to
/// find an interruption in it.
#[derive(Clone, Copy, Debug)]
pub struct Unjudged<I>(PhantomData<I>);

impl<E: Classify> ClassOf<E> for ByClassify {
    #[inline]
    fn class(error: &E, _: bool) -> Class {
        // Forgets what an error that was classified outside of a call has left.
        chain::take_unknown();
        error.classify()
    }

    fn carried(error: &E) -> Option<Interruption> {
        error.interruption()
    }

    fn describe(error: &E) -> Cow<'static, str> {
        error.describe()
    }
}

impl<E> ClassOf<E> for NotClassified {
    fn class(_: &E, _: bool) -> Class {
        Class::new(Kind::Permanent)
    }

    fn carried(_: &E) -> Option<Interruption> {
        None
    }
}

impl<E, I: Carries<E>> ClassOf<E> for Unjudged<I> {
    const UNJUDGED: bool = true;

    #[inline]
    fn class(_: &E, agreed: bool) -> Class {
        Class::new(if agreed { Kind::Transient } else { Kind::Permanent })
    }

    fn carried(error: &E) -> Option<Interruption> {
        I::carried(error)
    }
}

/// Whether an [`Interruption`] can be turned into an outcome: a call that is cancelled through the list of live
/// calls returns `Interruption::Cancelled` if its error type allows that.
pub trait FromInterruption<R> {
    /// The function that turns an interruption into an outcome; `None` when the error type has none.
    fn constructor() -> Option<fn(Interruption) -> R>;
}

/// The error implements `From<Interruption>`.
#[derive(Clone, Copy, Debug)]
pub struct HasFromInterruption;

/// The error does not implement `From<Interruption>`.
#[derive(Clone, Copy, Debug)]
pub struct NoFromInterruption;

impl<R: Interruptible> FromInterruption<R> for HasFromInterruption {
    fn constructor() -> Option<fn(Interruption) -> R> {
        Some(R::interrupted)
    }
}

impl<R> FromInterruption<R> for NoFromInterruption {
    fn constructor() -> Option<fn(Interruption) -> R> {
        None
    }
}

/// Whether a test can inject errors in place of the function's own.
pub trait Injectable<R> {
    /// How to inject an error; `None` when the error type does not allow that.
    fn injection() -> Option<Injection<R>>;
}

/// The error implements [`Inject`].
#[derive(Clone, Copy, Debug)]
pub struct HasInject;

/// The error does not implement [`Inject`].
#[derive(Clone, Copy, Debug)]
pub struct NoInject;

impl<R: Outcome<Error: Inject>> Injectable<R> for HasInject {
    fn injection() -> Option<Injection<R>> {
        Some(Injection::of_error())
    }
}

impl<R> Injectable<R> for NoInject {
    fn injection() -> Option<Injection<R>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    impl<R> Lookup<R> {
        const fn new() -> Self {
            Lookup(PhantomData)
        }
    }

    #[derive(Debug)]
    struct Both;

    impl Display for Both {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("in words\nand more")
        }
    }

    #[derive(Debug)]
    struct OnlyDebug(#[expect(dead_code, reason = "read by Debug")] u8);

    struct Neither;

    fn constructor<R, I: FromInterruption<R>>(
        _: &Lookup<R>,
        _: I,
    ) -> Option<fn(Interruption) -> R> {
        I::constructor()
    }

    fn generic<E>() -> bool {
        let lookup = Lookup::<Result<u8, E>>::new();
        constructor(&lookup, lookup.retry_interruption()).is_some()
    }

    #[test]
    fn display_goes_before_debug_and_keeps_all_its_lines() {
        assert_eq!(describe_with(&Both, |lookup| lookup.retry_describe()), "in words\nand more");
    }

    #[test]
    fn debug_goes_before_the_type_name() {
        assert_eq!(describe_with(&OnlyDebug(1), |lookup| lookup.retry_describe()), "OnlyDebug(1)");
    }

    #[test]
    fn an_error_with_neither_is_described_by_its_type_name() {
        assert_eq!(
            describe_with(&Neither, |lookup| lookup.retry_describe()),
            type_name::<Neither>()
        );
    }

    #[test]
    fn unsized_failures_are_described_too() {
        assert_eq!(describe_with("text", |lookup| lookup.retry_describe()), "text");
    }

    #[test]
    fn an_error_that_is_from_interruption_is_made_from_one() {
        let lookup = Lookup::<io::Result<u8>>::new();
        let outcome = constructor(&lookup, lookup.retry_interruption())
            .expect("io::Error is From<Interruption>");
        let error = outcome(Interruption::Cancelled).expect_err("an interruption is a failure");
        assert_eq!(error.to_string(), "the call was cancelled");
    }

    #[test]
    fn an_error_that_is_not_and_one_of_a_generic_type_are_never_made_from_one() {
        let lookup = Lookup::<Result<u8, u8>>::new();
        assert!(constructor(&lookup, lookup.retry_interruption()).is_none());
        assert!(!generic::<io::Error>());
    }
}
