//! A store that is written with the public API alone passes the suite. It keeps everything in lists and searches them: it
//! shows what a store needs, and not how to make one fast.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use retry_tasks::rows::{Backend, Due, Held, Job, Leased, Table};
use retry_tasks::{
    Analytics, Bucket, Clock, Counts, FailReason, Filter, Lane, Lease, Page, Phase, Record, State,
    StoreError, Sums, TaskAttempt, TaskId, Tasks, Time,
};
use retry_tasks_conformance::{Lab, cases};

type Result<T> = std::result::Result<T, StoreError>;

#[derive(Debug, Default)]
struct Lists {
    tasks: Vec<Record>,
    attempts: Vec<(TaskId, TaskAttempt)>,
    buckets: BTreeMap<String, Bucket>,
}

#[derive(Debug, Default)]
struct Outside(Mutex<Lists>);

impl Backend for Outside {
    fn write(&self, mut job: Job, clock: &dyn Clock) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = job.apply(&mut *lists, clock.now());
        drop(lists);
        job.reply(done);
    }

    fn read(&self, job: Job, clock: &dyn Clock) {
        self.write(job, clock);
    }
}

impl Lists {
    fn of_lane(&self, name: &str, lane: Lane) -> impl Iterator<Item = &Record> {
        self.tasks.iter().filter(move |task| task.name == name && task.lane == Some(lane))
    }
}

fn due(record: &Record) -> Due {
    let run_at = record.run_at.unwrap_or_default();
    Due { id: record.id, priority: record.priority, run_at }
}

fn ids<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<TaskId> {
    records.map(|record| record.id).collect()
}

impl Table for Lists {
    fn insert(&mut self, record: &Record) -> Result<()> {
        self.tasks.push(record.clone());
        Ok(())
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        let found = self.tasks.iter_mut().find(|task| task.id == record.id);
        found.into_iter().for_each(|task| task.clone_from(record));
        Ok(())
    }

    fn get(&mut self, id: TaskId) -> Result<Option<Record>> {
        Ok(self.tasks.iter().find(|task| task.id == id).cloned())
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        let has_key = |task: &&Record| task.name == name && task.key.as_deref() == Some(key);
        Ok(self.tasks.iter().find(has_key).map(|task| task.id))
    }

    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool> {
        let lease = Lease { id, fence };
        let held = self.tasks.iter_mut().find(|task| task.is_held_under(lease));
        let is_held = held.is_some();
        held.into_iter().for_each(|task| task.run_at = Some(until));
        Ok(is_held)
    }

    fn set_aside(&mut self, id: TaskId, now: Time, error: &str) -> Result<()> {
        for task in self.tasks.iter_mut().filter(|task| task.id == id) {
            task.last_error = Some(error.to_owned());
            task.end(now, State::Failed { reason: FailReason::Unreadable });
        }
        Ok(())
    }

    fn nested(&mut self, work: &mut dyn FnMut(&mut dyn Table) -> Result<()>) -> Result<()> {
        work(self)
    }

    fn due(&mut self, name: &str, lane: Lane, now: Time, limit: usize) -> Result<Vec<Due>> {
        let mut all: Vec<Due> = self.of_lane(name, lane).map(due).collect();
        all.retain(|due| due.run_at <= now);
        let priority = |due: &Due| (lane == Lane::Ready).then_some(Reverse(due.priority));
        all.sort_by_key(|due| (priority(due), due.run_at, due.id));
        all.truncate(limit);
        Ok(all)
    }

    fn next_due(&mut self, name: &str, lane: Lane) -> Result<Option<Time>> {
        Ok(self.of_lane(name, lane).filter_map(|task| task.run_at).min())
    }

    fn promote(&mut self, name: &str, now: Time, limit: usize) -> Result<usize> {
        let due = self.due(name, Lane::Later, now, limit)?;
        for task in self.tasks.iter_mut().filter(|task| due.iter().any(|due| due.id == task.id)) {
            task.lane = Some(Lane::Ready);
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
        let held = self.of_lane(name, Lane::Paying);
        let is_over =
            |task: &&Record| task.patience() <= quiet && due(task).run_at + task.patience() <= now;
        Ok(held.filter(is_over).take(limit).map(due).collect())
    }

    fn overdue(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        let waits = |task: &&Record| task.lane.is_some_and(|lane| lane != Lane::Leased);
        let overdue = self.tasks.iter().filter(waits).filter(|task| task.is_overdue(now));
        Ok(ids(overdue.take(limit)))
    }

    fn far_away(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        let far = now + Duration::from_secs(3600);
        let waits = self.of_lane(name, Lane::Later).chain(self.of_lane(name, Lane::Paying));
        Ok(ids(waits.filter(|task| due(task).run_at > far).take(limit)))
    }

    fn leases(&mut self) -> Result<Vec<Held>> {
        let running = self.tasks.iter().filter(|task| task.lane == Some(Lane::Leased));
        let held = running.map(|task| Held {
            lease: task.lease(),
            name: task.name.clone(),
            until: due(task).run_at,
            length: task.lease_length,
        });
        Ok(held.collect())
    }

    fn bucket(&mut self, name: &str) -> Result<Option<Bucket>> {
        Ok(self.buckets.get(name).copied())
    }

    fn put_bucket(&mut self, name: &str, bucket: &Bucket) -> Result<()> {
        self.buckets.insert(name.to_owned(), *bucket);
        Ok(())
    }

    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()> {
        let is_it =
            |kept: &&mut (TaskId, TaskAttempt)| kept.0 == id && kept.1.fence == attempt.fence;
        match self.attempts.iter_mut().find(is_it) {
            Some(kept) => kept.1.clone_from(attempt),
            None => self.attempts.push((id, attempt.clone())),
        }
        Ok(())
    }

    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>> {
        Ok(self.attempts(id)?.into_iter().find(|attempt| attempt.fence == fence))
    }

    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>> {
        let of_task = self.attempts.iter().filter(|kept| kept.0 == id);
        Ok(of_task.map(|kept| kept.1.clone()).collect())
    }

    fn trim_attempts(&mut self, id: TaskId, keep: usize) -> Result<()> {
        let mut superfluous = self.attempts(id)?.len().saturating_sub(keep);
        self.attempts.retain(|kept| {
            let is_removed = kept.0 == id && superfluous > 0;
            superfluous -= usize::from(is_removed);
            !is_removed
        });
        Ok(())
    }

    fn remove_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()> {
        let is_it = |attempt: &TaskAttempt| fence.is_none_or(|fence| attempt.fence == fence);
        self.attempts.retain(|(task, attempt)| *task != id || !is_it(attempt));
        Ok(())
    }

    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        let follows = |task: &&Record| filter.after.is_none_or(|after| task.id < after);
        let admitted = self.tasks.iter().filter(follows).filter(|task| filter.admits(task));
        let mut found: Vec<Record> = admitted.cloned().collect();
        found.sort_by_key(|task| Reverse(task.id));
        Ok(Page::new(found, filter))
    }

    fn counts(&mut self, now: Time) -> Result<BTreeMap<String, Counts>> {
        let mut all = BTreeMap::<String, Counts>::new();
        for task in &self.tasks {
            let counts = all.entry(task.name.clone()).or_default();
            *counts.of_mut(task.state.phase()) += 1;
            let due = task.run_at.filter(|due| *due <= now);
            let (Some(lane), Some(due)) = (task.lane, due) else { continue };
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
        let held = self.of_lane(name, Lane::Paying).filter(|task| due(task).run_at <= now);
        Ok(held.filter(|task| task.state.phase() == Phase::Pending).count() as u64)
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        let millis = |from: Time, to: Time| to.since(from).as_millis() as u64;
        let (mut outcomes, mut sums) = (Vec::new(), Sums::default());
        for task in self.tasks.iter().filter(|task| name.is_none_or(|name| task.name == name)) {
            let attempts: Vec<&TaskAttempt> =
                self.attempts.iter().filter(|kept| kept.0 == task.id).map(|kept| &kept.1).collect();
            outcomes.extend(attempts.iter().map(|it| (it.attempt, it.outcome, 1)));
            let (Some(started), Some(ended)) = (task.started_at, task.ended_at) else { continue };
            sums.ended += 1;
            sums.pending += millis(task.created_at, started);
            sums.active += millis(started, ended);
            let running = attempts.iter().filter_map(|it| Some(millis(it.started, it.ended?)));
            sums.running += running.sum::<u64>();
        }
        Ok(Analytics::new(outcomes, sums))
    }

    fn ended(&mut self) -> Result<u64> {
        Ok(self.tasks.iter().filter(|task| task.ended_at.is_some()).count() as u64)
    }

    fn oldest_ended(&mut self, limit: usize) -> Result<Vec<(TaskId, Time)>> {
        let ended = self.tasks.iter().filter_map(|task| Some((task.id, task.ended_at?)));
        let mut ended: Vec<(TaskId, Time)> = ended.collect();
        ended.sort_by_key(|(id, at)| (*at, *id));
        ended.truncate(limit);
        Ok(ended)
    }

    fn remove(&mut self, id: TaskId) -> Result<()> {
        self.tasks.retain(|task| task.id != id);
        self.remove_attempts(id, None)
    }
}

#[tokio::test]
async fn a_store_that_is_written_with_the_public_api_does_what_every_store_must_do() {
    for case in cases() {
        println!("{}", case.name);
        let store =
            |clock: Arc<dyn Clock>| Tasks::of(Arc::new(Leased::new(Outside::default(), clock)));
        case.run(Lab::new(store)).await;
    }
}
