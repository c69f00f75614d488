//! Where a task stands.

use std::fmt;

use retry_runtime::StopReason;
use serde::{Deserialize, Serialize};

use crate::Time;

/// Where a task stands.
///
/// ```text
///            ┌──────────── retry, reset ─────────────┐
///            ▼                                       │
/// Pending ─▶ Running ─▶ Complete (reset alone)       │
///            │  ▲   └─▶ Failed ──────────────────────┤
///            ▼  │                                    │
///           Waiting ──▶ Cancelled ───────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Not started yet, or again to be started: by hand, or because a worker gave it back.
    Pending,
    /// An attempt runs.
    Running,
    /// An attempt failed, and another one follows. It occupies no worker.
    Waiting {
        /// When it is due.
        next_attempt_at: Time,
    },
    /// The result is there.
    Complete,
    /// No further attempt is made, unless by hand.
    Failed {
        /// Why.
        reason: FailReason,
    },
    /// Ended by hand.
    Cancelled,
}

impl State {
    /// The state's name, as in its serialised form.
    pub const fn name(self) -> &'static str {
        self.phase().name()
    }

    /// The state without what it carries.
    pub const fn phase(self) -> Phase {
        match self {
            State::Pending => Phase::Pending,
            State::Running => Phase::Running,
            State::Waiting { .. } => Phase::Waiting,
            State::Complete => Phase::Complete,
            State::Failed { .. } => Phase::Failed,
            State::Cancelled => Phase::Cancelled,
        }
    }

    /// Whether nothing more happens to it by itself.
    pub const fn is_ended(self) -> bool {
        matches!(self, State::Complete | State::Failed { .. } | State::Cancelled)
    }

    /// Whether [`retry`](crate::Tasks::retry) accepts it: it has failed, or was cancelled.
    ///
    /// The number of retries that were made plays no part: who asks by hand knows something that the
    /// counter does not. (With a rule of `retry_count < max_retries` a task that has used up its automatic
    /// retries could never be retried by hand, which is when that is wanted.)
    pub const fn can_retry(self) -> bool {
        matches!(self, State::Failed { .. } | State::Cancelled)
    }
}

impl fmt::Display for State {
    /// `pending`, `waiting until 2026-01-01T00:00:00.000Z`, `failed (exhausted)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Waiting { next_attempt_at } => write!(f, "waiting until {next_attempt_at}"),
            State::Failed { reason } => write!(f, "failed ({reason})"),
            other => f.write_str(other.name()),
        }
    }
}

/// A [`State`] without what it carries: for filters and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Not started yet.
    Pending,
    /// An attempt runs.
    Running,
    /// Another attempt follows.
    Waiting,
    /// The result is there.
    Complete,
    /// Given up.
    Failed,
    /// Ended by hand.
    Cancelled,
}

impl Phase {
    /// All of them, in the order of a task's life.
    pub const ALL: [Phase; 6] = [
        Phase::Pending,
        Phase::Running,
        Phase::Waiting,
        Phase::Complete,
        Phase::Failed,
        Phase::Cancelled,
    ];

    /// The name, as in the serialised form.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Pending => "pending",
            Phase::Running => "running",
            Phase::Waiting => "waiting",
            Phase::Complete => "complete",
            Phase::Failed => "failed",
            Phase::Cancelled => "cancelled",
        }
    }

    /// The phase of this name.
    pub fn named(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a task was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailReason {
    /// The failure is not one that is retried.
    Permanent,
    /// The last allowed attempt failed, or was lost with its process.
    Exhausted,
    /// The deadline passed, or would have passed before the next attempt.
    Deadline,
    /// The attempt may have taken effect, and the function is not declared idempotent: it failed in that
    /// way, or was lost with its process.
    Ambiguous,
    /// The other side asked not to be retried.
    Overloaded,
    /// The server asked for a longer delay than the policy or the deadline allows.
    RetryAfterTooLong,
    /// The function's own cancellation token was cancelled.
    Stopped,
    /// The function panicked.
    Panicked,
    /// The stored arguments do not fit the function any more, or its result cannot be stored.
    Unreadable,
}

impl FailReason {
    /// All of them.
    pub const ALL: [FailReason; 9] = [
        FailReason::Permanent,
        FailReason::Exhausted,
        FailReason::Deadline,
        FailReason::Ambiguous,
        FailReason::Overloaded,
        FailReason::RetryAfterTooLong,
        FailReason::Stopped,
        FailReason::Panicked,
        FailReason::Unreadable,
    ];

    /// The reason in words.
    pub const fn name(self) -> &'static str {
        match self {
            FailReason::Permanent => "permanent",
            FailReason::Exhausted => "exhausted",
            FailReason::Deadline => "deadline",
            FailReason::Ambiguous => "ambiguous",
            FailReason::Overloaded => "overloaded",
            FailReason::RetryAfterTooLong => "retry-after too long",
            FailReason::Stopped => "stopped",
            FailReason::Panicked => "panicked",
            FailReason::Unreadable => "unreadable",
        }
    }

    /// The reason of this name.
    pub fn named(name: &str) -> Option<FailReason> {
        FailReason::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl From<StopReason> for FailReason {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Exhausted => FailReason::Exhausted,
            StopReason::Deadline => FailReason::Deadline,
            StopReason::Ambiguous => FailReason::Ambiguous,
            StopReason::Overloaded => FailReason::Overloaded,
            StopReason::RetryAfterTooLong => FailReason::RetryAfterTooLong,
            StopReason::Cancelled => FailReason::Stopped,
            _ => FailReason::Permanent,
        }
    }
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
