//! The stop reason of a call.

use std::fmt;

/// Why no further attempt was made.
///
/// ```
/// use retry_runtime::{StopReason, observe_blocking, retryable};
///
/// #[retryable(max = 1, base = "0s")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let (_, report) = observe_blocking(connect);
/// assert_eq!(report.reason, StopReason::Exhausted);
/// assert_eq!(StopReason::RetryAfterTooLong.to_string(), "retry-after too long");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum StopReason {
    /// An attempt succeeded.
    Success,
    /// The failure is not retried: its kind is `Permanent` or not listed in `on`, or `when` returned `false`.
    Permanent,
    /// The last allowed attempt failed.
    Exhausted,
    /// The deadline passed, or would have passed before the next attempt.
    Deadline,
    /// The retry budget was empty.
    Budget,
    /// The circuit breaker is open.
    CircuitOpen,
    /// The attempt may have taken effect, and the function is not declared idempotent.
    Ambiguous,
    /// The server asked not to be retried.
    Overloaded,
    /// The server asked for a longer delay than the policy or the deadline allows.
    RetryAfterTooLong,
    /// The request cannot be sent a second time: its body is a stream, or was longer than what is kept of it.
    NotRepeatable,
    /// The cancellation token was cancelled.
    Cancelled,
    /// The call was dropped before it ended.
    Aborted,
}

impl StopReason {
    /// Every reason, in the order of declaration.
    pub const ALL: [StopReason; 12] = [
        StopReason::Success,
        StopReason::Permanent,
        StopReason::Exhausted,
        StopReason::Deadline,
        StopReason::Budget,
        StopReason::CircuitOpen,
        StopReason::Ambiguous,
        StopReason::Overloaded,
        StopReason::RetryAfterTooLong,
        StopReason::NotRepeatable,
        StopReason::Cancelled,
        StopReason::Aborted,
    ];

    /// The reason as text, as [`RetryError`](crate::RetryError) displays it: `circuit open`.
    pub const fn name(self) -> &'static str {
        match self {
            StopReason::Success => "success",
            StopReason::Permanent => "permanent",
            StopReason::Exhausted => "exhausted",
            StopReason::Deadline => "deadline",
            StopReason::Budget => "budget",
            StopReason::CircuitOpen => "circuit open",
            StopReason::Ambiguous => "ambiguous",
            StopReason::Overloaded => "overloaded",
            StopReason::RetryAfterTooLong => "retry-after too long",
            StopReason::NotRepeatable => "not repeatable",
            StopReason::Cancelled => "cancelled",
            StopReason::Aborted => "aborted",
        }
    }
}

impl fmt::Display for StopReason {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
