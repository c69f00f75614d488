//! The operations that only read.

use super::{job::Operation, job::Transaction, table::Table};
use crate::record::Record;
use crate::store::{Stored, error::Result};

/// An operation that only reads.
pub(super) struct Query<F>(pub(super) F);

impl<T, F> Operation for Query<F>
where
    T: Send + 'static,
    F: FnMut(&mut dyn Table) -> Result<T> + Send + 'static,
{
    type Reply = T;

    fn apply(&mut self, table: &mut dyn Table, _: &mut Transaction) -> Result<T> {
        (self.0)(table)
    }
}

/// Adds the attempts to a task, if `attempts` is set.
pub(super) fn stored(table: &mut dyn Table, record: Record, attempts: bool) -> Result<Stored> {
    let attempts = if attempts { table.attempts(record.id)? } else { Vec::new() };
    Ok((record, attempts))
}
