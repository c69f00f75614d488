//! The operation that removes old tasks.

use super::{job::Operation, job::Transaction, table::Table};
use crate::machine::retention::Retention;
use crate::store::error::Result;

/// Removes some of the tasks that the retention does not keep. Replies with their number.
pub(super) struct Prune(pub(super) Retention);

impl Prune {
    /// The greatest number of tasks to remove in one transaction, so that other writers do not wait long.
    pub(super) const CHUNK: usize = 500;
}

impl Operation for Prune {
    type Reply = usize;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<usize> {
        let ended = if self.0.count.is_some() { table.ended()? } else { 0 };
        let mut removed = 0;
        for (id, ended_at) in table.oldest_ended(Self::CHUNK)? {
            if !self.0.expires(tx.now, ended_at, ended.saturating_sub(removed as u64)) {
                break;
            }
            table.remove(id)?;
            removed += 1;
        }
        Ok(removed)
    }
}
