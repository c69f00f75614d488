//! One operation on its way to the store and back.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use retry_runtime::StopReason;
use retry_runtime::resume::Standing;
use tokio::sync::oneshot;

use super::bus::Bus;
use super::table::Table;
use crate::event::{Event, What};
use crate::record::{AttemptOutcome, Record};
use crate::{StoreError, Time};

/// What is done in one transaction.
pub(crate) trait Operation: Send + 'static {
    type Reply: Send + 'static;

    /// Carries it out. It may be called again, in a transaction of its own, when the first one failed.
    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<Self::Reply, StoreError>;
}

/// The time of a transaction, and what has happened in it.
#[derive(Debug)]
pub(crate) struct At {
    pub(crate) now: Time,
    told: Vec<Told>,
}

/// Something that has happened once the transaction is committed.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: Event,
    /// How long what it ends has taken.
    pub(crate) measured: Option<Measured>,
    /// A call that ended without a decision of its last attempt, which nobody has counted yet.
    pub(crate) ended: Option<(Standing, StopReason)>,
}

/// A time that was measured.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "only metrics ask for it"))]
pub(crate) enum Measured {
    /// From when it was due to the start of an attempt.
    Queued(Duration),
    /// An attempt.
    Attempt(AttemptOutcome, Duration),
}

impl At {
    fn new(now: Time) -> Self {
        At { now, told: Vec::new() }
    }

    pub(crate) fn tell(&mut self, record: &Record, what: What) {
        self.tell_all(record, what, None, None);
    }

    pub(crate) fn tell_all(
        &mut self,
        record: &Record,
        what: What,
        measured: Option<Measured>,
        ended: Option<(Standing, StopReason)>,
    ) {
        let event = Event { at: self.now, id: record.id, name: record.name.clone(), what };
        self.told.push(Told { event, measured, ended });
    }
}

/// An operation, for whoever has the rows: apply it in a transaction, commit, then answer.
#[must_use = "a job that is dropped is never answered"]
pub struct Job(Box<dyn AnyJob>);

impl Job {
    pub(crate) fn new<O: Operation>(
        operation: O,
        bus: Arc<Bus>,
    ) -> (Job, oneshot::Receiver<Result<O::Reply, StoreError>>) {
        let (sender, receiver) = oneshot::channel();
        (Job(Box::new(Pending { operation, reply: None, sender, bus })), receiver)
    }

    /// Carries the operation out; it may be applied again when its transaction has failed.
    ///
    /// # Errors
    ///
    /// Those of the table. The transaction must be rolled back then.
    pub fn apply(&mut self, table: &mut dyn Table, now: Time) -> Result<(), StoreError> {
        self.0.apply(table, now)
    }

    /// Answers whoever waits: after the commit, or with the reason why there was none.
    pub fn answer(self, committed: Result<(), StoreError>) {
        self.0.answer(committed);
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

trait AnyJob: Send {
    fn apply(&mut self, table: &mut dyn Table, now: Time) -> Result<(), StoreError>;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<O: Operation> {
    operation: O,
    reply: Option<(O::Reply, Vec<Told>)>,
    sender: oneshot::Sender<Result<O::Reply, StoreError>>,
    bus: Arc<Bus>,
}

impl<O: Operation> AnyJob for Pending<O> {
    fn apply(&mut self, table: &mut dyn Table, now: Time) -> Result<(), StoreError> {
        self.reply = None;
        let mut at = At::new(now);
        let reply = self.operation.apply(table, &mut at)?;
        self.reply = Some((reply, at.told));
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Pending { reply, sender, bus, .. } = *self;
        let answer = match (committed, reply) {
            (Ok(()), Some((reply, told))) => {
                // Told before the answer: who waits for it finds the event there.
                bus.publish(told);
                Ok(reply)
            }
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(closed()),
        };
        // Whoever asked may have stopped waiting.
        let _ = sender.send(answer);
    }
}

/// The store is being closed.
pub(crate) fn closed() -> StoreError {
    StoreError::Other { detail: "the task store is closed".to_owned() }
}
