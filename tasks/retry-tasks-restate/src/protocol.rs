//! The messages between this crate's stores, the objects on the server, and the attempts.

use retry_tasks::machine::{Ask, Reply, Task, Told};
use retry_tasks::{Record, TaskId, Time, Verb};
use serde::{Deserialize, Serialize};

/// A request to the object of a task. The time is the sender's: a handler that is run again must not read another one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) now: Time,
    pub(crate) ask: Ask,
    /// The fencing token that the task had when the attempt was scheduled which claims it now.
    pub(crate) ticket: Option<u64>,
    /// Whether nobody waits for the answer, so that the object itself tells what has happened.
    pub(crate) alone: bool,
}

/// The answer of the object of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) told: Vec<Told>,
    /// The record: whole for a claim, without arguments and result for others.
    pub(crate) record: Box<Record>,
    /// The key that the order needs back first.
    pub(crate) lost_key: Option<String>,
}

/// A new task on its way to its object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Submission {
    pub(crate) now: Time,
    pub(crate) task: Task,
    /// The scope in which the server counts the attempts.
    pub(crate) scope: Option<String>,
}

/// The reply of the object of a key: the task that has the key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub(crate) id: TaskId,
    pub(crate) existing: bool,
}

/// An order for a task that needs its key back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyedOrder {
    pub(crate) now: Time,
    pub(crate) id: TaskId,
    pub(crate) verb: Verb,
}

/// The reply to such an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum KeyedReply {
    /// There is no such task.
    Unknown,
    /// The task's own answer.
    Answer(Box<Answer>),
    /// Another task answers for the key.
    Taken(TaskId),
}

/// An attempt that is scheduled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) id: TaskId,
    pub(crate) name: String,
    /// The fencing token of the task when the attempt was scheduled: an order by hand makes the ticket void.
    pub(crate) fence: u64,
    pub(crate) priority: i32,
    pub(crate) due: Time,
}

/// The names of the services, which the server shows, and which paths and queries contain.
pub(crate) const TASK: &str = "RetryTask";
pub(crate) const KEY: &str = "RetryTaskKey";
