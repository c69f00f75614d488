//! Whether an error has a place for an interruption, asked without asking for it: a call that somebody
//! cancels in the list of live calls returns `Interruption::Cancelled` where its error can say so.
//!
//! The choice is made by method lookup, as in `text`.

use std::marker::PhantomData;

use crate::Interruption;
use crate::interruption::Interruptible;

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
