//! The operation that stores the end of an attempt.

use retry_runtime::Kind;
use retry_runtime::resume::Next;

use super::{job::Operation, job::Touches, job::Transaction, renew::held, table::Table};
use crate::base::time::Time;
use crate::event::{EventKind, Measured};
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
        Touches::tasks([self.lease.id])
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let Some(mut record) = held(table, self.lease, tx.now)? else {
            return Ok(table.get(self.lease.id)?.map(|record| Err(record.state)));
        };
        if self.progress.is_some() {
            record.progress = self.progress.clone();
        }
        end_attempt(table, tx, &mut record, self.end.clone())?;
        Ok(Some(Ok(record.state)))
    }
}

/// Stores the end of the running attempt and its consequence for the task.
pub(super) fn end_attempt(
    table: &mut dyn Table,
    tx: &mut Transaction,
    record: &mut Record,
    end: AttemptEnd,
) -> Result<()> {
    let (id, number) = (record.id, record.attempts);
    let site = retry_runtime::site(&record.name);
    // A function that has never paid has a full bucket, so most successes change none.
    let changes_none =
        matches!(end, AttemptEnd::Succeeded(_)) && table.bucket(&record.name)?.is_none();
    let pace = site.filter(|_| !changes_none).and_then(Pace::of);
    if let Some(pace) = pace {
        account(table, tx.now, record, pace, &end)?;
    }
    let (mut measured, mut ended, mut unmade, mut lost) = (None, None, None, None);
    // The engine counts the calls that end by its decision after an attempt that has returned.
    let panicked = match &end {
        AttemptEnd::Panicked(_, Next::Stop(reason)) => Some(*reason),
        _ => None,
    };
    match &end {
        AttemptEnd::HeldBack(delay) => {
            unmade = Some(EventKind::HeldBack { attempt: number, delay: *delay });
        }
        AttemptEnd::Snoozed(delay) => unmade = Some(EventKind::Snoozed { delay: *delay }),
        AttemptEnd::Misfit(error) => unmade = Some(EventKind::Misfit { error: error.clone() }),
        AttemptEnd::Lost(next) => lost = Some(next.clone()),
        _ => {}
    }
    if let Some(attempt) = record.running_attempt() {
        let started = attempt.started;
        if let Some(attempt) = record.finish(tx.now, attempt, end) {
            measured = Some(Measured::Attempt(attempt.outcome, tx.now.since(started)));
            table.put_attempt(id, &attempt)?;
        }
    }
    if site.is_some() && pace.is_none() && !record.paced {
        record.settle_free(tx.now);
    }
    table.update(record)?;
    if let Some(reason) = panicked {
        ended = Some((record.standing(tx.now), reason));
    }
    if let Some(next) = lost {
        if let Next::Stop(reason) = next {
            ended = Some((record.standing(tx.now), reason));
        }
        let lost = EventKind::Lost { attempt: number };
        tx.emit_with(record, lost, measured.take(), None);
    }
    // A misfit may be final.
    let kind = unmade.filter(|_| !record.state.is_ended()).unwrap_or_else(|| consequence(record));
    tx.emit_with(record, kind, measured, ended);
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

/// The event that follows from the state after an attempt.
fn consequence(record: &Record) -> EventKind {
    let error = || record.last_error.clone().unwrap_or_default();
    match record.state {
        State::Complete => EventKind::Completed,
        State::Failed { reason } => EventKind::Failed { reason, error: error() },
        State::Cancelled => EventKind::Cancelled,
        State::Waiting { .. } | State::HeldBack { .. } => EventKind::Waiting {
            attempt: record.attempts,
            kind: record.last_kind,
            error: error(),
            delay: record.last_delay.unwrap_or_default(),
        },
        State::Pending | State::Running => EventKind::Returned,
    }
}
