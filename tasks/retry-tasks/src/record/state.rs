//! The states of a task.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::reason::FailReason;
use crate::base::{names::named, time::Time};

/// The state of a task.
///
/// ```text
///            ┌──────────── retry, reset ─────────────┐
///            ▼                                       │
/// Pending ─▶ Running ─▶ Complete (reset alone)       │
///            │  ▲   └─▶ Failed ──────────────────────┤
///            ▼  │                                    │
///           Waiting ──▶ Cancelled ───────────────────┘
/// ```
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{Format, State, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let id = tasks.submit(square::task(12)).await?;
/// let state = tasks.info(id, Format::Minimal).await?.state;
/// assert_eq!(state, State::Pending);
/// assert!(!state.is_ended());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// The task waits for its first attempt, or for a new one after a retry by hand or the end of its worker.
    Pending,
    /// An attempt is running.
    Running,
    /// An attempt failed and another one will follow. A waiting task occupies no worker slot.
    Waiting {
        /// The due time of the next attempt.
        next_attempt_at: Time,
    },
    /// The next attempt is due, and the bucket of the function has no token for it. No attempt was refused and nothing was
    /// written: the task gets its token in turn, as soon as tasks of the function succeed or time pays for it. Stores
    /// report this state; they do not store it.
    HeldBack {
        /// The due time of the attempt.
        since: Time,
    },
    /// The task has succeeded and its result is stored.
    Complete,
    /// The task has failed. Only an order by hand starts another attempt.
    Failed {
        /// Why the task failed.
        reason: FailReason,
    },
    /// The task was cancelled by hand.
    Cancelled,
}

impl State {
    /// The state's name, as in its serialised form.
    pub const fn name(self) -> &'static str {
        match self {
            State::HeldBack { .. } => "held_back",
            other => other.phase().name(),
        }
    }

    /// The state without its due time or reason.
    pub const fn phase(self) -> Phase {
        match self {
            State::Pending => Phase::Pending,
            State::Running => Phase::Running,
            State::Waiting { .. } | State::HeldBack { .. } => Phase::Waiting,
            State::Complete => Phase::Complete,
            State::Failed { .. } => Phase::Failed,
            State::Cancelled => Phase::Cancelled,
        }
    }

    /// Whether the task is complete, failed or cancelled: no worker will start it again.
    pub const fn is_ended(self) -> bool {
        matches!(self, State::Complete | State::Failed { .. } | State::Cancelled)
    }

    /// Whether [`retry`](crate::Tasks::retry) accepts a task in this state: it has failed or was cancelled.
    ///
    /// The number of earlier retries does not matter, because a person who retries by hand knows something that the
    /// counter does not. (A rule `retry_count < max_retries` would refuse a retry by hand exactly when it is needed:
    /// after the automatic retries are used up.)
    pub const fn can_retry(self) -> bool {
        matches!(self, State::Failed { .. } | State::Cancelled)
    }
}

impl fmt::Display for State {
    /// Writes `pending`, `waiting until 2026-01-01T00:00:00.000Z` or `failed (exhausted)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Waiting { next_attempt_at } => write!(f, "waiting until {next_attempt_at}"),
            State::HeldBack { .. } => f.write_str("held back by the budget"),
            State::Failed { reason } => write!(f, "failed ({reason})"),
            other => f.write_str(other.name()),
        }
    }
}

named! {
    /// A [`State`] without its due time or reason, for filters and counts.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// use retry_tasks::{Phase, Tasks};
    ///
    /// #[retryable(on = any, task)]
    /// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tasks = Tasks::memory();
    /// tasks.submit(square::task(12)).await?;
    /// let counts = tasks.counts().await?;
    /// assert_eq!(counts.of(Phase::Pending), 1);
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    pub enum Phase {
        /// The task waits for a worker.
        Pending = "pending",
        /// An attempt is running.
        Running = "running",
        /// The task waits for the due time of its next attempt, or is held back by the budget.
        Waiting = "waiting",
        /// The task has succeeded.
        Complete = "complete",
        /// The task has failed.
        Failed = "failed",
        /// The task was cancelled by hand.
        Cancelled = "cancelled",
    }
}
