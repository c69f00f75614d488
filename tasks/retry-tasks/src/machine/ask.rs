//! The vocabulary of the machine: requests to a task, its replies, and everything that the rest of a store must know.

use std::time::Duration;

use retry_runtime::StopReason;
use retry_runtime::resume::Next;
use serde::{Deserialize, Serialize};

use super::finish::AttemptEnd;
use super::orders::{Ordered, Verb};
use crate::base::time::Time;
use crate::event::{EventKind, Measured};
use crate::record::{Progress, Record, attempt::TaskAttempt, id::TaskId, state::State};

/// A request to a task.
///
/// ```
/// use retry_tasks::Verb;
/// use retry_tasks::machine::Ask;
///
/// let json = serde_json::to_string(&Ask::Order(Verb::Cancel))?; // an engine sends this to the task's entity
/// assert_eq!(json, r#"{"order":"cancel"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// | request | replies |
/// |---|---|
/// | `Claim` | `Claimed`; `Lost` when an earlier attempt never ended; `NotDue`, `Ended` |
/// | `Renew`, `End`, `Lose` | `Held` with the new state; `Gone` when the fencing token is no longer valid |
/// | `Order` | `Ordered`, or `Refused` with the state that does not allow the order |
/// | `Expire` | `Ended` when the deadline has passed, else `Open` |
/// | `Repair` | `Repaired` |
/// | `YieldKey` | `Yielded`, or `Answers` while the task answers for its key |
/// | `RegainKey` | `Held` |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ask {
    /// Start an attempt.
    Claim(Claim),
    /// The attempt goes on, perhaps with new progress: its lease is valid for its whole length again.
    Renew {
        /// The fencing token of the attempt.
        fence: u64,
        /// The new progress.
        progress: Option<Progress>,
    },
    /// The attempt has ended.
    End {
        /// The fencing token of the attempt.
        fence: u64,
        /// The end of the attempt.
        end: AttemptEnd,
        /// The last progress.
        progress: Option<Progress>,
    },
    /// The attempt is lost. Somebody who knows the function has [judged](retry_runtime::resume::judge) the next step.
    Lose {
        /// The fencing token of the attempt.
        fence: u64,
        /// The next step.
        next: Next,
    },
    /// An order by hand.
    Order(Verb),
    /// Fail the task if its deadline has passed and no attempt is running.
    Expire,
    /// Set a due time again that no rule explains.
    Repair,
    /// Give the unique key to another task, unless this one answers for it.
    YieldKey,
    /// Take the unique key back, which no other task answers for.
    RegainKey,
}

/// A claim: the wish of a worker to make the next attempt.
///
/// ```
/// use retry_tasks::machine::Claim;
/// use std::time::Duration;
///
/// let claim = Claim::new("worker 1", Duration::from_secs(30)).nonce(4711);
/// assert_eq!(claim.nonce, Some(4711));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Claim {
    /// The worker's name, for the history.
    pub worker: String,
    /// How long the attempt is valid without a renewal.
    pub lease: Duration,
    /// The thousandths of a token that the bucket has paid.
    pub paid: u64,
    /// The number of attempts that the policy allows now; it may have changed since the submission. The outer `None` leaves
    /// the limit as it is.
    pub limit: Option<Option<u32>>,
    /// A number that this claim has and no other one. A claim that is repeated with the same number gets the same attempt;
    /// one with another number learns that the earlier attempt is lost.
    pub nonce: Option<u64>,
}

impl Claim {
    /// The claim of this worker, under a lease of this length.
    pub fn new(worker: impl Into<String>, lease: Duration) -> Self {
        Claim { worker: worker.into(), lease, paid: 0, limit: None, nonce: None }
    }

    /// Sets the thousandths of a token that the bucket has paid.
    #[must_use]
    pub fn paid(self, paid: u64) -> Self {
        Claim { paid, ..self }
    }

    /// Sets the number of attempts that the policy allows now.
    #[must_use]
    pub fn limit(self, limit: Option<u32>) -> Self {
        Claim { limit: Some(limit), ..self }
    }

    /// Sets the number that only this claim has.
    #[must_use]
    pub fn nonce(self, nonce: u64) -> Self {
        Claim { nonce: Some(nonce), ..self }
    }
}

/// The reply of a task. See [`Ask`] for the request that each belongs to.
///
/// ```
/// use retry_runtime::resume::Next;
/// use retry_tasks::Record;
/// use retry_tasks::machine::{Ask, Reply};
///
/// /// The next request of a worker; `judge` knows the function.
/// fn after_claim(reply: Reply, judge: &dyn Fn(&Record) -> Next) -> Option<Ask> {
///     match reply {
///         Reply::Lost { task } => Some(Ask::Lose { fence: task.fence, next: judge(&task) }),
///         _ => None,
///     }
/// }
/// # let _ = after_claim;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// The attempt may start; the task's record has everything that the worker needs.
    Claimed,
    /// An earlier attempt of this task never ended, and its holder is gone: [judge](retry_runtime::resume::judge) its
    /// [standing](Record::standing) and ask [`Ask::Lose`].
    Lost {
        /// The task, with the earlier attempt still running.
        task: Box<Record>,
    },
    /// The task is due later.
    NotDue(Time),
    /// The task has ended in this state.
    Ended(State),
    /// The task has not ended.
    Open,
    /// The fencing token is valid; the task is in this state now.
    Held(State),
    /// The fencing token is no longer valid, and nothing has changed; the task is in this state.
    Gone(State),
    /// The order was carried out.
    Ordered(Ordered),
    /// The order was refused in this state.
    Refused(State),
    /// By how much the due time was too late; `None` when a rule explains it.
    Repaired(Option<Duration>),
    /// The task answers for its key.
    Answers(TaskId),
    /// The key is free.
    Yielded,
}

/// Something that the rest of a store must know or keep, in this order, after a change of the task has been committed.
///
/// ```
/// use retry_tasks::TaskAttempt;
/// use retry_tasks::machine::Told;
///
/// /// The history, where a store keeps it apart from the task.
/// fn follow(history: &mut Vec<TaskAttempt>, told: &Told) {
///     match told {
///         Told::Attempt(attempt) => history.push(attempt.clone()),
///         Told::GoesOn(fence) => history.retain(|attempt| attempt.fence != *fence),
///         Told::Forgotten => history.clear(),
///         _ => {}
///     }
/// }
/// # let _ = follow;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Told {
    /// An event, with the duration and the call that end with it.
    Event {
        /// The event.
        kind: EventKind,
        /// The duration that ends with the event.
        measured: Option<Measured>,
        /// The reason for which the call has ended, when the engine has not counted it.
        ended: Option<StopReason>,
    },
    /// An attempt has ended. A store that keeps the history elsewhere adds it there, in place of one with the same fencing
    /// token.
    Attempt(TaskAttempt),
    /// The attempt with this fencing token, which was lost, goes on: it leaves the history.
    GoesOn(u64),
    /// The history is empty.
    Forgotten,
}

impl Told {
    pub(super) const fn event(kind: EventKind) -> Self {
        Told::Event { kind, measured: None, ended: None }
    }
}
