//! Orders by hand: cancel, retry and reset. Which state allows which order is decided here and nowhere else.

use std::fmt;

use retry_runtime::Failures;
use serde::{Deserialize, Serialize};

use crate::base::time::Time;
use crate::record::{Record, state::State};

/// An order that a person gives for a task.
///
/// ```
/// use retry_tasks::{State, Verb};
///
/// assert!(Verb::Cancel.is_allowed(State::Pending));
/// assert!(!Verb::Retry.is_allowed(State::Pending));
/// assert_eq!(Verb::Retry.to_string(), "retry");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verb {
    /// End the task.
    Cancel,
    /// Start another round of attempts.
    Retry,
    /// Make the attempts that the limit leaves, or one more when it leaves none.
    RetryOnce,
    /// Start another round of attempts, each paid for by the function's budget.
    RetryPaced,
    /// Start again from nothing.
    Reset,
}

impl Verb {
    /// Whether a task in this state accepts the order.
    pub const fn is_allowed(self, state: State) -> bool {
        match self {
            Verb::Cancel => !state.is_ended(),
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => state.can_retry(),
            Verb::Reset => state.is_ended(),
        }
    }

    /// The advice for whoever gave the order to a task that refuses it.
    pub(crate) const fn remedy(self) -> &'static str {
        match self {
            Verb::Cancel => "only a task that has not ended can be cancelled",
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => {
                "only a failed or cancelled task can be retried; `reset` runs a complete one again"
            }
            Verb::Reset => "only a task that has ended can be reset; cancel it first",
        }
    }

    /// The order's name: `cancel`, `retry` or `reset`.
    pub const fn name(self) -> &'static str {
        match self {
            Verb::Cancel => "cancel",
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => "retry",
            Verb::Reset => "reset",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The effect of an order. When several orders race, the first one wins; the others are
/// [refused](crate::TaskError::Refused) with the state that the first one has set.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{State, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let id = tasks.submit(square::task(12)).await?;
/// let ordered = tasks.cancel(id).await?;
/// assert_eq!((ordered.before, ordered.after), (State::Pending, State::Cancelled));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// The state before the order.
    pub before: State,
    /// The state after the order.
    pub after: State,
}

impl Record {
    /// Carries out an order by hand.
    ///
    /// # Errors
    ///
    /// The state, when it does not allow the order.
    pub fn order(&mut self, now: Time, verb: Verb) -> Result<Ordered, State> {
        let before = self.state;
        if !verb.is_allowed(before) {
            return Err(before);
        }
        // A running attempt finds its lease gone.
        self.fence = self.fence.saturating_add(1);
        match verb {
            Verb::Cancel => {
                self.progress = None;
                self.end(now, State::Cancelled);
            }
            Verb::Retry => self.start_round(now, 0),
            Verb::RetryOnce => {
                let spare = self.limit.map_or(u32::MAX, |limit| limit.saturating_sub(1));
                self.start_round(now, self.round.min(spare));
            }
            Verb::RetryPaced => {
                self.start_round(now, 0);
                self.paced = true;
                self.settle(now);
            }
            Verb::Reset => {
                (self.attempts, self.by_hand) = (0, 0);
                self.started_at = None;
                (self.last_error, self.last_kind) = (None, None);
                (self.result, self.progress) = (None, None);
                self.start_round(now, 0);
            }
        }
        Ok(Ordered { before, after: self.state })
    }

    /// Makes the task due again. `round` attempts of the current round count as made.
    fn start_round(&mut self, now: Time, round: u32) {
        self.state = State::Pending;
        self.run_at = Some(now);
        self.ended_at = None;
        self.round = round;
        self.round_at = None;
        self.last_delay = None;
        self.failures = Failures::default();
        self.misfit_at = None;
        // It limited the time since the submission.
        self.deadline = None;
        self.paced = false;
        self.settle(now);
    }
}
