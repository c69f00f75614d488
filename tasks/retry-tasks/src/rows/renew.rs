//! The operation that renews leases and stores progress.

use std::time::Duration;

use super::{job::Operation, job::Transaction, table::Table};
use crate::event::EventKind;
use crate::machine::lease::Lease;
use crate::record::Progress;
use crate::store::error::Result;

/// Renews leases of a worker and stores the new progress of their tasks. Replies with the leases that the worker has
/// lost.
pub(super) struct Renew {
    pub(super) leases: Vec<(Lease, Option<Progress>)>,
    pub(super) length: Duration,
}

impl Operation for Renew {
    type Reply = Vec<Lease>;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Vec<Lease>> {
        let until = tx.now + self.length;
        let mut lost = Vec::new();
        for (lease, progress) in &self.leases {
            let Some(progress) = progress else {
                if !table.renew(lease.id, lease.fence, until)? {
                    lost.push(*lease);
                }
                continue;
            };
            match table.get(lease.id)?.filter(|record| record.is_held_under(*lease)) {
                Some(mut record) => {
                    record.run_at = Some(until);
                    record.progress = Some(progress.clone());
                    table.update(&record)?;
                    tx.emit(&record, EventKind::Progress(progress.clone()));
                }
                None => lost.push(*lease),
            }
        }
        Ok(lost)
    }
}
