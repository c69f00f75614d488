//! Failures of our own making.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::Duration;

use super::class::{Class, Classify, Kind};
use crate::base::duration::Rounded;

/// The engine ended an attempt or a call: the failure is not the function's own.
///
/// It becomes the function's error through `From<Interruption>`; with thiserror one variant is enough:
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
/// `std::io::Error`, `anyhow::Error` and boxed errors can be made from it as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interruption {
    /// The circuit breaker refused the attempt: it was not made.
    CircuitOpen {
        /// The time after which a call is admitted; `None` where that depends on something else: on the
        /// results of probes under way, on whoever forced the breaker open.
        retry_after: Option<Duration>,
    },
    /// One attempt took longer than `timeout`; it was dropped and may have taken effect.
    TimedOut {
        /// The limit that it ran into.
        after: Duration,
    },
    /// The call's `deadline` passed while an attempt was running; it was dropped and may have taken
    /// effect.
    DeadlinePassed,
    /// The call's cancellation token was cancelled.
    Cancelled,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interruption::CircuitOpen { retry_after: Some(time) } => {
                write!(f, "the circuit breaker is open for another {}", Rounded(*time))
            }
            Interruption::CircuitOpen { retry_after: None } => {
                f.write_str("the circuit breaker is open")
            }
            Interruption::TimedOut { after } => write!(f, "the attempt timed out after {after:?}"),
            Interruption::DeadlinePassed => f.write_str("the call's deadline passed"),
            Interruption::Cancelled => f.write_str("the call was cancelled"),
        }
    }
}

impl std::error::Error for Interruption {}

impl Classify for Interruption {
    /// An attempt that was cut off may have taken effect; one that the breaker refused, and a cancelled
    /// call, must not be repeated.
    fn classify(&self) -> Class {
        match *self {
            Interruption::CircuitOpen { retry_after } => {
                Class { kind: Kind::Overloaded, retry_after }
            }
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => Kind::Ambiguous.into(),
            Interruption::Cancelled => Kind::Permanent.into(),
        }
    }

    fn describe(&self) -> Cow<'static, str> {
        Cow::Owned(self.to_string())
    }
}

impl From<Interruption> for io::Error {
    /// Timeouts keep their `ErrorKind`. A cancellation is not `ErrorKind::Interrupted`, which loops in std
    /// and elsewhere take as an invitation to try again.
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => {
                io::Error::new(io::ErrorKind::TimedOut, interruption)
            }
            Interruption::CircuitOpen { .. } | Interruption::Cancelled => {
                io::Error::other(interruption)
            }
        }
    }
}
