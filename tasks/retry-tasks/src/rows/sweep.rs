//! The operations that look after tasks which no worker claims: past deadlines, and due times that no rule explains.

use std::time::Duration;

use retry_runtime::StopReason;

use super::{aside::one, job::Operation, job::Transaction, table::Table};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::record::{Record, id::TaskId, reason::FailReason, state::State};
use crate::store::error::Result;

/// The greatest number of tasks that one operation ends or repairs.
pub(super) const SWEPT: usize = 200;

/// Fails a task whose deadline has passed before an attempt could start.
pub(super) fn fail_overdue(
    table: &mut dyn Table,
    tx: &mut Transaction,
    record: &mut Record,
) -> Result<()> {
    let late = "its deadline passed before an attempt could start";
    let error = record.last_error.get_or_insert_with(|| late.to_owned()).clone();
    let reason = FailReason::Deadline;
    record.end(tx.now, State::Failed { reason });
    table.update(record)?;
    let ended = (record.standing(tx.now), StopReason::Deadline);
    tx.emit_with(record, EventKind::Failed { reason, error }, None, Some(ended));
    Ok(())
}

/// Fails the tasks of any function whose deadline has passed. Returns whether there may be more.
pub(super) fn end_overdue(table: &mut dyn Table, tx: &mut Transaction, now: Time) -> Result<bool> {
    let overdue = table.overdue(now, SWEPT)?;
    for id in &overdue {
        if !tx.aside.has(*id) {
            one(table, tx, *id, |table, tx| end_one(table, tx, *id))?;
        }
    }
    Ok(overdue.len() == SWEPT)
}

fn end_one(table: &mut dyn Table, tx: &mut Transaction, id: TaskId) -> Result<()> {
    match table.get(id)? {
        Some(mut record) if record.trouble.is_none() => fail_overdue(table, tx, &mut record),
        _ => Ok(()),
    }
}

/// Repairs due times that no rule explains.
pub(super) struct Repair {
    pub(super) functions: Vec<&'static str>,
}

impl Operation for Repair {
    /// The repaired tasks, with the time by which each was too late.
    type Reply = Vec<(TaskId, Duration)>;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let mut repaired = Vec::new();
        for name in &self.functions {
            for id in table.far_away(name, tx.now, SWEPT)? {
                let by = one(table, tx, id, |table, tx| {
                    let Some(mut record) = table.get(id)? else { return Ok(None) };
                    let by = record.repair(tx.now).filter(|_| record.trouble.is_none());
                    if by.is_some() {
                        table.update(&record)?;
                    }
                    Ok(by)
                })?;
                repaired.extend(by.flatten().map(|by| (id, by)));
            }
        }
        Ok(repaired)
    }
}
