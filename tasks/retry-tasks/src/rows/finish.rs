//! The operation that stores the end of an attempt.

use retry_runtime::Kind;

use super::{job::Operation, job::Touches, job::Transaction, table::Table};
use crate::base::time::Time;
use crate::machine::{Ask, Reply, Task, Told, apply};
use crate::machine::{finish::AttemptEnd, lease::Lease, pace::Pace};
use crate::record::{Progress, Record, lane::Lane, state::State};
use crate::store::error::Result;

/// Stores the end of an attempt. Replies with the new state of the task, or with its present one when the lease is no
/// longer valid.
pub(super) struct Finish {
    pub(super) lease: Lease,
    pub(super) end: AttemptEnd,
    pub(super) progress: Option<Progress>,
}

impl Operation for Finish {
    type Reply = Option<Result<State, State>>;

    fn touches(&self) -> Touches {
        Touches::leases([self.lease])
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let fence = self.lease.fence;
        let Some(mut task) = task_of(table, self.lease)? else { return Ok(None) };
        if !task.may_be_held(fence) {
            return Ok(Some(Err(task.record.state)));
        }
        let ask = Ask::End { fence, end: self.end.clone(), progress: self.progress.clone() };
        Ok(Some(end_attempt(table, tx, &mut task, &self.end, ask)?))
    }
}

/// The task of a lease, with the end of the lease's attempt if somebody has judged the attempt lost.
pub(super) fn task_of(table: &mut dyn Table, lease: Lease) -> Result<Option<Task>> {
    let Some(record) = table.get(lease.id)? else { return Ok(None) };
    let mut task = Task::of(record);
    if task.record.fence == lease.fence && !task.record.is_held_under(lease) {
        task.attempts.extend(table.attempt(lease.id, lease.fence)?);
    }
    Ok(Some(task))
}

/// Ends the running attempt by this request, pays the bucket, and stores both. Replies with the new state, or with the present
/// one when the attempt may no longer change the task.
pub(super) fn end_attempt(
    table: &mut dyn Table,
    tx: &mut Transaction,
    task: &mut Task,
    end: &AttemptEnd,
    ask: Ask,
) -> Result<Result<State, State>> {
    let site = retry_runtime::site(&task.record.name);
    // A function that has never paid has a full bucket, so most successes change none.
    let changes_none =
        matches!(end, AttemptEnd::Succeeded(_)) && table.bucket(&task.record.name)?.is_none();
    let pace = site.filter(|_| !changes_none).and_then(Pace::of);
    if let Some(pace) = pace {
        account(table, tx.now, &mut task.record, pace, end)?;
    }
    let (reply, told) = apply(task, ask, tx.now);
    let Reply::Held(state) = reply else { return Ok(Err(task.record.state)) };
    if site.is_some() && pace.is_none() && !task.record.paced {
        task.record.settle_free(tx.now);
    }
    keep(table, tx, &task.record, told)?;
    Ok(Ok(state))
}

/// Stores a task that a request has changed, and everything that follows from the change.
pub(super) fn keep(
    table: &mut dyn Table,
    tx: &mut Transaction,
    record: &Record,
    told: Vec<Told>,
) -> Result<()> {
    for told in &told {
        match told {
            Told::Attempt(attempt) => table.put_attempt(record.id, attempt)?,
            Told::GoesOn(fence) => table.remove_attempts(record.id, Some(*fence))?,
            Told::Forgotten => table.remove_attempts(record.id, None)?,
            Told::Event { .. } => {}
        }
    }
    table.update(record)?;
    told.into_iter().for_each(|told| tx.tell(record, told));
    Ok(())
}

/// Tells the function's bucket about the end of an attempt.
fn account(
    table: &mut dyn Table,
    now: Time,
    record: &mut Record,
    pace: Pace,
    end: &AttemptEnd,
) -> Result<()> {
    let paid = std::mem::take(&mut record.paid);
    let name = &record.name;
    let is_holding = |table: &mut dyn Table| -> Result<bool> {
        Ok(table.next_due(name, Lane::Paying)?.is_some_and(|due| due <= now))
    };
    let given_back = match end {
        AttemptEnd::Succeeded(_) => {
            // A function without a bucket has never paid, so its bucket is full.
            let Some(stored) = table.bucket(name)? else { return Ok(()) };
            let mut bucket = pace.bucket(Some(stored), now);
            let is_holding = is_holding(table)?;
            return match bucket.succeed(pace, paid, now, is_holding) {
                true => table.put_bucket(name, &bucket),
                false => Ok(()),
            };
        }
        // The other side has answered: the retry was a good bet.
        AttemptEnd::Failed { kind: Some(Kind::Permanent), .. } => paid,
        // The attempt was not made.
        AttemptEnd::HeldBack(_) | AttemptEnd::Misfit(_) | AttemptEnd::Snoozed(_) => paid,
        _ => 0,
    };
    if given_back > 0 {
        let mut bucket = pace.bucket(table.bucket(name)?, now);
        bucket.put(given_back, is_holding(table)?);
        table.put_bucket(name, &bucket)?;
    }
    Ok(())
}
