//! The meaning of a failure for retrying: [`Kind`], [`Class`] and the trait [`Classify`].

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::interruption::Interruption;

/// The meaning of a failure for retrying.
///
/// | kind | meaning | retried when |
/// |---|---|---|
/// | `Transient` | the attempt had no effect, or is safe to repeat | listed in `on` (the default lists it) |
/// | `Throttled` | the server asked to slow down, perhaps for a given time | listed in `on` (the default lists it) |
/// | `Ambiguous` | the attempt may have taken effect | the function is `idempotent` |
/// | `Overloaded` | the server asked not to retry; breakers count it | never |
/// | `Permanent` | the attempt will fail again in the same way | never |
///
/// ```
/// use retry_runtime::{Classify, Kind};
/// use std::io::{Error, ErrorKind};
///
/// assert_eq!(Error::from(ErrorKind::ConnectionRefused).classify().kind, Kind::Transient);
/// assert_eq!(Error::from(ErrorKind::ConnectionReset).classify().kind, Kind::Ambiguous);
/// assert_eq!(Kind::Throttled.to_string(), "throttled");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Kind {
    /// The attempt had no effect, or an effect that is safe to repeat: connection refused, a lock that was held,
    /// "try again".
    Transient,
    /// The server asked to slow down, perhaps for a given time ([`Class::retry_after`]).
    Throttled,
    /// The attempt may have taken effect although no answer came back: a timeout, a reset connection.
    Ambiguous,
    /// The server asked not to be retried at all.
    Overloaded,
    /// Another attempt cannot help: bad input, not found, permission denied.
    Permanent,
}

impl Kind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Kind; 5] =
        [Kind::Transient, Kind::Throttled, Kind::Ambiguous, Kind::Overloaded, Kind::Permanent];

    /// The kind's name in lower case, as attributes use it: `transient`.
    #[inline]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Transient => "transient",
            Kind::Throttled => "throttled",
            Kind::Ambiguous => "ambiguous",
            Kind::Overloaded => "overloaded",
            Kind::Permanent => "permanent",
        }
    }
}

impl fmt::Display for Kind {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure's [`Kind`], and the delay that the server asked for, if any.
///
/// ```
/// use retry_runtime::{Class, Kind};
/// use std::time::Duration;
///
/// let class = Class::from(Kind::Throttled).after(Duration::from_secs(2));
/// assert_eq!(class.kind, Kind::Throttled);
/// assert_eq!(class.retry_after, Some(Duration::from_secs(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    /// The meaning of the failure for retrying.
    pub kind: Kind,
    /// The delay that the server asked for, counted from now; `None` when it asked for none.
    pub retry_after: Option<Duration>,
}

impl Class {
    /// A class without a delay.
    pub const fn new(kind: Kind) -> Self {
        Class { kind, retry_after: None }
    }

    /// The class of a failure, given whether something was sent: otherwise it had no effect.
    #[cfg(feature = "tower")]
    pub(crate) fn if_sent(self, sent: bool) -> Self {
        match self.kind {
            Kind::Ambiguous if !sent => Class { kind: Kind::Transient, ..self },
            _ => self,
        }
    }

    /// The same class with the more cautious of its kind and `kind`, which is the later one in [`Kind::ALL`].
    #[cfg(feature = "hyper")]
    pub(crate) fn at_least(self, kind: Kind) -> Self {
        Class { kind: self.kind.max(kind), ..self }
    }

    /// The same kind with a delay that the server asked for.
    #[must_use]
    #[inline]
    pub const fn after(self, delay: Duration) -> Self {
        Class { kind: self.kind, retry_after: Some(delay) }
    }

    /// [`after`](Class::after) with the delay of a server that may have asked for none.
    ///
    /// ```
    /// use retry_runtime::{Class, Kind};
    ///
    /// let asked: Option<std::time::Duration> = None;
    /// assert_eq!(Class::from(Kind::Throttled).after_if(asked), Class::from(Kind::Throttled));
    /// ```
    #[must_use]
    #[inline]
    pub const fn after_if(self, delay: Option<Duration>) -> Self {
        Class { kind: self.kind, retry_after: delay }
    }
}

impl From<Kind> for Class {
    #[inline]
    fn from(kind: Kind) -> Self {
        Class::new(kind)
    }
}

/// Tells what a failure means for retrying.
///
/// Derive the trait (`#[derive(Classify)]`) for error enums and structs, or implement it by hand. It does not require
/// `Clone`, `Error`, `Send` or `'static`.
///
/// ```
/// use retry_runtime::{Class, Classify, Kind};
///
/// enum PayError { Busy, Declined }
///
/// impl Classify for PayError {
///     fn classify(&self) -> Class {
///         match self {
///             PayError::Busy => Kind::Transient.into(),
///             PayError::Declined => Kind::Permanent.into(),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which of its failures may be retried",
    label = "this error type is not classified",
    note = "to judge it here, write `when = |error| …` or `on = any` in `#[retryable]`, or call `retrying_any` of the `Policy`",
    note = "a type of your own says it itself: `#[derive(retry_runtime::Classify)]`, and `#[classify(…)]` on each variant",
    note = "a type of another crate: `retry-runtime` has a feature for each of anyhow, http, hyper, hyper-util, redis, reqwest, sqlx, tonic and tower, as in `retry-runtime = {{ version = \"0.1\", features = [\"anyhow\"] }}`; any other can be wrapped in a type of your own"
)]
pub trait Classify {
    /// The failure's kind, and the delay that the server asked for.
    fn classify(&self) -> Class;

    /// One line of text about the failure, for histories and events. Leave secrets out of it.
    ///
    /// The default is an empty text: the annotated function then uses `Display`, else `Debug`, else the type's
    /// name. The derive uses the same order.
    fn describe(&self) -> Cow<'static, str> {
        Cow::Borrowed("")
    }

    /// The interruption of a call inside that this failure carries, if there is one. A call around it does not retry
    /// when the inner call was cancelled or refused by its breaker.
    ///
    /// The default is `None`. The derive looks into the fields of type `Interruption`, those that are inherited and the
    /// source; `io::Error`, `anyhow::Error` and boxed errors look through their source chain. So does a call with `on = any`
    /// or `when`, which also knows the words of an interruption where an error is a text.
    fn interruption(&self) -> Option<Interruption> {
        None
    }
}
