//! The operations on leases: one claims due tasks and takes over those whose leases have run out, one renews leases.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::resume::{judge, limit};
use retry_runtime::{Class, Kind, StopReason};

use super::{
    finish::end_attempt, finish::failures, job::Operation, job::Transaction, table::Due,
    table::Table,
};
use crate::base::time::Time;
use crate::event::{EventKind, Measured};
use crate::machine::{finish::AttemptEnd, lease::Claimed, lease::Lease};
use crate::record::{Progress, Record, reason::FailReason, state::State};
use crate::store::{error::Result, host::Hosted};

/// A function and the number of its attempts that the worker can start: one or more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vacancy {
    pub(super) function: Hosted,
    pub(super) slots: usize,
}

/// Claims due tasks for the free slots of a worker.
pub(super) struct Claim {
    pub(super) vacancies: Vec<Vacancy>,
    pub(super) slots: usize,
    pub(super) worker: Arc<str>,
    pub(super) lease: Duration,
    /// The leases of the worker's running attempts, which seem to have run out when the clock has leapt.
    pub(super) held: Vec<Lease>,
}

/// The claimed tasks, and the due time of the next ones.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) claimed: Vec<Claimed>,
    /// The earliest due time of the functions that have free slots; `None` when no task will become due, or when there were more due tasks than slots.
    pub(super) next: Option<Time>,
}

impl Operation for Claim {
    type Reply = Batch;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Batch> {
        let mut claimed = Vec::new();
        for (function, due) in self.candidates(table, tx.now)? {
            if claimed.len() == self.slots {
                break;
            }
            let Some(record) = table.get(due.id)? else { continue };
            claimed.extend(self.claim(table, tx, function, record)?);
        }
        let mut next: Option<Time> = None;
        if claimed.len() < self.slots {
            for vacancy in &self.vacancies {
                let due = table.next_due(vacancy.function.name)?;
                next = next.into_iter().chain(due).min();
            }
        }
        Ok(Batch { claimed, next })
    }
}

impl Claim {
    /// The due tasks in the order of their claims, at most as many of each function as it has slots.
    fn candidates(&self, table: &mut dyn Table, now: Time) -> Result<Vec<(Hosted, Due)>> {
        let mut candidates = Vec::new();
        for Vacancy { function, slots } in &self.vacancies {
            let due = table.due(function.name, now, self.slots.min(*slots))?;
            candidates.extend(due.into_iter().map(|due| (*function, due)));
        }
        candidates.sort_by_key(|(_, due)| (std::cmp::Reverse(due.priority), due.run_at, due.id));
        Ok(candidates)
    }

    /// Claims a due task. Returns `None` when the worker is still running it, when its attempt was lost, or when its
    /// deadline has passed.
    fn claim(
        &self,
        table: &mut dyn Table,
        tx: &mut Transaction,
        function: Hosted,
        mut record: Record,
    ) -> Result<Option<Claimed>> {
        let until = tx.now + self.lease;
        if record.state == State::Running && self.held.contains(&record.lease()) {
            table.renew(record.id, record.fence, until)?;
            return Ok(None);
        }
        let failures = failures(table, &record)?;
        if record.state == State::Running {
            // The lease has run out. The attempt may or may not have taken effect.
            let lost = Class::new(Kind::Ambiguous);
            let next = judge(function.site, &record.standing(tx.now, failures), lost);
            end_attempt(table, tx, &mut record, AttemptEnd::Lost(next))?;
            return Ok(None);
        }
        if record.is_overdue(tx.now) {
            let late = "its deadline passed before an attempt could start";
            let error = record.last_error.get_or_insert_with(|| late.to_owned()).clone();
            let reason = FailReason::Deadline;
            record.end(tx.now, State::Failed { reason });
            table.update(&record)?;
            let ended = (record.standing(tx.now, failures), StopReason::Deadline);
            tx.emit_with(&record, EventKind::Failed { reason, error }, None, Some(ended));
            return Ok(None);
        }
        // The policy may have changed since the submission.
        record.limit = limit(function.site);
        let queued = record.run_at.map(|due| Measured::Queued(tx.now.since(due)));
        let attempt = record.claim(tx.now, until, &self.worker);
        table.update(&record)?;
        table.put_attempt(record.id, &attempt)?;
        tx.emit_with(&record, EventKind::Started { attempt: record.attempts }, queued, None);
        Ok(Some(record.claimed(tx.now, failures)))
    }
}

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
