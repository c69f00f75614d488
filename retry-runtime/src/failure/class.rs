//! The meaning of a failure for retrying: [`Kind`], [`Class`] and the trait [`Classify`].

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// What a failure means for retrying.
///
/// | kind | meaning | retried when |
/// |---|---|---|
/// | `Transient` | did not happen, or is harmless to repeat | in `on` (default) |
/// | `Throttled` | asked to slow down; may carry a delay | in `on` (default) |
/// | `Ambiguous` | may have taken effect | the function is `idempotent` |
/// | `Overloaded` | asked not to retry; counts for a breaker | never |
/// | `Permanent` | will fail again in the same way | never |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Kind {
    /// The attempt had no effect, or an effect that is harmless to repeat: connection refused, a lock
    /// that was held, "try again".
    Transient,
    /// The other side asked to slow down, perhaps by how much ([`Class::retry_after`]).
    Throttled,
    /// The attempt may have taken effect although no answer came back: a timeout, a reset connection.
    Ambiguous,
    /// The other side asked not to be retried at all.
    Overloaded,
    /// Trying again cannot help: bad input, not found, permission denied.
    Permanent,
}

impl Kind {
    /// Every kind, in the order of their declaration.
    pub const ALL: [Kind; 5] =
        [Kind::Transient, Kind::Throttled, Kind::Ambiguous, Kind::Overloaded, Kind::Permanent];

    /// The kind's name as it is written in attributes, in lower case: `transient`.
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A failure's [`Kind`], and the delay that the other side asked for, if it named one.
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
    /// What the failure means for retrying.
    pub kind: Kind,
    /// The delay that the server asked for, counted from now; `None` when it named none.
    pub retry_after: Option<Duration>,
}

impl Class {
    /// A class without a server's hint.
    pub const fn new(kind: Kind) -> Self {
        Class { kind, retry_after: None }
    }

    /// The same class, its kind replaced when it is less cautious than `kind`; the order is that of
    /// [`Kind::ALL`].
    #[cfg(any(feature = "hyper", feature = "reqwest"))]
    pub(crate) fn at_least(self, kind: Kind) -> Self {
        Class { kind: self.kind.max(kind), ..self }
    }

    /// The same kind with a server's hint.
    #[must_use]
    pub const fn after(self, delay: Duration) -> Self {
        Class { kind: self.kind, retry_after: Some(delay) }
    }
}

impl From<Kind> for Class {
    fn from(kind: Kind) -> Self {
        Class::new(kind)
    }
}

/// Says what a failure means for retrying.
///
/// Derive it (`#[derive(Classify)]`) on error enums and structs, or write it by hand. It asks for no
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
    note = "add `#[derive(retry_runtime::Classify)]` to `{Self}` and a `#[classify(…)]` to each variant",
    note = "or judge it here: `on = any` retries every failure, `when = |error| …` asks a predicate"
)]
pub trait Classify {
    /// The failure's kind and the server's hint, if there is one.
    fn classify(&self) -> Class;

    /// The failure in words, for histories and events: one line. A place to leave secrets out.
    ///
    /// The derive uses `Display`, else `Debug`. An empty text, as by default, leaves it to the annotated
    /// function: `Display`, else `Debug`, else the type's name.
    fn describe(&self) -> Cow<'static, str> {
        Cow::Borrowed("")
    }
}
