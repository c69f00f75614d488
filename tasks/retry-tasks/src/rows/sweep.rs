//! The operations that look after tasks which no worker claims: past deadlines, and due times that no rule explains.

use std::time::Duration;

use super::{aside::one, finish::keep, job::Operation, job::Transaction, table::Table};
use crate::base::time::Time;
use crate::machine::{Ask, Reply, Task, apply};
use crate::record::id::TaskId;
use crate::store::error::Result;

/// The greatest number of tasks that one operation ends or repairs.
pub(super) const SWEPT: usize = 200;

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
        Some(record) if record.trouble.is_none() => {
            let mut task = Task::of(record);
            match apply(&mut task, Ask::Expire, tx.now) {
                (Reply::Ended(_), told) if !told.is_empty() => keep(table, tx, &task.record, told),
                _ => Ok(()),
            }
        }
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
                    let record = table.get(id)?.filter(|record| record.trouble.is_none());
                    let Some(mut task) = record.map(Task::of) else { return Ok(None) };
                    let Reply::Repaired(Some(by)) = apply(&mut task, Ask::Repair, tx.now).0 else {
                        return Ok(None);
                    };
                    table.update(&task.record)?;
                    Ok(Some(by))
                })?;
                repaired.extend(by.flatten().map(|by| (id, by)));
            }
        }
        Ok(repaired)
    }
}
