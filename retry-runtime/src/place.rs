//! Whether an error has a place for an interruption, asked without asking for it: a call that somebody
//! cancels in the list of live calls returns `Interruption::Cancelled` where its error can say so.
//!
//! In the same manner it is asked whether the error can be [made to order](Inject), for tests.
//! The choice is made by method lookup, as in `text`.

use std::marker::PhantomData;

use crate::Interruption;
use crate::interruption::Interruptible;
#[cfg(feature = "testing")]
use crate::{Inject, Outcome, inject::Injection};

/// What can be put in the place of an attempt's own outcome.
#[derive(Debug)]
pub struct Places<R> {
    /// What makes an outcome of an interruption, if there is a place for it.
    pub(crate) stand_in: Option<fn(Interruption) -> R>,
    #[cfg(feature = "testing")]
    pub(crate) injection: Option<Injection<R>>,
}

impl<R> Places<R> {
    /// A place for interruptions, or none.
    pub const fn new(stand_in: Option<fn(Interruption) -> R>) -> Self {
        Places {
            stand_in,
            #[cfg(feature = "testing")]
            injection: None,
        }
    }

    /// Errors of the function's type can be made to order, or not.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn injecting(mut self, injection: Option<Injection<R>>) -> Self {
        self.injection = injection;
        self
    }
}

/// An outcome of this type, in which there may be a place.
#[derive(Debug)]
pub struct Place<R>(PhantomData<fn() -> R>);

impl<R> Place<R> {
    pub(crate) const fn new() -> Self {
        Place(PhantomData)
    }
}

/// First choice: the error is `From<Interruption>`.
pub trait ViaInterruption<R> {
    /// What makes an outcome of an interruption.
    fn retry_place(&self) -> Option<fn(Interruption) -> R>;
}

impl<R: Interruptible> ViaInterruption<R> for &Place<R> {
    fn retry_place(&self) -> Option<fn(Interruption) -> R> {
        Some(R::interrupted)
    }
}

/// Second choice: there is no place.
pub trait ViaNothing<R> {
    /// Nothing.
    fn retry_place(&self) -> Option<fn(Interruption) -> R>;
}

impl<R> ViaNothing<R> for Place<R> {
    fn retry_place(&self) -> Option<fn(Interruption) -> R> {
        None
    }
}

/// First choice: the error can be made to order.
#[cfg(feature = "testing")]
pub trait ViaInject<R> {
    /// What makes an outcome of such an error.
    fn retry_inject(&self) -> Option<Injection<R>>;
}

#[cfg(feature = "testing")]
impl<R: Outcome<Error: Inject>> ViaInject<R> for &Place<R> {
    fn retry_inject(&self) -> Option<Injection<R>> {
        Some(Injection::of_error())
    }
}

/// Second choice: it cannot.
#[cfg(feature = "testing")]
pub trait ViaNoInject<R> {
    /// Nothing.
    fn retry_inject(&self) -> Option<Injection<R>>;
}

#[cfg(feature = "testing")]
impl<R> ViaNoInject<R> for Place<R> {
    fn retry_inject(&self) -> Option<Injection<R>> {
        None
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::needless_borrow, reason = "how many are needed is what lookup finds out")]

    use std::io;

    use super::*;

    fn unknown<E>() -> bool {
        (&&Place::<Result<u8, E>>::new()).retry_place().is_some()
    }

    #[test]
    fn an_error_that_can_be_made_from_an_interruption_has_a_place_for_it() {
        let place = (&&Place::<io::Result<u8>>::new()).retry_place().expect("io::Error has one");
        let error = place(Interruption::Cancelled).expect_err("an interruption is a failure");
        assert_eq!(error.to_string(), "the call was cancelled");
    }

    #[test]
    fn an_error_that_cannot_and_one_that_nothing_is_known_of_have_none() {
        assert!((&&Place::<Result<u8, u8>>::new()).retry_place().is_none());
        assert!(!unknown::<io::Error>());
    }
}
