//! The operation that stores a submitted task.

use super::{job::Operation, job::Transaction, table::Table};
use crate::event::EventKind;
use crate::record::{NewTask, Record};
use crate::store::{Submitted, error::Result};

/// Stores a task, unless another one answers for its key.
pub(super) struct Submit(pub(super) NewTask);

impl Operation for Submit {
    type Reply = Submitted;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Submitted> {
        if let Some(mut holder) = self.holder(table)? {
            if holder.answers_for_key(tx.now) {
                return Ok(Submitted { id: holder.id, existing: true });
            }
            holder.key = None;
            table.update(&holder)?;
        }
        let record = Record::new(self.0.clone(), tx.now);
        table.insert(&record)?;
        tx.emit(&record, EventKind::Submitted);
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
