//! The operations on leases: one renews them, one closes those that are lost.

use std::time::Duration;

use retry_runtime::StopReason;
use retry_runtime::resume::Next;

use super::{
    aside::one, aside::set_aside, finish::end_attempt, finish::keep, finish::task_of,
    job::Operation, job::Touches, job::Transaction, sweep::end_overdue, table::Held, table::Table,
};
use crate::machine::{Ask, Reply, Task, apply, finish::AttemptEnd, lease::Lease};
use crate::record::Progress;
use crate::store::error::Result;

/// Renews leases of this process and stores the new progress of their tasks. Replies with the leases that were lost.
#[derive(Clone, Debug)]
pub(super) struct Renew {
    pub(super) leases: Vec<(Lease, Duration, Option<Progress>)>,
}

impl Operation for Renew {
    type Reply = Vec<Lease>;

    fn touches(&self) -> Touches {
        Touches::leases(self.leases.iter().map(|(lease, ..)| *lease))
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Vec<Lease>> {
        let mut lost = Vec::new();
        for (lease, length, progress) in &self.leases {
            let kept = one(table, tx, lease.id, |table, tx| {
                renew(table, tx, *lease, *length, progress.as_ref())
            });
            if kept? == Some(false) {
                lost.push(*lease);
            }
        }
        Ok(lost)
    }
}

/// Renews a lease; `false` when it was lost.
fn renew(
    table: &mut dyn Table,
    tx: &mut Transaction,
    lease: Lease,
    length: Duration,
    progress: Option<&Progress>,
) -> Result<bool> {
    let until = tx.now + length;
    if progress.is_none() && table.renew(lease.id, lease.fence, until)? {
        tx.judge.note(lease, until);
        return Ok(true);
    }
    let Some(mut task) = task_of(table, lease)? else { return Ok(false) };
    let ask = Ask::Renew { fence: lease.fence, progress: progress.cloned() };
    let (Reply::Held(_), told) = apply(&mut task, ask, tx.now) else { return Ok(false) };
    keep(table, tx, &task.record, told)?;
    tx.judge.note(lease, until);
    Ok(true)
}

/// Closes the leases that are lost, and fails the tasks of any function whose deadline has passed. Replies with the time
/// until the next lease may be lost, or until the next look is needed.
pub(super) struct Look;

impl Operation for Look {
    type Reply = Option<Duration>;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let verdict = tx.judge.look(table.leases()?, &tx.keeper);
        for Held { lease, .. } in verdict.lost {
            if !tx.aside.has(lease.id) {
                one(table, tx, lease.id, |table, tx| close(table, tx, lease))?;
            }
        }
        let now = tx.now.min(tx.judge.certain());
        let has_more = end_overdue(table, tx, now)?;
        Ok(if has_more { Some(Duration::ZERO) } else { verdict.next })
    }
}

/// Ends the attempt of a lost lease.
fn close(table: &mut dyn Table, tx: &mut Transaction, lease: Lease) -> Result<()> {
    let Some(record) = table.get(lease.id)? else { return Ok(()) };
    if let Some(trouble) = record.trouble.clone() {
        return set_aside(table, tx, &record, &trouble);
    }
    if !record.is_held_under(lease) {
        return Ok(());
    }
    let next = match retry_runtime::site(&record.name) {
        Some(site) => record.after_loss(site, tx.now),
        // Nobody here knows whether it can be repeated.
        None => Next::Stop(StopReason::Ambiguous),
    };
    let end = AttemptEnd::Lost(next.clone());
    let lose = Ask::Lose { fence: lease.fence, next };
    end_attempt(table, tx, &mut Task::of(record), &end, lose).map(drop)
}
