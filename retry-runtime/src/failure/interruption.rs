//! Failures that the engine causes.

use std::borrow::Cow;
use std::time::Duration;
use std::{fmt, io};

use super::class::{Class, Classify, Kind};
use crate::base::duration::Rounded;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// The call's `deadline` passed during an attempt; the attempt was dropped and may have taken effect.
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
    /// `Ambiguous` for an attempt that was dropped, since it may have taken effect; `Overloaded` for an open breaker;
    /// `Permanent` for a cancelled call.
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
    /// Timeouts become `ErrorKind::TimedOut`, everything else `ErrorKind::Other`. A cancellation does not become
    /// `ErrorKind::Interrupted`, because loops in std and elsewhere retry such errors.
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
