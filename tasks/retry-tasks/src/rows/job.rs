//! One operation on its way to the backend and back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use retry_runtime::StopReason;
use retry_runtime::resume::Standing;
use tokio::sync::oneshot;

use super::{aside::Aside, judge::Judge, keeper::Keeper, table::Table};
use crate::base::time::Time;
use crate::event::{Event, EventKind, Measured, bus::Bus, bus::Notice, news::News};
use crate::machine::{Told, lease::Lease};
use crate::record::{Record, id::TaskId};
use crate::store::error::{Result, StoreError};

/// An operation that runs in one transaction.
pub(crate) trait Operation: Send + 'static {
    type Reply: Send + 'static;

    /// The rows that the operation is going to read and change, as far as they are known before.
    fn touches(&self) -> Touches {
        Touches::default()
    }

    /// Carries out the operation. When its transaction fails, this is called again in another one.
    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply>;
}

/// The time of a transaction, and the events to be published after its commit.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) now: Time,
    pub(super) keeper: Arc<Keeper>,
    pub(super) judge: Arc<Judge>,
    pub(super) aside: Arc<Aside>,
    notices: Vec<Notice>,
}

/// The parts of a store that operations work with, besides its rows.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) bus: Arc<Bus>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) judge: Arc<Judge>,
    pub(super) aside: Arc<Aside>,
}

impl Transaction {
    fn new(now: Time, parts: &Parts) -> Self {
        let Parts { keeper, judge, aside, .. } = parts.clone();
        Transaction { now, keeper, judge, aside, notices: Vec::new() }
    }

    /// The number of events so far.
    pub(super) fn events(&self) -> usize {
        self.notices.len()
    }

    /// Forgets the later events: the changes that they tell of were taken back.
    pub(super) fn forget_events(&mut self, after: usize) {
        self.notices.truncate(after);
    }

    /// Notes an event that follows from a change of the task.
    pub(super) fn tell(&mut self, record: &Record, told: Told) {
        if let Told::Event { kind, measured, ended } = told {
            let ended = ended.map(|reason| (record.standing(self.now), reason));
            self.emit_with(record, kind, measured, ended);
        }
    }

    pub(crate) fn emit(&mut self, record: &Record, kind: EventKind) {
        self.emit_with(record, kind, None, None);
    }

    /// Emits an event with the duration and the call that end with it.
    pub(crate) fn emit_with(
        &mut self,
        record: &Record,
        kind: EventKind,
        measured: Option<Measured>,
        ended: Option<(Standing, StopReason)>,
    ) {
        let event = Event { at: self.now, id: record.id, name: record.name.clone(), kind };
        self.notices.push(Notice { event, measured, ended });
    }
}

/// The rows that a [`Job`] is going to read and change, as far as they are known before it is applied.
///
/// A store on another machine reads and locks the rows of a whole batch of jobs with one statement, in the order of the
/// identifiers, so that two processes never wait for each other.
///
/// ```
/// use retry_tasks::rows::{Job, Touches};
///
/// /// The rows of a batch.
/// fn of(batch: &[Job]) -> Touches {
///     let mut all = Touches::default();
///     batch.iter().for_each(|job| all.add(job.touches()));
///     all
/// }
/// assert!(of(&[]).tasks.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Touches {
    /// Tasks by their identifiers.
    pub tasks: Vec<TaskId>,
    /// Tasks by the names of their functions and their unique keys. Some may not exist.
    pub keys: Vec<(String, String)>,
    /// Running tasks by the leases of attempts of this process, which nobody else changes while the lease is valid. A store
    /// that remembers the row of a task need not read it, if it makes sure, when it writes, that the row is still the same.
    pub leases: Vec<Lease>,
}

impl Touches {
    /// The rows of these tasks.
    pub(crate) fn tasks(tasks: impl IntoIterator<Item = TaskId>) -> Self {
        Touches { tasks: tasks.into_iter().collect(), ..Touches::default() }
    }

    /// The rows of the tasks with these leases.
    pub(crate) fn leases(leases: impl IntoIterator<Item = Lease>) -> Self {
        Touches { leases: leases.into_iter().collect(), ..Touches::default() }
    }

    /// Adds other rows.
    pub fn add(&mut self, other: Touches) {
        self.tasks.extend(other.tasks);
        self.keys.extend(other.keys);
        self.leases.extend(other.leases);
    }
}

/// An operation for a [`Backend`](super::Backend): apply it in a transaction, commit, then reply.
pub type Job = Box<dyn AnyJob>;

/// The steps of a [`Job`].
///
/// ```
/// use retry_tasks::Time;
/// use retry_tasks::rows::{AnyJob, Job, Table};
///
/// /// One transaction of a backend.
/// fn transact(mut job: Job, table: &mut dyn Table, now: Time) {
///     let done = job.apply(table, now);
///     job.reply(done); // after the commit
/// }
/// # let _ = transact;
/// ```
#[must_use = "a dropped job gets no reply"]
pub trait AnyJob: Send {
    /// Applies the operation. When its transaction fails, the job may be applied again.
    ///
    /// # Errors
    ///
    /// The table's failure. The transaction must be rolled back then.
    fn apply(&mut self, table: &mut dyn Table, now: Time) -> Result<()>;

    /// The rows that [`apply`](Self::apply) is going to read and change, as far as they are known.
    fn touches(&self) -> Touches {
        Touches::default()
    }

    /// The news for other processes after the commit of what was [applied](Self::apply).
    fn news(&self) -> News {
        News::default()
    }

    /// Replies to the caller: after the commit, or with the reason for which there was none.
    fn reply(self: Box<Self>, committed: Result<()>);
}

/// Makes the job of an operation, and the receiver of its reply.
pub(super) fn job<O: Operation>(
    operation: O,
    parts: Parts,
) -> (Job, oneshot::Receiver<Result<O::Reply>>) {
    let (sender, receiver) = oneshot::channel();
    (Box::new(Pending { operation, reply: None, sender, parts }), receiver)
}

struct Pending<O: Operation> {
    operation: O,
    reply: Option<(O::Reply, Vec<Notice>)>,
    sender: oneshot::Sender<Result<O::Reply>>,
    parts: Parts,
}

impl<O: Operation> AnyJob for Pending<O> {
    fn apply(&mut self, table: &mut dyn Table, now: Time) -> Result<()> {
        self.reply = None;
        let mut tx = Transaction::new(now, &self.parts);
        // The thread of the store must go on for the other jobs.
        let applied = catch_unwind(AssertUnwindSafe(|| self.operation.apply(table, &mut tx)));
        let reply = applied.unwrap_or_else(|_| {
            let detail = "an operation of the task store panicked; please report the message above";
            Err(StoreError::Other { detail: detail.to_owned() })
        })?;
        self.reply = Some((reply, tx.notices));
        Ok(())
    }

    fn touches(&self) -> Touches {
        self.operation.touches()
    }

    fn news(&self) -> News {
        let notices = self.reply.iter().flat_map(|(_, notices)| notices);
        let mut news = News::default();
        for event in notices.map(|notice| &notice.event) {
            news.is_claimable |= event.kind.may_make_due();
            if event.kind == EventKind::Cancelled {
                news.cancelled.push(event.id);
            }
        }
        news
    }

    fn reply(self: Box<Self>, committed: Result<()>) {
        let Pending { reply, sender, parts, .. } = *self;
        let reply = committed.and_then(|()| reply.ok_or_else(StoreError::closed));
        let reply = reply.map(|(reply, notices)| {
            // Before the reply, so that its receiver finds the events published.
            parts.bus.publish(notices);
            reply
        });
        // The caller may have stopped waiting.
        let _ = sender.send(reply);
    }
}
