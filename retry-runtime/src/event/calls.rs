//! What is said of calls and their attempts.

use std::time::Duration;

use super::label::Label;
use crate::failure::class::Kind;
use crate::report::reason::StopReason;
use crate::report::record::Delay;

/// A call begins. Exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallStarted {
    /// The function's name; empty for a call that has none ([`Policy::call`](crate::Policy::call)).
    pub site: &'static str,
    /// The call's number, the same in all of its events and in those of no other call of the process.
    pub call: u64,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
}

/// An attempt begins. That of the first one exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AttemptStarted {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
}

/// An attempt has ended. That of a success at once exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AttemptFinished {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
    /// How long it ran; `None` for a first attempt that nobody had a reason to time.
    pub duration: Option<Duration>,
    /// The failure's kind; `None` when the attempt succeeded.
    pub kind: Option<Kind>,
    /// The failure in words; `None` when the attempt succeeded.
    pub error: Option<Label>,
}

/// An attempt failed, and there will be another one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetryScheduled {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The number of the attempt that failed, from 1: that of the retry as well, since retry k is
    /// attempt k + 1.
    pub attempt: u32,
    /// How many attempts there may be; `None` when only the deadline limits them.
    pub limit: Option<u32>,
    /// The pause before the next attempt, and where it came from.
    pub delay: Delay,
    /// The failure's kind.
    pub kind: Kind,
    /// The failure in words.
    pub error: Label,
}

/// An attempt failed in a way that is worth a retry, and something forbids it.
///
/// The reason is `Ambiguous`, `Overloaded`, `Deadline`, `RetryAfterTooLong`, `CircuitOpen` or `Budget`.
/// Failures that are not retried anyway, and those of the last allowed attempt, end their calls without
/// this event.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetrySuppressed {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// The number of the attempt that failed, from 1.
    pub attempt: u32,
    /// How many attempts there might have been; `None` when only the deadline limits them.
    pub limit: Option<u32>,
    /// What forbids the retry.
    pub reason: StopReason,
    /// The failure's kind.
    pub kind: Kind,
    /// The failure in words.
    pub error: Label,
    /// The delay that the other side asked for, if it did.
    pub retry_after: Option<Duration>,
}

impl RetrySuppressed {
    /// Whether a call that stops for this reason says so with this event.
    pub(crate) const fn is_due(reason: StopReason) -> bool {
        matches!(
            reason,
            StopReason::Ambiguous
                | StopReason::Overloaded
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::CircuitOpen
                | StopReason::Budget
        )
    }
}

/// A call has ended. That of a success at once exists only while somebody listens.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallFinished {
    /// The function's name; empty for a call that has none.
    pub site: &'static str,
    /// The call's number.
    pub call: u64,
    /// How many attempts were made; 0 when the call ended before the first one.
    pub attempts: u32,
    /// Why no further attempt was made; `Success` when the last one succeeded.
    pub reason: StopReason,
    /// How long the call took, pauses included; `None` when nobody had a reason to time it.
    pub total: Option<Duration>,
    /// The last failure's kind; `None` after a success, and where nothing has failed.
    pub kind: Option<Kind>,
    /// The last failure in words; `None` after a success, and where nothing has failed.
    pub error: Option<Label>,
}
