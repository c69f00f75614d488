//! The operations: each reads and writes rows in one transaction.

use retry_runtime::resume::Next;
use retry_runtime::{Failures, StopReason};

use super::job::{At, Measured, Operation};
use super::table::{Retention, Table};
use crate::analytics::Analytics;
use crate::event::What;
use crate::list::{Counts, Filter, Page};
use crate::machine::Attempted;
use crate::record::{AttemptOutcome, Lease, NewTask, Progress, Record, TaskAttempt};
use crate::verb::Ordered;
use crate::{State, StoreError, TaskId, Time, Verb};

type Result<T> = std::result::Result<T, StoreError>;

/// A task that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submitted {
    /// Its identifier.
    pub id: TaskId,
    /// Whether it was there already, under the same key.
    pub existing: bool,
}

pub(crate) struct Submit(pub(crate) NewTask);

impl Operation for Submit {
    type Reply = Submitted;

    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<Submitted> {
        if let Some(mut holder) = self.holder(table)? {
            if holder.answers_for(at.now) {
                return Ok(Submitted { id: holder.id, existing: true });
            }
            holder.key = None;
            table.update(&holder)?;
        }
        let record = Record::new(self.0.clone(), at.now);
        table.insert(&record)?;
        at.tell(&record, What::Submitted);
        Ok(Submitted { id: record.id, existing: false })
    }
}

impl Submit {
    /// The task that has the key.
    fn holder(&self, table: &mut dyn Table) -> Result<Option<Record>> {
        let Some(key) = &self.0.key else { return Ok(None) };
        match table.keyed(&self.0.name, key)? {
            Some(id) => table.get(id),
            None => Ok(None),
        }
    }
}

/// The end of an attempt. Refused, with the task's state, when the claim is no longer valid.
pub(crate) struct Finish {
    pub(crate) lease: Lease,
    pub(crate) done: Attempted,
    pub(crate) progress: Option<Progress>,
}

impl Operation for Finish {
    type Reply = Option<std::result::Result<State, State>>;

    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<Self::Reply> {
        let Some(mut record) = table.get(self.lease.id)? else { return Ok(None) };
        if record.lease() != self.lease || record.state != State::Running {
            return Ok(Some(Err(record.state)));
        }
        if self.progress.is_some() {
            record.progress = self.progress.clone();
        }
        end_attempt(table, at, &mut record, self.done.clone())?;
        Ok(Some(Ok(record.state)))
    }
}

/// Writes how an attempt ended, and what becomes of the task.
pub(super) fn end_attempt(
    table: &mut dyn Table,
    at: &mut At,
    record: &mut Record,
    done: Attempted,
) -> Result<()> {
    let id = record.id;
    let (number, mut measured, mut ended) = (record.attempts, None, None);
    let held_back = match &done {
        Attempted::NotMade(delay) => Some(What::HeldBack { attempt: number, delay: *delay }),
        _ => None,
    };
    let lost = match &done {
        Attempted::Lost(next) => Some(next.clone()),
        _ => None,
    };
    if let Some(attempt) = table.attempt(id, record.fence)? {
        let (fence, started) = (attempt.fence, attempt.started);
        match record.finish(at.now, attempt, done) {
            Some(attempt) => {
                measured = Some(Measured::Attempt(attempt.outcome, at.now.since(started)));
                table.put_attempt(id, &attempt)?;
            }
            None => table.forget_attempts(id, Some(fence))?,
        }
    }
    table.update(record)?;
    if let Some(next) = lost {
        if let Next::Stop(reason) = next {
            ended = Some((record.standing(at.now, failures(table, record)?), reason));
        }
        at.tell_all(record, What::Lost { attempt: number }, measured.take(), None);
    }
    at.tell_all(record, held_back.unwrap_or_else(|| what(record)), measured, ended);
    Ok(())
}

/// What the failures of the present round of attempts meant.
pub(super) fn failures(table: &mut dyn Table, record: &Record) -> Result<Failures> {
    let mut failures = Failures::default();
    if record.round > 0 {
        let attempts = table.attempts(record.id)?;
        let kinds = attempts.iter().rev().filter_map(|attempt| attempt.kind);
        kinds.take(record.round as usize).for_each(|kind| *failures.of(kind) += 1);
    }
    Ok(failures)
}

/// What has become of a task whose attempt has ended.
fn what(record: &Record) -> What {
    let error = || record.last_error.clone().unwrap_or_default();
    match record.state {
        State::Complete => What::Completed,
        State::Failed { reason } => What::Failed { reason, error: error() },
        State::Cancelled => What::Cancelled,
        State::Waiting { .. } => What::Waiting {
            attempt: record.attempts,
            kind: record.last_kind,
            error: error(),
            delay: record.last_delay.unwrap_or_default(),
        },
        State::Pending | State::Running => What::Returned,
    }
}

pub(crate) struct Order(pub(crate) TaskId, pub(crate) Verb);

impl Operation for Order {
    type Reply = Option<std::result::Result<Ordered, State>>;

    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<Self::Reply> {
        let Order(id, verb) = *self;
        let Some(mut record) = table.get(id)? else { return Ok(None) };
        let (before, fence) = (record.state, record.fence);
        if !record.order(at.now, verb) {
            return Ok(Some(Err(before)));
        }
        let measured = match before {
            State::Running => break_off(table, id, fence, at.now)?,
            _ => None,
        };
        if verb == Verb::Reset {
            table.forget_attempts(id, None)?;
        }
        table.update(&record)?;
        let what = match verb {
            Verb::Cancel => What::Cancelled,
            Verb::Reset => What::Reset,
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => What::Retried,
        };
        let ended = match verb {
            Verb::Cancel => {
                let standing = record.standing(at.now, failures(table, &record)?);
                Some((standing, StopReason::Cancelled))
            }
            _ => None,
        };
        at.tell_all(&record, what, measured, ended);
        Ok(Some(Ok(Ordered { before, after: record.state })))
    }
}

/// The attempt that runs does not count any more.
fn break_off(table: &mut dyn Table, id: TaskId, fence: u64, now: Time) -> Result<Option<Measured>> {
    let Some(mut attempt) = table.attempt(id, fence)? else { return Ok(None) };
    attempt.ended = Some(now);
    attempt.outcome = AttemptOutcome::Cancelled;
    table.put_attempt(id, &attempt)?;
    Ok(Some(Measured::Attempt(attempt.outcome, now.since(attempt.started))))
}

/// A worker is alive: its leases hold until then, and this is how far its tasks are. Answers which of them
/// it has lost.
pub(crate) struct Renew {
    pub(crate) leases: Vec<(Lease, Option<Progress>)>,
    pub(crate) lease: std::time::Duration,
}

impl Operation for Renew {
    type Reply = Vec<Lease>;

    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<Vec<Lease>> {
        let until = at.now + self.lease;
        let mut gone = Vec::new();
        for (lease, progress) in &self.leases {
            match progress {
                None if table.renew(lease.id, lease.fence, until)? => {}
                None => gone.push(*lease),
                Some(progress) => match table.get(lease.id)? {
                    Some(mut record)
                        if record.lease() == *lease && record.state == State::Running =>
                    {
                        record.run_at = Some(until);
                        record.progress = Some(progress.clone());
                        table.update(&record)?;
                        at.tell(&record, What::Progress(progress.clone()));
                    }
                    _ => gone.push(*lease),
                },
            }
        }
        Ok(gone)
    }
}

/// A task, and its attempts where they are asked for.
pub(crate) struct Load(pub(crate) TaskId, pub(crate) bool);

impl Operation for Load {
    type Reply = Option<(Record, Vec<TaskAttempt>)>;

    fn apply(&mut self, table: &mut dyn Table, _: &mut At) -> Result<Self::Reply> {
        let Some(record) = table.get(self.0)? else { return Ok(None) };
        let attempts = if self.1 { table.attempts(self.0)? } else { Vec::new() };
        Ok(Some((record, attempts)))
    }
}

pub(crate) struct List(pub(crate) Filter, pub(crate) bool);

impl Operation for List {
    type Reply = Page<(Record, Vec<TaskAttempt>)>;

    fn apply(&mut self, table: &mut dyn Table, _: &mut At) -> Result<Self::Reply> {
        let Page { tasks, next } = table.list(&self.0)?;
        let mut full = Vec::with_capacity(tasks.len());
        for record in tasks {
            let attempts = if self.1 { table.attempts(record.id)? } else { Vec::new() };
            full.push((record, attempts));
        }
        Ok(Page { tasks: full, next })
    }
}

pub(crate) struct Count;

impl Operation for Count {
    type Reply = Counts;

    fn apply(&mut self, table: &mut dyn Table, _: &mut At) -> Result<Counts> {
        table.counts()
    }
}

pub(crate) struct Analyse(pub(crate) Option<String>);

impl Operation for Analyse {
    type Reply = Analytics;

    fn apply(&mut self, table: &mut dyn Table, _: &mut At) -> Result<Analytics> {
        table.analytics(self.0.as_deref())
    }
}

/// Removes some of the tasks that need not be kept any more, and says how many.
pub(crate) struct Prune(pub(crate) Retention);

impl Prune {
    /// Removed in one transaction, so that others do not wait for long.
    pub(crate) const CHUNK: usize = 500;
}

impl Operation for Prune {
    type Reply = usize;

    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<usize> {
        let before: Option<Time> = self.0.age.map(|age| at.now.before(age));
        table.prune(before, self.0.count, Self::CHUNK)
    }
}
