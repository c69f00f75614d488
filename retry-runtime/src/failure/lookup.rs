//! What is known of an outcome's type, asked without asking for it: how its failure is put into words, whether
//! it has a place for an interruption, whether it can be made to order.
//!
//! Stable Rust has no specialisation, so the choice is made by method lookup: `place.retry_words()` is looked
//! for in [`Place`], then in what that dereferences to, and the first method whose bound holds answers. In a
//! generic function a bound that depends on the caller's type does not hold, so the next one answers instead;
//! it is never an error. The answer is a type without values: what follows from it is the same code for all
//! functions of one type, and takes no room in a future.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::{Arguments, Debug, Display, Write};
use std::marker::PhantomData;
use std::ops::Deref;

use super::class::{Class, Classify, Kind};
use super::inject::{Inject, Injection};
use super::interruption::Interruption;
use super::outcome::Interruptible;
use super::outcome::Outcome;

/// An outcome of this type, about which there is something to find out.
#[derive(Debug)]
pub struct Place<R>(PhantomData<fn() -> R>);

/// The second choices.
#[derive(Debug)]
pub struct SecondChoice<R>(PhantomData<fn() -> R>);

/// The last choices, which every type has.
#[derive(Debug)]
pub struct LastChoice<R>(PhantomData<fn() -> R>);

impl<R> Deref for Place<R> {
    type Target = SecondChoice<R>;

    fn deref(&self) -> &SecondChoice<R> {
        &SecondChoice(PhantomData)
    }
}

impl<R> Deref for SecondChoice<R> {
    type Target = LastChoice<R>;

    fn deref(&self) -> &LastChoice<R> {
        &LastChoice(PhantomData)
    }
}

impl<R: Outcome<Error: Display>> Place<R> {
    /// The failure's own words.
    pub fn retry_words(&self) -> ByDisplay {
        ByDisplay
    }
}

impl<R: Outcome<Error: Debug>> SecondChoice<R> {
    /// What a developer would print.
    pub fn retry_words(&self) -> ByDebug {
        ByDebug
    }
}

impl<R> LastChoice<R> {
    /// At least what the failure is.
    pub fn retry_words(&self) -> ByName {
        ByName
    }

    /// It is not classified, which whoever asks for a class takes for a mistake.
    pub fn retry_class(&self) -> NoClass {
        NoClass
    }

    /// There is no place.
    pub fn retry_place(&self) -> NoPlace {
        NoPlace
    }

    /// It cannot be made to order, or nobody orders.
    pub fn retry_inject(&self) -> NoOrder {
        NoOrder
    }
}

impl<R: Outcome<Error: Classify>> Place<R> {
    /// The failure says what it means.
    pub fn retry_class(&self) -> ByClass {
        ByClass
    }
}

impl<R: Interruptible> Place<R> {
    /// The error is `From<Interruption>`.
    pub fn retry_place(&self) -> ByInterruption {
        ByInterruption
    }
}

impl<R: Outcome<Error: Inject>> Place<R> {
    /// The error can be made to order.
    pub fn retry_inject(&self) -> ToOrder {
        ToOrder
    }
}

/// How a failure is put into words.
pub trait Say<E: ?Sized> {
    /// This failure in words.
    fn say(error: &E) -> Cow<'static, str>;
}

/// This failure in words, for `derive(Classify)`. How, its place has found out: the closure is asked for its
/// type alone, and never called.
// Of a reference: an error that derives `Classify` may be unsized, one of an outcome may not.
pub fn in_words<E: ?Sized, S: Say<E>>(
    error: &E,
    _: impl FnOnce(Place<Result<(), &E>>) -> S,
) -> Cow<'static, str> {
    S::say(error)
}

/// The text of `Display`, whole.
#[derive(Clone, Copy, Debug)]
pub struct ByDisplay;

/// The text of `Debug`, on one line.
#[derive(Clone, Copy, Debug)]
pub struct ByDebug;

/// The type's name with its path.
#[derive(Clone, Copy, Debug)]
pub struct ByName;

/// The text as far as its `Display` or `Debug` wrote it before an error of its own.
fn written(text: Arguments<'_>) -> String {
    let mut written = String::new();
    // Writing to a `String` does not fail.
    let _ = written.write_fmt(text);
    written
}

impl<E: Display + ?Sized> Say<E> for ByDisplay {
    fn say(error: &E) -> Cow<'static, str> {
        Cow::Owned(written(format_args!("{error}")))
    }
}

impl<E: Debug + ?Sized> Say<E> for ByDebug {
    fn say(error: &E) -> Cow<'static, str> {
        Cow::Owned(written(format_args!("{error:?}")))
    }
}

impl<E: ?Sized> Say<E> for ByName {
    fn say(_: &E) -> Cow<'static, str> {
        Cow::Borrowed(type_name::<E>())
    }
}

/// What a failure means.
pub trait ClassOf<E> {
    /// Whether nothing is known of the failure but what `when` says.
    const UNJUDGED: bool = false;

    /// The class of this failure, about which `when` has said this.
    fn class(error: &E, agreed: bool) -> Class;

    /// What the failure says of itself; empty when it says nothing.
    fn describe(_: &E) -> Cow<'static, str> {
        Cow::Borrowed("")
    }
}

/// What its [`Classify`] says.
#[derive(Clone, Copy, Debug)]
pub struct ByClass;

/// Nothing says it. It stands for a class where there is none, so that this is one error, at the bound that
/// asks for [`Classify`], and not one more at each step that follows.
#[derive(Clone, Copy, Debug)]
pub struct NoClass;

/// Every failure is `Transient` (`on = any`), but for those that `when` does not want retried.
#[derive(Clone, Copy, Debug)]
pub struct Unjudged;

impl<E: Classify> ClassOf<E> for ByClass {
    #[inline]
    fn class(error: &E, _: bool) -> Class {
        error.classify()
    }

    fn describe(error: &E) -> Cow<'static, str> {
        error.describe()
    }
}

impl<E> ClassOf<E> for NoClass {
    fn class(_: &E, _: bool) -> Class {
        Class::new(Kind::Permanent)
    }
}

impl<E> ClassOf<E> for Unjudged {
    const UNJUDGED: bool = true;

    #[inline]
    fn class(_: &E, agreed: bool) -> Class {
        Class::new(if agreed { Kind::Transient } else { Kind::Permanent })
    }
}

/// What stands for an interruption: a call that somebody cancels in the list of live calls returns
/// `Interruption::Cancelled` where its error can say so.
pub trait StandIn<R> {
    /// What makes an outcome of an interruption, if there is a place for it.
    fn stand_in() -> Option<fn(Interruption) -> R>;
}

/// An outcome is made of the interruption.
#[derive(Clone, Copy, Debug)]
pub struct ByInterruption;

/// There is no place for it.
#[derive(Clone, Copy, Debug)]
pub struct NoPlace;

impl<R: Interruptible> StandIn<R> for ByInterruption {
    fn stand_in() -> Option<fn(Interruption) -> R> {
        Some(R::interrupted)
    }
}

impl<R> StandIn<R> for NoPlace {
    fn stand_in() -> Option<fn(Interruption) -> R> {
        None
    }
}

/// Whether outcomes can be made to order, for tests.
pub trait Making<R> {
    /// How, if they can.
    fn injection() -> Option<Injection<R>>;
}

/// They are made of errors that come from outside.
#[derive(Clone, Copy, Debug)]
pub struct ToOrder;

/// They cannot.
#[derive(Clone, Copy, Debug)]
pub struct NoOrder;

impl<R: Outcome<Error: Inject>> Making<R> for ToOrder {
    fn injection() -> Option<Injection<R>> {
        Some(Injection::of_error())
    }
}

impl<R> Making<R> for NoOrder {
    fn injection() -> Option<Injection<R>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt, io};

    use super::*;

    impl<R> Place<R> {
        const fn new() -> Self {
            Place(PhantomData)
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

    fn stands_in<R, S: StandIn<R>>(_: &Place<R>, _: S) -> Option<fn(Interruption) -> R> {
        S::stand_in()
    }

    fn unknown<E>() -> bool {
        let place = Place::<Result<u8, E>>::new();
        stands_in(&place, place.retry_place()).is_some()
    }

    #[test]
    fn display_goes_before_debug_and_keeps_all_its_lines() {
        assert_eq!(in_words(&Both, |place| place.retry_words()), "in words\nand more");
    }

    #[test]
    fn debug_goes_before_the_name() {
        assert_eq!(in_words(&OnlyDebug(1), |place| place.retry_words()), "OnlyDebug(1)");
    }

    #[test]
    fn the_name_is_left_when_there_are_no_words() {
        assert_eq!(in_words(&Neither, |place| place.retry_words()), type_name::<Neither>());
    }

    #[test]
    fn unsized_failures_have_words_too() {
        assert_eq!(in_words("text", |place| place.retry_words()), "text");
    }

    #[test]
    fn an_error_that_can_be_made_from_an_interruption_has_a_place_for_it() {
        let place = Place::<io::Result<u8>>::new();
        let outcome = stands_in(&place, place.retry_place()).expect("io::Error has one");
        let error = outcome(Interruption::Cancelled).expect_err("an interruption is a failure");
        assert_eq!(error.to_string(), "the call was cancelled");
    }

    #[test]
    fn an_error_that_cannot_and_one_that_nothing_is_known_of_have_none() {
        let place = Place::<Result<u8, u8>>::new();
        assert!(stands_in(&place, place.retry_place()).is_none());
        assert!(!unknown::<io::Error>());
    }
}
