//! The outcome of an attempt: an answer and its meaning, judged once.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use super::drain::Keeper;
use crate::failure::class::{Class, Kind};
use crate::failure::interruption::{Cause, Interruption};
use crate::failure::outcome::Outcome;

/// The error of a service whose attempts can be interrupted.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// A boxed error whose type names no lifetime: with one, rustc cannot tell that the future is `Send`
/// (rust-lang/rust#110338).
pub(super) struct Boxed(pub(super) BoxError);

/// The result of one attempt. It is a failure if it has a class, also where the service returned `Ok`.
pub(super) struct Answer<Res, E> {
    /// `None` once it has been taken.
    result: Option<Result<Res, E>>,
    pub(super) class: Option<Class>,
    /// The interruption of a call inside that the error carries.
    pub(super) carried: Option<Cause>,
    pub(super) text: Cow<'static, str>,
    /// Takes in a response that is not returned.
    keeper: Option<Arc<dyn Keeper<Res>>>,
}

impl<Res, E> Answer<Res, E> {
    pub(super) fn new(
        result: Result<Res, E>,
        class: Option<Class>,
        carried: Option<Cause>,
        text: Cow<'static, str>,
        keeper: Arc<dyn Keeper<Res>>,
    ) -> Self {
        Answer { result: Some(result), class, carried, text, keeper: Some(keeper) }
    }

    /// The service's own result.
    pub(super) fn into_result(mut self) -> Result<Res, E> {
        self.result.take().unwrap_or_else(|| unreachable!("an answer is taken once"))
    }

    /// The same answer with another error.
    pub(super) fn map_err<F>(mut self, map: impl FnOnce(E) -> F) -> Answer<Res, F> {
        Answer {
            result: self.result.take().map(|result| result.map_err(map)),
            class: self.class,
            carried: self.carried,
            text: std::mem::take(&mut self.text),
            keeper: self.keeper.take(),
        }
    }
}

impl<Res, E> Drop for Answer<Res, E> {
    fn drop(&mut self) {
        // Another attempt follows, whose connection this response still holds.
        if let (Some(Ok(response)), Some(keeper)) = (self.result.take(), self.keeper.take()) {
            keeper.take_in(response);
        }
    }
}

impl<Res, E> Outcome for Answer<Res, E> {
    type Value = Self;
    type Error = Self;

    fn as_result(&self) -> Result<&Self, &Self> {
        if self.class.is_none() { Ok(self) } else { Err(self) }
    }

    fn into_result(self) -> Result<Self, Self> {
        if self.class.is_none() { Ok(self) } else { Err(self) }
    }

    fn from_result(result: Result<Self, Self>) -> Self {
        match result {
            Ok(answer) | Err(answer) => answer,
        }
    }
}

impl<Res> From<Interruption> for Answer<Res, Boxed> {
    fn from(interruption: Interruption) -> Self {
        Answer {
            text: Cow::Owned(interruption.to_string()),
            class: Some(Class::new(Kind::Ambiguous)),
            carried: None,
            result: Some(Err(Boxed(Box::new(interruption)))),
            keeper: None,
        }
    }
}
