//! Failures that the engine causes.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use super::before::AfterFailure;
use super::class::{Class, Classify, Kind};
use crate::base::duration::Rounded;
use crate::base::scan::has_any;

/// A failure that the engine causes when it ends an attempt or a call.
///
/// It becomes the function's error through `From<Interruption>`. With thiserror, one variant is enough:
///
/// ```
/// # use retry_runtime::{Classify, Interruption};
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum PayError {
///     #[error("the bank is busy")]
///     #[classify(transient)]
///     Busy,
///     #[error(transparent)]
///     #[classify(inherit)]
///     Interrupted(#[from] Interruption),
/// }
/// ```
///
/// `std::io::Error`, `anyhow::Error` and boxed errors implement `From<Interruption>` already.
///
/// If an attempt failed before the interruption, the text names that failure, too:
/// `the call was cancelled; before that: 503 Service Unavailable`. Such an interruption is an
/// [`AfterFailure`](Interruption::AfterFailure). It is equal to the interruption itself, and a pattern needs its
/// [`root`](Interruption::root):
///
/// ```
/// # use retry_runtime::Interruption;
/// fn is_stopped(interruption: Interruption) -> bool {
///     matches!(interruption.root(), Interruption::Cancelled | Interruption::DeadlinePassed)
/// }
/// # assert!(is_stopped(Interruption::Cancelled));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Interruption {
    /// The circuit breaker refused the attempt, which did not run.
    CircuitOpen {
        /// The time until the breaker admits a call; `None` when that depends on running probes, or when the breaker
        /// was forced open.
        retry_after: Option<Duration>,
    },
    /// An attempt took longer than `timeout`; the attempt was dropped and may have taken effect.
    TimedOut {
        /// The value of `timeout`.
        after: Duration,
    },
    /// The call's `deadline` passed during an attempt, which was dropped and may have taken effect; or the deadline of
    /// the call around this one had passed before the first attempt.
    DeadlinePassed,
    /// The call's cancellation token was cancelled.
    Cancelled,
    /// One of the other interruptions, after an attempt that failed.
    AfterFailure(AfterFailure),
}

impl Interruption {
    /// The interruption itself, without the failure before it: never [`AfterFailure`](Interruption::AfterFailure).
    #[must_use]
    pub fn root(self) -> Interruption {
        match self {
            Interruption::AfterFailure(after) => after.cause.into(),
            root => root,
        }
    }

    /// The text of the failure before the interruption; `None` if no attempt failed before it, or if more than 256 calls
    /// of the process were interrupted after a failure since then.
    #[inline]
    pub fn failure_before(self) -> Option<Arc<str>> {
        match self {
            Interruption::AfterFailure(after) => after.text(),
            _ => None,
        }
    }
}

/// The failure before an interruption does not count.
impl PartialEq for Interruption {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Cause::of(self) == Cause::of(other)
    }
}

impl Eq for Interruption {}

impl Hash for Interruption {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Cause::of(self).hash(state);
    }
}

/// Why the engine ends an attempt or a call: an [`Interruption`] that does not know the failure before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The circuit breaker refused the attempt.
    CircuitOpen {
        /// The time until the breaker admits a call.
        retry_after: Option<Duration>,
    },
    /// The attempt took longer than `timeout`.
    TimedOut {
        /// The value of `timeout`.
        after: Duration,
    },
    /// The deadline passed.
    DeadlinePassed,
    /// The call was cancelled.
    Cancelled,
}

impl Cause {
    /// The cause of this interruption.
    pub(crate) fn of(interruption: &Interruption) -> Cause {
        match *interruption {
            Interruption::CircuitOpen { retry_after } => Cause::CircuitOpen { retry_after },
            Interruption::TimedOut { after } => Cause::TimedOut { after },
            Interruption::DeadlinePassed => Cause::DeadlinePassed,
            Interruption::Cancelled => Cause::Cancelled,
            Interruption::AfterFailure(after) => after.cause,
        }
    }

    /// The cause that an error's text tells in the words of [`Interruption`], perhaps after a context (`loading: the call
    /// was cancelled`), if a call around it must not be retried for that cause. For errors that have nothing but a text
    /// left of the interruption.
    #[inline]
    pub(crate) fn in_words(text: &str) -> Option<Cause> {
        // Each failure without a class is asked, and few texts are long enough.
        if text.len() < CANCELLED.len() {
            return None;
        }
        let told = if has_any(text, [b';']) {
            text.split_once("; before that: ").map_or(text, |(told, _)| told)
        } else {
            text
        };
        // Byte by byte: a search for a string prepares more work than most texts are.
        let context = told.as_bytes().windows(2).rposition(|pair| pair == b": ");
        let told = &told[context.map_or(0, |at| at + 2)..];
        if told == CANCELLED {
            return Some(Cause::Cancelled);
        }
        let rest = told.strip_prefix(CIRCUIT_OPEN)?;
        let is_open = rest.is_empty() || rest.starts_with(" for another ");
        is_open.then_some(Cause::CircuitOpen { retry_after: None })
    }

    /// `Ambiguous` for an attempt that was dropped, since it may have taken effect; `Overloaded` for an open breaker;
    /// `Permanent` for a cancelled call.
    pub(crate) fn class(self) -> Class {
        match self {
            Cause::CircuitOpen { retry_after } => Class { kind: Kind::Overloaded, retry_after },
            Cause::TimedOut { .. } | Cause::DeadlinePassed => Kind::Ambiguous.into(),
            Cause::Cancelled => Kind::Permanent.into(),
        }
    }

    /// The interruption, after a failure with this text if there was one.
    pub(crate) fn told(self, failure: Option<Arc<str>>) -> Interruption {
        match failure {
            Some(failure) => Interruption::AfterFailure(AfterFailure::new(self, failure)),
            None => self.into(),
        }
    }
}

impl From<Cause> for Interruption {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::CircuitOpen { retry_after } => Interruption::CircuitOpen { retry_after },
            Cause::TimedOut { after } => Interruption::TimedOut { after },
            Cause::DeadlinePassed => Interruption::DeadlinePassed,
            Cause::Cancelled => Interruption::Cancelled,
        }
    }
}

pub(super) const CIRCUIT_OPEN: &str = "the circuit breaker is open";
pub(super) const CANCELLED: &str = "the call was cancelled";
pub(super) const DEADLINE_PASSED: &str = "the call's deadline passed";
/// The start of the text.
pub(super) const TIMED_OUT: &str = "the attempt timed out";

impl fmt::Display for Interruption {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interruption::CircuitOpen { retry_after: Some(time) } => {
                write!(f, "{CIRCUIT_OPEN} for another {}", Rounded(*time))
            }
            Interruption::CircuitOpen { retry_after: None } => f.write_str(CIRCUIT_OPEN),
            Interruption::TimedOut { after } => write!(f, "{TIMED_OUT} after {after:?}"),
            Interruption::DeadlinePassed => f.write_str(DEADLINE_PASSED),
            Interruption::Cancelled => f.write_str(CANCELLED),
            Interruption::AfterFailure(after) => {
                fmt::Display::fmt(&self.root(), f)?;
                after.text().map_or(Ok(()), |failure| write!(f, "; before that: {failure}"))
            }
        }
    }
}

impl std::error::Error for Interruption {}

impl Classify for Interruption {
    /// `Ambiguous` for an attempt that was dropped, since it may have taken effect; `Overloaded` for an open breaker;
    /// `Permanent` for a cancelled call.
    #[inline]
    fn classify(&self) -> Class {
        Cause::of(self).class()
    }

    #[inline]
    fn interruption(&self) -> Option<Interruption> {
        Some(*self)
    }

    #[inline]
    fn describe(&self) -> Cow<'static, str> {
        Cow::Owned(self.to_string())
    }
}

impl From<Interruption> for io::Error {
    /// Timeouts become `ErrorKind::TimedOut`, everything else `ErrorKind::Other`. A cancellation does not become
    /// `ErrorKind::Interrupted`, because loops in std and elsewhere retry such errors.
    #[inline]
    fn from(interruption: Interruption) -> Self {
        match Cause::of(&interruption) {
            Cause::TimedOut { .. } | Cause::DeadlinePassed => {
                io::Error::new(io::ErrorKind::TimedOut, interruption)
            }
            Cause::CircuitOpen { .. } | Cause::Cancelled => io::Error::other(interruption),
        }
    }
}
