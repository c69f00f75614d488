//! The store that ends with the process: for tests, and where nothing needs to survive.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use super::Backend;
use super::job::Job;
use super::table::{Due, Table};
use crate::analytics::{Analytics, ByAttempt, Sums};
use crate::list::{Counts, Filter, Page};
use crate::record::{AttemptOutcome, Record, TaskAttempt};
use crate::{Clock, State, StoreError, TaskId, Time};

type Result<T> = std::result::Result<T, StoreError>;

/// Tasks in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    tasks: BTreeMap<TaskId, Record>,
    /// In order: each has a greater fence than those before it.
    attempts: HashMap<TaskId, Vec<TaskAttempt>>,
    /// Function, priority (negated, so that the greatest comes first), time, task.
    due: BTreeSet<(String, i64, Time, TaskId)>,
    keys: HashMap<(String, String), TaskId>,
    ended: BTreeSet<(Time, TaskId)>,
}

impl Backend for Memory {
    fn write(&self, mut job: Job, clock: &dyn Clock) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = job.apply(&mut *rows, clock.now());
        drop(rows);
        job.answer(done);
    }

    fn read(&self, job: Job, clock: &dyn Clock) {
        self.write(job, clock);
    }
}

fn due_key(record: &Record) -> Option<(String, i64, Time, TaskId)> {
    Some((record.name.clone(), -i64::from(record.priority), record.run_at?, record.id))
}

impl Rows {
    fn unindex(&mut self, id: TaskId) {
        let Some(record) = self.tasks.get(&id) else { return };
        if let Some(due) = due_key(record) {
            self.due.remove(&due);
        }
        if let Some(key) = record.key.clone() {
            self.keys.remove(&(record.name.clone(), key));
        }
        if let Some(ended) = record.ended_at {
            self.ended.remove(&(ended, id));
        }
    }

    fn put(&mut self, record: &Record) {
        self.unindex(record.id);
        self.due.extend(due_key(record));
        if let Some(key) = record.key.clone() {
            self.keys.insert((record.name.clone(), key), record.id);
        }
        self.ended.extend(record.ended_at.map(|at| (at, record.id)));
        self.tasks.insert(record.id, record.clone());
    }

    fn of_name<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a (String, i64, Time, TaskId)> + 'a {
        let first = (name.to_owned(), i64::MIN, Time::default(), TaskId::from_u128(0));
        self.due.range(first..).take_while(move |due| due.0 == name)
    }
}

impl Table for Rows {
    fn insert(&mut self, record: &Record) -> Result<()> {
        self.put(record);
        Ok(())
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        self.put(record);
        Ok(())
    }

    fn get(&mut self, id: TaskId) -> Result<Option<Record>> {
        Ok(self.tasks.get(&id).cloned())
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        Ok(self.keys.get(&(name.to_owned(), key.to_owned())).copied())
    }

    fn due(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<Due>> {
        let due = self.of_name(name).filter(|due| due.2 <= now);
        let due =
            due.map(|&(_, priority, run_at, id)| Due { id, priority: -priority as i32, run_at });
        Ok(due.take(limit).collect())
    }

    fn next_due(&mut self, name: &str) -> Result<Option<Time>> {
        Ok(self.of_name(name).map(|due| due.2).min())
    }

    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()> {
        let attempts = self.attempts.entry(id).or_default();
        match attempts.iter_mut().rev().find(|kept| kept.fence == attempt.fence) {
            Some(kept) => *kept = attempt.clone(),
            None => attempts.push(attempt.clone()),
        }
        Ok(())
    }

    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>> {
        let attempts = self.attempts.get(&id).into_iter().flatten();
        Ok(attempts.rev().find(|attempt| attempt.fence == fence).cloned())
    }

    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>> {
        Ok(self.attempts.get(&id).cloned().unwrap_or_default())
    }

    fn forget_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()> {
        match fence {
            None => drop(self.attempts.remove(&id)),
            Some(fence) => {
                if let Some(attempts) = self.attempts.get_mut(&id) {
                    attempts.retain(|attempt| attempt.fence != fence);
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        let end = filter.after.unwrap_or(TaskId::from_u128(u128::MAX));
        let tasks = self.tasks.range(..end).rev().map(|(_, record)| record);
        let tasks = tasks.filter(|record| filter.admits(record));
        let limit = filter.limit.max(1);
        let tasks = tasks.take(limit.saturating_add(1)).cloned().collect();
        Ok(Page::cut(tasks, limit, |record: &Record| record.id))
    }

    fn counts(&mut self) -> Result<Counts> {
        let mut counts = Counts::default();
        self.tasks.values().for_each(|record| counts.add(record.state.phase(), 1));
        Ok(counts)
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        let (mut by_attempt, mut sums) = (BTreeMap::<u32, ByAttempt>::new(), Sums::default());
        for record in
            self.tasks.values().filter(|record| name.is_none_or(|name| record.name == name))
        {
            let attempts = self.attempts.get(&record.id);
            let attempts = || attempts.into_iter().flatten();
            for attempt in attempts() {
                let number = attempt.attempt;
                let by = by_attempt
                    .entry(number)
                    .or_insert(ByAttempt { attempt: number, ..ByAttempt::default() });
                match attempt.outcome {
                    AttemptOutcome::Succeeded => by.succeeded += 1,
                    AttemptOutcome::Failed => by.failed += 1,
                    AttemptOutcome::Lost => by.lost += 1,
                    AttemptOutcome::Running | AttemptOutcome::Cancelled => {}
                }
            }
            if let (Some(started), Some(ended)) = (record.started_at, record.ended_at) {
                let ran =
                    attempts().filter_map(|attempt| Some(attempt.ended?.since(attempt.started)));
                sums.ended += 1;
                sums.pending += started.since(record.created_at).as_millis() as u64;
                sums.running += ran.map(|ran| ran.as_millis() as u64).sum::<u64>();
                sums.in_work += ended.since(started).as_millis() as u64;
            }
        }
        Ok(Analytics::new(by_attempt.into_values().collect(), sums))
    }

    fn prune(&mut self, before: Option<Time>, keep: Option<u64>, chunk: usize) -> Result<usize> {
        let excess = keep.map_or(0, |keep| self.ended.len().saturating_sub(keep as usize));
        let gone: Vec<TaskId> = self
            .ended
            .iter()
            .enumerate()
            .take_while(|(position, (at, _))| {
                *position < excess || before.is_some_and(|before| *at < before)
            })
            .map(|(_, (_, id))| *id)
            .take(chunk)
            .collect();
        for id in &gone {
            self.unindex(*id);
            self.tasks.remove(id);
            self.attempts.remove(id);
        }
        Ok(gone.len())
    }

    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool> {
        let held = self
            .tasks
            .get(&id)
            .filter(|record| record.fence == fence && record.state == State::Running);
        let Some(mut record) = held.cloned() else { return Ok(false) };
        record.run_at = Some(until);
        self.put(&record);
        Ok(true)
    }
}
