//! The store in memory, for tests and for tasks that need not survive the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::{clock::Clock, clock::SystemClock, time::Time};
use crate::machine::{lease::Lease, pace::Bucket};
use crate::record::{
    Record, attempt::TaskAttempt, id::TaskId, lane::Lane, reason::FailReason, state::Phase,
    state::State,
};
use crate::rows::{
    job::Job, leased::Backend, leased::Leased, table::Due, table::Held, table::Table,
};
use crate::store::{
    analytics::Analytics, counts::Counts, error::Result, filter::Filter, filter::Page,
};
use crate::tasks::Tasks;

impl Tasks {
    /// Creates an empty store in memory; its tasks end with the process.
    pub fn memory() -> Self {
        Tasks::memory_with(Arc::new(SystemClock::new()))
    }

    /// Creates an empty store in memory that uses this clock.
    pub fn memory_with(clock: Arc<dyn Clock>) -> Self {
        Tasks::of(Arc::new(Leased::new(Memory::default(), clock)))
    }
}

/// Rows in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Rows>);

#[derive(Debug, Default)]
struct Rows {
    tasks: BTreeMap<TaskId, Record>,
    /// In the order of their fencing tokens.
    attempts: HashMap<TaskId, Vec<TaskAttempt>>,
    lanes: HashMap<(String, Lane), BTreeSet<InLane>>,
    buckets: HashMap<String, Bucket>,
    keys: HashMap<(String, String), TaskId>,
    ended: HashMap<(String, Phase), BTreeSet<(Time, TaskId)>>,
}

/// The negated priority where it counts (so that the greatest comes first), the due time, the task, and its priority.
type InLane = (i64, Time, TaskId, i32);

impl Backend for Memory {
    fn write(&self, mut job: Job, clock: &dyn Clock) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = job.apply(&mut *rows, clock.now());
        drop(rows);
        job.reply(done);
    }

    fn read(&self, job: Job, clock: &dyn Clock) {
        self.write(job, clock);
    }
}

fn in_lane(record: &Record) -> Option<((String, Lane), InLane)> {
    let (lane, priority) = (record.lane?, record.priority);
    let order = if lane == Lane::Ready { -i64::from(priority) } else { 0 };
    Some(((record.name.clone(), lane), (order, record.run_at?, record.id, priority)))
}

fn due_at(&(_, run_at, id, priority): &InLane) -> Due {
    Due { id, priority, run_at }
}

impl Rows {
    fn unindex(&mut self, id: TaskId) {
        let Some(record) = self.tasks.get(&id) else { return };
        if let Some((lane, place)) = in_lane(record) {
            self.lanes.entry(lane).or_default().remove(&place);
        }
        if let Some(key) = record.key.clone() {
            self.keys.remove(&(record.name.clone(), key));
        }
        if let Some(ended) = record.ended_at {
            let key = (record.name.clone(), record.state.phase());
            self.ended.entry(key).or_default().remove(&(ended, id));
        }
    }

    fn lane(&self, name: &str, lane: Lane) -> impl Iterator<Item = &InLane> {
        self.lanes.get(&(name.to_owned(), lane)).into_iter().flatten()
    }
}

impl Table for Rows {
    fn insert(&mut self, record: &Record) -> Result<()> {
        self.update(record)
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        self.unindex(record.id);
        if let Some((lane, place)) = in_lane(record) {
            self.lanes.entry(lane).or_default().insert(place);
        }
        let key = record.key.clone();
        self.keys.extend(key.map(|key| ((record.name.clone(), key), record.id)));
        if let Some(ended) = record.ended_at {
            let key = (record.name.clone(), record.state.phase());
            self.ended.entry(key).or_default().insert((ended, record.id));
        }
        self.tasks.insert(record.id, record.clone());
        Ok(())
    }

    fn get(&mut self, id: TaskId) -> Result<Option<Record>> {
        Ok(self.tasks.get(&id).cloned())
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        Ok(self.keys.get(&(name.to_owned(), key.to_owned())).copied())
    }

    fn due(&mut self, name: &str, lane: Lane, now: Time, limit: usize) -> Result<Vec<Due>> {
        let due = self.lane(name, lane).filter(|place| place.1 <= now);
        Ok(due.take(limit).map(due_at).collect())
    }

    fn next_due(&mut self, name: &str, lane: Lane) -> Result<Option<Time>> {
        Ok(self.lane(name, lane).map(|place| place.1).min())
    }

    fn promote(&mut self, name: &str, now: Time, limit: usize) -> Result<usize> {
        let due = self.due(name, Lane::Later, now, limit)?;
        for due in &due {
            if let Some(mut record) = self.get(due.id)? {
                record.lane = Some(Lane::Ready);
                self.update(&record)?;
            }
        }
        Ok(due.len())
    }

    fn impatient(
        &mut self,
        name: &str,
        now: Time,
        quiet: Duration,
        limit: usize,
    ) -> Result<Vec<Due>> {
        let is_impatient = |place: &&InLane| {
            let patience = self.tasks.get(&place.2).map_or(quiet, Record::patience);
            patience <= quiet && place.1 + patience <= now
        };
        let held = self.lane(name, Lane::Paying).take_while(|place| place.1 <= now);
        Ok(held.filter(is_impatient).take(limit).map(due_at).collect())
    }

    fn overdue(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        let open = self.tasks.values().filter(|it| it.lane.is_some_and(|it| it != Lane::Leased));
        let overdue = open.filter(|record| record.is_overdue(now));
        Ok(overdue.take(limit).map(|record| record.id).collect())
    }

    /// No other machine has written here.
    fn far_away(&mut self, _: &str, _: Time, _: usize) -> Result<Vec<TaskId>> {
        Ok(Vec::new())
    }

    fn leases(&mut self) -> Result<Vec<Held>> {
        let running = self.lanes.iter().filter(|((_, lane), _)| *lane == Lane::Leased);
        let ids = running.flat_map(|(_, places)| places).filter_map(|it| self.tasks.get(&it.2));
        let held = |record: &Record| Held {
            lease: record.lease(),
            name: record.name.clone(),
            until: record.run_at.unwrap_or_default(),
            length: record.lease_length,
        };
        Ok(ids.map(held).collect())
    }

    fn bucket(&mut self, name: &str) -> Result<Option<Bucket>> {
        Ok(self.buckets.get(name).copied())
    }

    fn put_bucket(&mut self, name: &str, bucket: &Bucket) -> Result<()> {
        self.buckets.insert(name.to_owned(), *bucket);
        Ok(())
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

    fn trim_attempts(&mut self, id: TaskId, keep: usize) -> Result<()> {
        let attempts = self.attempts.entry(id).or_default();
        attempts.drain(..attempts.len().saturating_sub(keep));
        Ok(())
    }

    fn remove_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()> {
        let kept = |attempt: &TaskAttempt| fence.is_some_and(|fence| attempt.fence != fence);
        self.attempts.entry(id).or_default().retain(kept);
        Ok(())
    }

    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        let end = filter.after.unwrap_or(TaskId::from_u128(u128::MAX));
        let tasks = self.tasks.range(..end).rev().map(|(_, record)| record);
        let tasks = tasks.filter(|record| filter.admits(record));
        let tasks = tasks.take(filter.limit.max(1).saturating_add(1)).cloned().collect();
        Ok(Page::new(tasks, filter))
    }

    fn upcoming(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        let waits = |lane: &Lane| matches!(lane, Lane::Later | Lane::Paying);
        let lanes = self.lanes.iter().filter(|((_, lane), _)| waits(lane));
        // Each lane is in the order of its times.
        let first = (0, now, TaskId::from_u128(u128::MAX), i32::MAX);
        let after = lanes.flat_map(|(_, places)| places.range(first..).take(limit));
        let mut places: Vec<(Time, TaskId)> = after.map(|place| (place.1, place.2)).collect();
        places.sort_unstable();
        Ok(places.into_iter().take(limit).map(|(_, id)| id).collect())
    }

    fn counts(&mut self, now: Time) -> Result<BTreeMap<String, Counts>> {
        let mut all = BTreeMap::<String, Counts>::new();
        for record in self.tasks.values() {
            let counts = all.entry(record.name.clone()).or_default();
            *counts.of_mut(record.state.phase()) += 1;
            let due = record.run_at.filter(|due| *due <= now);
            let (Some(lane), Some(due)) = (record.lane, due) else { continue };
            match lane {
                Lane::Leased => continue,
                Lane::Paying => counts.held_back += 1,
                _ => counts.due += 1,
            }
            counts.oldest_due = counts.oldest_due.into_iter().chain([due]).min();
        }
        Ok(all)
    }

    fn pending_retries(&mut self, name: &str, now: Time) -> Result<u64> {
        let due = self.lane(name, Lane::Paying).take_while(|place| place.1 <= now);
        let records = due.filter_map(|place| self.tasks.get(&place.2));
        Ok(records.filter(|record| record.state == State::Pending).count() as u64)
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        let named = |record: &&Record| name.is_none_or(|name| record.name == name);
        let tasks = self.tasks.values().filter(named).map(|record| {
            let attempts = self.attempts.get(&record.id).map(Vec::as_slice);
            (record, attempts.unwrap_or_default())
        });
        Ok(Analytics::of(tasks))
    }

    fn ended(&mut self) -> Result<u64> {
        Ok(self.ended.values().map(BTreeSet::len).sum::<usize>() as u64)
    }

    fn oldest_ended(&mut self, limit: usize) -> Result<Vec<(TaskId, Time)>> {
        let mut ended: Vec<(Time, TaskId)> = self.ended.values().flatten().copied().collect();
        ended.sort_unstable();
        Ok(ended.into_iter().take(limit).map(|(at, id)| (id, at)).collect())
    }

    fn ended_in(&mut self, name: &str, phase: Phase) -> Result<u64> {
        Ok(self.ended.get(&(name.to_owned(), phase)).map_or(0, |ended| ended.len() as u64))
    }

    fn oldest_ended_in(
        &mut self,
        name: &str,
        phase: Phase,
        now: Time,
        limit: usize,
    ) -> Result<Vec<(TaskId, Time)>> {
        let ended = self.ended.get(&(name.to_owned(), phase)).into_iter().flatten();
        let is_free =
            |id: &TaskId| self.tasks.get(id).is_some_and(|it| !it.has_promised_its_key(now));
        let free = ended.filter(|(_, id)| is_free(id)).take(limit);
        Ok(free.map(|&(at, id)| (id, at)).collect())
    }

    fn remove(&mut self, id: TaskId) -> Result<()> {
        self.unindex(id);
        self.tasks.remove(&id);
        self.attempts.remove(&id);
        Ok(())
    }

    fn set_aside(&mut self, id: TaskId, now: Time, error: &str) -> Result<()> {
        if let Some(mut record) = self.get(id)? {
            record.last_error = Some(error.to_owned());
            record.end(now, State::Failed { reason: FailReason::Unreadable });
            self.update(&record)?;
        }
        Ok(())
    }

    /// Nothing in here fails.
    fn nested(&mut self, work: &mut dyn FnMut(&mut dyn Table) -> Result<()>) -> Result<()> {
        work(self)
    }

    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool> {
        let record = self.tasks.get(&id).filter(|it| it.is_held_under(Lease { id, fence }));
        let Some(mut record) = record.cloned() else { return Ok(false) };
        record.run_at = Some(until);
        self.update(&record)?;
        Ok(true)
    }
}
