//! Taking tasks that are due, and closing what others have left behind.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::resume::{judge, limit};
use retry_runtime::{Class, Kind, Site, StopReason};

use super::job::{At, Measured, Operation};
use super::ops::{end_attempt, failures};
use super::table::{Due, Table};
use crate::event::What;
use crate::machine::Attempted;
use crate::record::{Claimed, Lease, Record};
use crate::{FailReason, State, StoreError, Time};

type Result<T> = std::result::Result<T, StoreError>;

/// A function that the worker runs, and how many more of it may start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vacancy {
    pub(crate) name: &'static str,
    pub(crate) site: &'static Site,
    pub(crate) places: usize,
}

/// Takes what is due, as far as there are places.
pub(crate) struct Claim {
    pub(crate) vacancies: Vec<Vacancy>,
    pub(crate) places: usize,
    pub(crate) worker: Arc<str>,
    pub(crate) lease: Duration,
    /// What the worker runs: after a leap of the clock its own leases seem to have run out.
    pub(crate) held: Vec<Lease>,
}

/// What was taken, and when there will be more.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) claimed: Vec<Claimed>,
    /// `None` when nothing is known to become due, or when the places were used up before the tasks.
    pub(crate) next: Option<Time>,
}

impl Operation for Claim {
    type Reply = Taken;

    fn apply(&mut self, table: &mut dyn Table, at: &mut At) -> Result<Taken> {
        let mut claimed = Vec::new();
        for (vacancy, due) in self.candidates(table, at.now)? {
            if claimed.len() == self.places {
                break;
            }
            let Some(record) = table.get(due.id)? else { continue };
            claimed.extend(self.take(table, at, vacancy, record)?);
        }
        let next = if claimed.len() < self.places { self.next(table)? } else { None };
        Ok(Taken { claimed, next })
    }
}

impl Claim {
    /// What is due, in the order in which it is taken, and no more of a function than it has places.
    fn candidates(&self, table: &mut dyn Table, now: Time) -> Result<Vec<(Vacancy, Due)>> {
        let mut candidates = Vec::new();
        for vacancy in self.vacancies.iter().filter(|vacancy| vacancy.places > 0) {
            let most = vacancy.places.min(self.places);
            let due = table.due(vacancy.name, now, most)?;
            candidates.extend(due.into_iter().map(|due| (*vacancy, due)));
        }
        candidates.sort_by_key(|(_, due)| (std::cmp::Reverse(due.priority), due.run_at, due.id));
        Ok(candidates)
    }

    fn take(
        &self,
        table: &mut dyn Table,
        at: &mut At,
        vacancy: Vacancy,
        mut record: Record,
    ) -> Result<Option<Claimed>> {
        if record.state == State::Running && self.held.contains(&record.lease()) {
            table.renew(record.id, record.fence, at.now + self.lease)?;
            return Ok(None);
        }
        let failures = failures(table, &record)?;
        if record.state == State::Running {
            // Its lease has run out. Nobody knows how far the attempt came.
            let lost = Class::new(Kind::Ambiguous);
            let next = judge(vacancy.site, &record.standing(at.now, failures), lost);
            end_attempt(table, at, &mut record, Attempted::Lost(next))?;
            return Ok(None);
        }
        if record.is_overdue(at.now) {
            let late = "its deadline passed before an attempt could start";
            record.last_error.get_or_insert_with(|| late.to_owned());
            let reason = FailReason::Deadline;
            record.end(at.now, State::Failed { reason });
            table.update(&record)?;
            let error = record.last_error.clone().unwrap_or_default();
            let ended = (record.standing(at.now, failures), StopReason::Deadline);
            at.tell_all(&record, What::Failed { reason, error }, None, Some(ended));
            return Ok(None);
        }
        // A policy may have changed since the task was submitted.
        record.limit = limit(vacancy.site);
        let queued = record.run_at.map(|due| Measured::Queued(at.now.since(due)));
        let attempt = record.claim(at.now, at.now + self.lease, &self.worker);
        table.update(&record)?;
        table.put_attempt(record.id, &attempt)?;
        at.tell_all(&record, What::Started { attempt: record.attempts }, queued, None);
        Ok(Some(record.claimed(at.now, failures)))
    }

    /// When the next task becomes due that there is a place for.
    fn next(&self, table: &mut dyn Table) -> Result<Option<Time>> {
        let mut next: Option<Time> = None;
        for vacancy in self.vacancies.iter().filter(|vacancy| vacancy.places > 0) {
            let due = table.next_due(vacancy.name)?;
            next = match (next, due) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        Ok(next)
    }
}
