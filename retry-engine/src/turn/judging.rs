//! Verdicts of a program's own closures: on failures (`judge`), and on values that are no success (`retry_if`).

use super::rules::{Ask, Given};
use crate::call::state::Call;
use crate::failure::class::Class;
use crate::failure::verdict::{Rejection, Verdict};
use crate::report::attempt::{Attempt, CallId};

/// A judge of failures, in the place of `when`.
#[derive(Clone, Copy, Debug)]
pub struct Judging<F, E> {
    judge: F,
    call: fn(&F, &E, &Attempt) -> Class,
    id: CallId,
}

impl<F, E> Judging<F, E> {
    pub(super) fn new<V: Verdict>(judge: F) -> Self
    where
        F: Fn(&E, &Attempt) -> V,
    {
        let call = |judge: &F, error: &E, attempt: &Attempt| judge(error, attempt).class();
        Judging { judge, call, id: CallId::from_u128(0) }
    }
}

impl<F, E> Ask<E> for Judging<F, E> {
    fn ask(&self, _: &E) -> Option<bool> {
        None
    }

    fn class(&self, error: &E, call: &Call<'_>) -> Option<Class> {
        Some((self.call)(&self.judge, error, &call.running(self.id)))
    }

    fn identify(&mut self, id: CallId) {
        self.id = id;
    }
}

/// A function that calls a judge of values.
pub(super) type RejectionCall<F, T> = fn(&F, &T) -> Option<Class>;

/// Pairs a judge of values with the function that calls it.
pub(super) fn rejection<T, V: Rejection, F: Fn(&T) -> V>(
    judge: F,
) -> Given<F, RejectionCall<F, T>> {
    Given(judge, |judge, value| judge(value).class())
}

impl<T, F> Ask<T> for Given<F, RejectionCall<F, T>> {
    #[inline]
    fn ask(&self, value: &T) -> Option<bool> {
        Some((self.1)(&self.0, value).is_some())
    }

    fn class(&self, value: &T, _: &Call<'_>) -> Option<Class> {
        (self.1)(&self.0, value)
    }
}
