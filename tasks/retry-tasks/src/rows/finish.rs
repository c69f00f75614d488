//! The operation that stores the end of an attempt.

use retry_runtime::Failures;
use retry_runtime::resume::Next;

use super::{job::Operation, job::Transaction, table::Table};
use crate::event::{EventKind, Measured};
use crate::machine::{finish::AttemptEnd, lease::Lease};
use crate::record::{Progress, Record, state::State};
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

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let Some(mut record) = table.get(self.lease.id)? else { return Ok(None) };
        if !record.is_held_under(self.lease) {
            return Ok(Some(Err(record.state)));
        }
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
    let (mut measured, mut ended, mut held_back, mut lost) = (None, None, None, None);
    match &end {
        AttemptEnd::HeldBack(delay) => held_back = Some(*delay),
        AttemptEnd::Lost(next) => lost = Some(next.clone()),
        _ => {}
    }
    if let Some(attempt) = table.attempt(id, record.fence)? {
        let (fence, started) = (attempt.fence, attempt.started);
        match record.finish(tx.now, attempt, end) {
            Some(attempt) => {
                measured = Some(Measured::Attempt(attempt.outcome, tx.now.since(started)));
                table.put_attempt(id, &attempt)?;
            }
            None => table.remove_attempts(id, Some(fence))?,
        }
    }
    table.update(record)?;
    if let Some(next) = lost {
        if let Next::Stop(reason) = next {
            ended = Some((record.standing(tx.now, failures(table, record)?), reason));
        }
        let lost = EventKind::Lost { attempt: number };
        tx.emit_with(record, lost, measured.take(), None);
    }
    let kind = match held_back {
        Some(delay) => EventKind::HeldBack { attempt: number, delay },
        None => consequence(record),
    };
    tx.emit_with(record, kind, measured, ended);
    Ok(())
}

/// Counts the failures of the current round of attempts by kind.
pub(super) fn failures(table: &mut dyn Table, record: &Record) -> Result<Failures> {
    let mut failures = Failures::default();
    if record.round > 0 {
        let attempts = table.attempts(record.id)?;
        let kinds = attempts.iter().rev().filter_map(|attempt| attempt.kind);
        kinds.take(record.round as usize).for_each(|kind| *failures.of(kind) += 1);
    }
    Ok(failures)
}

/// The event that follows from the state after an attempt.
fn consequence(record: &Record) -> EventKind {
    let error = || record.last_error.clone().unwrap_or_default();
    match record.state {
        State::Complete => EventKind::Completed,
        State::Failed { reason } => EventKind::Failed { reason, error: error() },
        State::Cancelled => EventKind::Cancelled,
        State::Waiting { .. } => EventKind::Waiting {
            attempt: record.attempts,
            kind: record.last_kind,
            error: error(),
            delay: record.last_delay.unwrap_or_default(),
        },
        State::Pending | State::Running => EventKind::Returned,
    }
}
