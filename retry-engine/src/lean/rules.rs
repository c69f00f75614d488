//! The rules by which the outcome of an attempt is judged.

use crate::course::retry::Retry;
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::interruption::Interruption;
use crate::failure::outcome::Outcome;
use crate::failure::verdict::{Rejection, Verdict};
use crate::report::attempt::Attempt;

/// An argument that is not given.
#[derive(Clone, Copy, Debug)]
pub struct Unset;

/// The class of a failure, and the interruption of a call inside that it carries.
pub type Judged = (Class, Option<Interruption>);

/// A judge of failures.
pub trait Judge<E> {
    /// The class of this failure.
    fn judged(&self, error: &E, attempt: &Attempt) -> Judged;
}

/// The error's [`Classify`] gives the class.
#[derive(Clone, Copy, Debug)]
pub struct Classified;

impl<E: Classify> Judge<E> for Classified {
    fn judged(&self, error: &E, _: &Attempt) -> Judged {
        (error.classify(), error.interruption())
    }
}

/// Every failure is retried.
#[derive(Clone, Copy, Debug)]
pub struct Unclassified;

impl<E> Judge<E> for Unclassified {
    fn judged(&self, _: &E, _: &Attempt) -> Judged {
        (Class::new(Kind::Transient), None)
    }
}

/// A judge, and a predicate that must hold too: `when`.
#[derive(Clone, Copy, Debug)]
pub struct When<C, F>(pub(super) C, pub(super) F);

impl<E, C: Judge<E>, F: Fn(&E) -> bool> Judge<E> for When<C, F> {
    fn judged(&self, error: &E, attempt: &Attempt) -> Judged {
        let (class, inside) = self.0.judged(error, attempt);
        let is_worth_it = (self.1)(error);
        (if is_worth_it { class } else { Class::new(Kind::Permanent) }, inside)
    }
}

/// A closure that judges alone: `judge`.
#[derive(Clone, Copy, Debug)]
pub struct By<F>(pub(super) F);

impl<E, V: Verdict, F: Fn(&E, &Attempt) -> V> Judge<E> for By<F> {
    fn judged(&self, error: &E, attempt: &Attempt) -> Judged {
        ((self.0)(error, attempt).class(), None)
    }
}

/// A judge of values: `retry_if`.
pub trait Rejects<T> {
    /// The class of a value that is no success.
    fn rejected(&self, value: &T) -> Option<Class>;
}

impl<T> Rejects<T> for Unset {
    fn rejected(&self, _: &T) -> Option<Class> {
        None
    }
}

impl<T, V: Rejection, F: Fn(&T) -> V> Rejects<T> for By<F> {
    fn rejected(&self, value: &T) -> Option<Class> {
        (self.0)(value).class()
    }
}

/// The hook that runs before each sleep: `on_retry`.
pub trait Hook<R: Outcome> {
    /// Runs the hook.
    fn before_sleep(&self, retry: &Retry<'_, R>);
}

impl<R: Outcome> Hook<R> for Unset {
    fn before_sleep(&self, _: &Retry<'_, R>) {}
}

impl<R: Outcome, F: Fn(&Retry<'_, R>)> Hook<R> for By<F> {
    fn before_sleep(&self, retry: &Retry<'_, R>) {
        // A hook that panics does not fail the call.
        crate::base::border::contained(|| (self.0)(retry));
    }
}
