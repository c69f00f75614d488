//! What can be done with a task by hand.

use std::fmt;

use crate::State;

/// What is done with a task by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// End it.
    Cancel,
    /// Another round of attempts.
    Retry,
    /// Another attempt; one more than the limit if none is left.
    RetryOnce,
    /// Another round of attempts, each paid for by the function's budget.
    RetryPaced,
    /// From the start.
    Reset,
}

impl Verb {
    /// What the states that refuse the verb leave to do.
    pub(crate) const fn remedy(self) -> &'static str {
        match self {
            Verb::Cancel => "only a task that has not ended can be cancelled",
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => {
                "a task can be retried when it has failed or was cancelled; `reset` runs a complete one anew"
            }
            Verb::Reset => "a task can be reset when it has ended; cancel it first",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verb::Cancel => "cancel",
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => "retry",
            Verb::Reset => "reset",
        })
    }
}

/// An order that was carried out. Of several at once the first wins; the others are
/// [refused](crate::TaskError::Refused) with the state that it has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ordered {
    /// Where the task stood.
    pub before: State,
    /// Where it stands now.
    pub after: State,
}
