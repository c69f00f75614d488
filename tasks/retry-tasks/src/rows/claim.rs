//! The operation that claims due tasks for the free slots of a worker.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

use retry_runtime::resume::limit;

use super::{
    aside::Aside, aside::one, aside::set_aside, finish::keep, job::Operation, job::Transaction,
    retries::Priced, retries::Retries, table::Due, table::Table,
};
use crate::base::{clock::Clock, time::Time};
use crate::machine::{self, Ask, Reply, Task, apply, lease::Claimed, task::KEPT};
use crate::record::{id::TaskId, lane::Lane};
use crate::store::{error::Result, host::Hosted};

/// The greatest number of tasks of one function that a claim moves among those that are ready.
const PROMOTED: usize = 1000;

/// After so many attempts those beyond the last [`KEPT`] are removed.
const TRIMMED: u32 = 100;

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
    pub(super) clock: Arc<dyn Clock>,
    /// Whether a task that the store refuses to change is set aside. This costs more than a claim of sound tasks.
    pub(super) is_careful: bool,
}

/// The claimed tasks, and the due time of the next ones.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) claimed: Vec<Claimed>,
    /// The earliest time at which there may be tasks for the slots that are left; `None` when no task will become due, or
    /// when there were more due tasks than slots.
    pub(super) next: Option<Time>,
}

/// A due task that the claim may take, and its price.
struct Candidate {
    function: usize,
    due: Due,
    /// The thousandths of a token that the bucket pays; `None` for a free attempt.
    cost: Option<u64>,
    /// The number of candidates of its function and priority before it.
    turn: usize,
}

impl Operation for Claim {
    type Reply = Batch;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Batch> {
        // While the clock of this machine is in doubt, no task becomes due by it.
        let now = tx.now.min(self.clock.certain());
        // Tasks that are left alone must not take the places of others.
        let limit = |vacancy: &Vacancy| self.slots.min(vacancy.slots) + tx.aside.len();
        let asked: Vec<(&str, usize)> =
            self.vacancies.iter().map(|it| (it.function.name, limit(it))).collect();
        let offers = table.offers(&asked, now, PROMOTED)?;
        let (mut candidates, mut retries, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
        for (function, (vacancy, offer)) in self.vacancies.iter().zip(offers).enumerate() {
            let free = offer.ready.into_iter().filter(|due| !tx.aside.has(due.id));
            let free = free.take(self.slots.min(vacancy.slots)).map(|due| (due, None));
            let (of_function, paid) =
                self.retries(table, &tx.aside, now, vacancy, offer.next.paying)?;
            let all = free.chain(paid);
            candidates.extend(all.map(|(due, cost)| Candidate { function, due, cost, turn: 0 }));
            retries.push(of_function);
            waiting.push(offer.next);
        }
        in_turn(&mut candidates);
        let mut claimed = Vec::new();
        for Candidate { function, due, cost, .. } in candidates {
            if claimed.len() == self.slots {
                break;
            }
            let paid = cost.map_or(0, |cost| retries[function].pay(cost));
            let hosted = self.vacancies[function].function;
            let task = if self.is_careful {
                one(table, tx, due.id, |table, tx| self.claim(table, tx, hosted, paid, due.id))?
                    .flatten()
            } else {
                self.claim(table, tx, hosted, paid, due.id)?
            };
            match task {
                Some(task) => claimed.push(task),
                None => retries[function].refund(paid),
            }
        }
        let is_full = claimed.len() == self.slots;
        let mut next: Option<Time> = None;
        for ((vacancy, retries), waiting) in self.vacancies.iter().zip(&mut retries).zip(waiting) {
            let name = vacancy.function.name;
            retries.store(table, name, now)?;
            if is_full {
                continue;
            }
            // The claim itself may have taken the tasks that were due.
            let is_later = |due: Option<Time>| due.is_none_or(|due| due > now);
            let later = match is_later(waiting.later) {
                true => waiting.later,
                false => table.next_due(name, Lane::Later)?,
            };
            let paying = match is_later(waiting.paying) {
                true => waiting.paying,
                false => retries.next(table, name, now)?,
            };
            next = next.into_iter().chain(later).chain(paying).min();
        }
        Ok(Batch { claimed, next })
    }
}

/// Sorts the candidates: the greatest priority first, then the functions in turn, so that a quick one does not wait behind
/// hundreds of tasks of a slow one, then the longest due.
fn in_turn(candidates: &mut [Candidate]) {
    candidates.sort_by_key(|it| (Reverse(it.due.priority), it.function, it.due.run_at, it.due.id));
    let mut turns: Vec<usize> = Vec::with_capacity(candidates.len());
    for (position, candidate) in candidates.iter().enumerate() {
        let follows = position.checked_sub(1).filter(|&before| {
            let before = &candidates[before];
            (before.due.priority, before.function) == (candidate.due.priority, candidate.function)
        });
        turns.push(follows.map_or(0, |before| turns[before] + 1));
    }
    for (candidate, turn) in candidates.iter_mut().zip(turns) {
        candidate.turn = turn;
    }
    candidates.sort_by_key(|it| (Reverse(it.due.priority), it.turn, it.due.run_at, it.due.id));
}

impl Claim {
    /// Finds the due retries of a function, at most as many as it has slots, and their prices. `next` is the due time of the
    /// first one.
    fn retries(
        &self,
        table: &mut dyn Table,
        aside: &Aside,
        now: Time,
        vacancy: &Vacancy,
        next: Option<Time>,
    ) -> Result<(Retries, Vec<Priced>)> {
        if next.is_none_or(|due| due > now) {
            return Ok((Retries::none(), Vec::new()));
        }
        let Hosted { name, site, .. } = vacancy.function;
        Retries::due(table, aside, site, name, now, self.slots.min(vacancy.slots))
    }

    /// Claims a due task. Returns `None` when its deadline has passed.
    fn claim(
        &self,
        table: &mut dyn Table,
        tx: &mut Transaction,
        function: Hosted,
        paid: u64,
        id: TaskId,
    ) -> Result<Option<Claimed>> {
        let Some(record) = table.get(id)? else { return Ok(None) };
        if let Some(trouble) = record.trouble.clone() {
            set_aside(table, tx, &record, &trouble)?;
            return Ok(None);
        }
        // The policy may have changed since the submission.
        let claim = machine::Claim::new(&*self.worker, self.lease).paid(paid);
        let mut task = Task::of(record);
        let (reply, told) = apply(&mut task, Ask::Claim(claim.limit(limit(function.site))), tx.now);
        if !told.is_empty() {
            keep(table, tx, &task.record, told)?;
        }
        if reply != Reply::Claimed {
            // Its deadline has passed.
            return Ok(None);
        }
        let record = task.record;
        if record.attempts.is_multiple_of(TRIMMED) {
            table.trim_attempts(record.id, KEPT)?;
        }
        tx.judge.note(record.lease(), record.run_at.unwrap_or_default());
        Ok(Some(record.claimed(tx.now)))
    }
}
