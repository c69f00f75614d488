//! Verdicts of a program's own closures: on failures (`judge`), and on values that are no success (`retry_if`).

use std::time::Duration;

use super::rules::{Ask, Given};
use crate::call::state::Call;
use crate::failure::class::{Class, Kind};
use crate::report::attempt::{Attempt, CallId};

/// The answer of [`Retrying::judge`](crate::Retrying::judge): whether a failure is retried.
///
/// | answer | the failure counts as |
/// |---|---|
/// | `true` / `false` | [`Transient`](Kind::Transient) / [`Permanent`](Kind::Permanent) |
/// | a [`Kind`] or a [`Class`] | that |
/// | `Some(delay)` / `None` | [`Throttled`](Kind::Throttled) with this delay, as a server's hint / `Permanent` |
#[diagnostic::on_unimplemented(
    message = "`judge` answers with a `bool`, a `Kind`, a `Class` or an `Option<Duration>`, and this is `{Self}`"
)]
pub trait Verdict {
    /// The class of the failure.
    fn class(self) -> Class;
}

impl Verdict for bool {
    fn class(self) -> Class {
        Class::new(if self { Kind::Transient } else { Kind::Permanent })
    }
}

impl Verdict for Kind {
    fn class(self) -> Class {
        Class::new(self)
    }
}

impl Verdict for Class {
    fn class(self) -> Class {
        self
    }
}

impl Verdict for Option<Duration> {
    fn class(self) -> Class {
        match self {
            Some(delay) => Class::new(Kind::Throttled).after(delay),
            None => Class::new(Kind::Permanent),
        }
    }
}

/// The answer of [`Retrying::retry_if`](crate::Retrying::retry_if): whether a value is no success and the call goes on.
///
/// | answer | the value is |
/// |---|---|
/// | `false`, `None` | a success |
/// | `true` | retried |
/// | `Some(delay)` | retried after this delay, as after a server's hint |
/// | `Some(class)`, `Some(kind)` | retried as a failure of this class; not, where the policy does not retry such a failure |
#[diagnostic::on_unimplemented(
    message = "`retry_if` answers with a `bool` or an `Option` of a `Duration`, a `Kind` or a `Class`, and this is `{Self}`"
)]
pub trait Rejection {
    /// The class of a value that is retried; `None` for a success.
    fn class(self) -> Option<Class>;
}

impl Rejection for bool {
    fn class(self) -> Option<Class> {
        self.then(|| Class::new(Kind::Transient))
    }
}

impl<V: HintOrClass> Rejection for Option<V> {
    fn class(self) -> Option<Class> {
        self.map(V::class)
    }
}

/// A [`Duration`], a [`Kind`] or a [`Class`].
pub trait HintOrClass {
    /// The class of a value that is retried.
    fn class(self) -> Class;
}

impl HintOrClass for Duration {
    fn class(self) -> Class {
        Class::new(Kind::Throttled).after(self)
    }
}

impl HintOrClass for Kind {
    fn class(self) -> Class {
        Class::new(self)
    }
}

impl HintOrClass for Class {
    fn class(self) -> Class {
        self
    }
}

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
