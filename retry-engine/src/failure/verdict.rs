//! The answers of closures that judge failures (`judge`) and values that are no success (`retry_if`).

use std::time::Duration;

use super::class::{Class, Kind};

/// The answer of [`Retrying::judge`](crate::Retrying::judge), and what [`Steps::after`](crate::Steps::after) is told: whether
/// a failure is retried.
///
/// | answer | the failure counts as |
/// |---|---|
/// | `true` / `false` | [`Transient`](Kind::Transient) / [`Permanent`](Kind::Permanent) |
/// | a [`Kind`] or a [`Class`] | that |
/// | `Some(delay)` / `None` | [`Throttled`](Kind::Throttled) with this delay, as a server's hint / `Permanent` |
///
/// ```
/// use retry_runtime::{Kind, Verdict};
/// use std::time::Duration;
///
/// assert_eq!(true.class().kind, Kind::Transient);
/// assert_eq!(Some(Duration::from_secs(2)).class().retry_after, Some(Duration::from_secs(2)));
/// assert_eq!(None::<Duration>.class().kind, Kind::Permanent);
/// ```
#[diagnostic::on_unimplemented(
    message = "a failure is judged by a `bool`, a `Kind`, a `Class` or an `Option<Duration>`, and this is `{Self}`"
)]
pub trait Verdict {
    /// The class of the failure.
    fn class(self) -> Class;
}

impl Verdict for bool {
    #[inline]
    fn class(self) -> Class {
        Class::new(if self { Kind::Transient } else { Kind::Permanent })
    }
}

impl Verdict for Kind {
    #[inline]
    fn class(self) -> Class {
        Class::new(self)
    }
}

impl Verdict for Class {
    #[inline]
    fn class(self) -> Class {
        self
    }
}

impl Verdict for Option<Duration> {
    #[inline]
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
///
/// ```
/// use retry_runtime::{Kind, Rejection};
///
/// assert!(Rejection::class(false).is_none()); // a success
/// assert_eq!(Rejection::class(true).map(|class| class.kind), Some(Kind::Transient));
/// ```
#[diagnostic::on_unimplemented(
    message = "`retry_if` answers with a `bool` or an `Option` of a `Duration`, a `Kind` or a `Class`, and this is `{Self}`"
)]
pub trait Rejection {
    /// The class of a value that is retried; `None` for a success.
    fn class(self) -> Option<Class>;
}

impl Rejection for bool {
    #[inline]
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
///
/// ```
/// use retry_runtime::{HintOrClass, Kind};
/// use std::time::Duration;
///
/// let class = Duration::from_secs(2).class();
/// assert_eq!((class.kind, class.retry_after), (Kind::Throttled, Some(Duration::from_secs(2))));
/// ```
pub trait HintOrClass {
    /// The class of a value that is retried.
    fn class(self) -> Class;
}

impl HintOrClass for Duration {
    #[inline]
    fn class(self) -> Class {
        Class::new(Kind::Throttled).after(self)
    }
}

impl HintOrClass for Kind {
    #[inline]
    fn class(self) -> Class {
        Class::new(self)
    }
}

impl HintOrClass for Class {
    #[inline]
    fn class(self) -> Class {
        self
    }
}
