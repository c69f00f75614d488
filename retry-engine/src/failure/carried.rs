//! How to find the interruption of a call inside in an error: the marker types of the lookup.

use std::error::Error;

use super::chain::{Chained, interruption_in, interruption_of};
use super::class::Classify;
use super::interruption::Interruption;

/// How to find the interruption of a call inside in an error.
pub trait Carries<E> {
    /// The interruption that the error carries.
    fn carried(error: &E) -> Option<Interruption>;
}

/// The boxed error tells.
#[derive(Clone, Copy, Debug)]
pub struct CarriedByChained;

/// [`Classify::interruption`] tells.
#[derive(Clone, Copy, Debug)]
pub struct CarriedByClassify;

/// The interruption is in the source chain.
#[derive(Clone, Copy, Debug)]
pub struct CarriedByChain;

/// The interruption is in the source chain of the error inside.
#[derive(Clone, Copy, Debug)]
pub struct CarriedByBox;

/// There is no way to find an interruption.
#[derive(Clone, Copy, Debug)]
pub struct NotCarried;

impl<E: Classify> Carries<E> for CarriedByClassify {
    fn carried(error: &E) -> Option<Interruption> {
        error.interruption()
    }
}

impl<E: Chained> Carries<E> for CarriedByChained {
    fn carried(error: &E) -> Option<Interruption> {
        error.interruption()
    }
}

// Of any lifetime, as the lookup does not see lifetimes.
impl<E: Error> Carries<E> for CarriedByChain {
    fn carried(error: &E) -> Option<Interruption> {
        interruption_of(error)
    }
}

impl<E: AsRef<dyn Error + 'static>> Carries<E> for CarriedByBox {
    fn carried(error: &E) -> Option<Interruption> {
        interruption_in(error.as_ref())
    }
}

impl<E> Carries<E> for NotCarried {
    fn carried(_: &E) -> Option<Interruption> {
        None
    }
}
