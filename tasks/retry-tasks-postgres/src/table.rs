//! The rows that operations read and write.

use std::collections::BTreeMap;
use std::time::Duration;

use retry_tasks::rows::{Due, Held, Offer, Table};
use retry_tasks::{
    Analytics, Bucket, Counts, Filter, Lane, Page, Phase, Record, TaskAttempt, TaskId, Time,
};
use tokio_postgres::Row;

use super::attempts::AttemptRow;
use super::connect::{Call, Param};
use super::overlay::Overlay;
use super::row::{self, BucketRow, record, time, whole};
use super::rows::{Result, Rows, at, id, limit, select, text};
use super::{queries, queues};

impl Table for Rows {
    fn insert(&mut self, record: &Record) -> Result<()> {
        self.overlay.insert(record);
        Ok(())
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        self.overlay.update(record);
        Ok(())
    }

    fn get(&mut self, task: TaskId) -> Result<Option<Record>> {
        if let Some(known) = self.overlay.task(task) {
            return Ok(known.clone());
        }
        let sql = self.either(
            select!("WHERE t.id = $1::text::uuid"),
            select!("WHERE t.id = $1::text::uuid FOR UPDATE"),
        );
        for row in self.ask(sql, vec![id(task)])? {
            self.overlay.found(record(&row));
        }
        self.overlay.missing(task);
        Ok(self.overlay.task(task).cloned().flatten())
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        if let Some(holder) = self.overlay.holder(name, key) {
            return Ok(holder);
        }
        let sql = self.either(
            select!("WHERE t.name = $1 AND t.unique_key = $2"),
            select!("WHERE t.name = $1 AND t.unique_key = $2 FOR UPDATE"),
        );
        let rows = self.ask(sql, vec![text(name), text(key)])?;
        let holder = rows.first().map(record);
        let id = holder.as_ref().map(|holder| holder.id);
        match holder {
            Some(holder) => self.overlay.found(holder),
            None => self.overlay.free(name.to_owned(), key.to_owned()),
        }
        Ok(id)
    }

    fn set_aside(&mut self, task: TaskId, now: Time, error: &str) -> Result<()> {
        let sql = "UPDATE @tasks SET phase = 'failed', reason = 'unreadable', lane = NULL, gives_up = NULL, run_at = NULL, \
                   ended_at = $2, last_error = $3 WHERE id = $1::text::uuid";
        self.change(sql, vec![id(task), at(now), text(error)])?;
        self.overlay.forget(task);
        Ok(())
    }

    fn nested(&mut self, work: &mut dyn FnMut(&mut dyn Table) -> Result<()>) -> Result<()> {
        if !self.is_careful || self.is_reader {
            // A change that the server refuses ends the transaction, and the next one is careful.
            return work(self);
        }
        // The mark must not be rolled back with this change.
        self.has_changed = true;
        self.send(vec![Call::Plain("SAVEPOINT one".into())])?;
        let done = work(self).and_then(|()| self.send(Vec::new()).map(drop));
        if done.is_err() {
            self.overlay = Overlay::default();
            self.send(vec![Call::Plain("ROLLBACK TO SAVEPOINT one".into())])?;
        }
        self.send(vec![Call::Plain("RELEASE SAVEPOINT one".into())])?;
        done
    }

    fn renew(&mut self, task: TaskId, fence: u64, until: Time) -> Result<bool> {
        let Some(mut record) = self.get(task)? else { return Ok(false) };
        let is_held = record.fence == fence && record.state.phase() == Phase::Running;
        if is_held {
            record.run_at = Some(until);
            self.overlay.update(&record);
        }
        Ok(is_held)
    }

    fn due(&mut self, name: &str, lane: Lane, now: Time, limit: usize) -> Result<Vec<Due>> {
        queues::due(self, name, lane, now, limit)
    }

    fn next_due(&mut self, name: &str, lane: Lane) -> Result<Option<Time>> {
        let next = queues::next_dues(self, name)?;
        Ok(match lane {
            Lane::Later => next.later,
            Lane::Paying => next.paying,
            // Nobody waits for a time in the others.
            _ => None,
        })
    }

    fn offers(&mut self, asked: &[(&str, usize)], now: Time, most: usize) -> Result<Vec<Offer>> {
        queues::offers(self, asked, now, most)
    }

    fn promote(&mut self, name: &str, now: Time, most: usize) -> Result<usize> {
        // One that somebody else is changing is promoted by the next claim.
        let sql = "UPDATE @tasks SET lane = 'ready' WHERE id IN (SELECT id FROM @tasks WHERE name = $1 AND lane = 'later' \
                   AND run_at <= $2 ORDER BY run_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id::text";
        let promoted = self.change(sql, vec![text(name), at(now), limit(most)])?;
        for row in &promoted {
            if let Ok(id) = row.get::<_, &str>(0).parse() {
                self.overlay.forget(id);
            }
        }
        Ok(promoted.len())
    }

    fn impatient(
        &mut self,
        name: &str,
        now: Time,
        quiet: Duration,
        limit: usize,
    ) -> Result<Vec<Due>> {
        queues::impatient(self, name, now, quiet, limit)
    }

    fn overdue(&mut self, now: Time, most: usize) -> Result<Vec<TaskId>> {
        let sql = "SELECT id::text FROM @tasks WHERE deadline IS NOT NULL AND lane IS NOT NULL \
                   AND deadline <= $1 AND lane <> 'leased' LIMIT $2";
        Ok(ids(&self.ask(sql, vec![at(now), limit(most)])?))
    }

    fn far_away(&mut self, name: &str, now: Time, most: usize) -> Result<Vec<TaskId>> {
        queues::far_away(self, name, now + Duration::from_secs(3600), most)
    }

    fn leases(&mut self) -> Result<Vec<Held>> {
        queues::leases(self)
    }

    fn bucket(&mut self, name: &str) -> Result<Option<Bucket>> {
        if let Some(known) = self.overlay.bucket(name) {
            return Ok(known);
        }
        let sql = self.either(
            "SELECT row_to_json(b)::text FROM @buckets AS b WHERE name = $1",
            "SELECT row_to_json(b)::text FROM @buckets AS b WHERE name = $1 FOR UPDATE",
        );
        let rows = self.ask(sql, vec![text(name)])?;
        let bucket =
            rows.first().and_then(|row| serde_json::from_str::<BucketRow>(row.get(0)).ok());
        let bucket = bucket.as_ref().map(Bucket::from);
        self.overlay.found_bucket(name.to_owned(), bucket);
        Ok(bucket)
    }

    fn put_bucket(&mut self, name: &str, bucket: &Bucket) -> Result<()> {
        self.overlay.put_bucket(name, bucket);
        Ok(())
    }

    fn put_attempt(&mut self, task: TaskId, attempt: &TaskAttempt) -> Result<()> {
        self.overlay.put_attempt(task, attempt);
        Ok(())
    }

    fn attempt(&mut self, task: TaskId, fence: u64) -> Result<Option<TaskAttempt>> {
        let sql = "SELECT row_to_json(a)::text FROM @attempts AS a WHERE task = $1::text::uuid AND fence = $2";
        let rows = self.ask(sql, vec![id(task), Box::new(whole(fence))])?;
        Ok(attempts(&rows).into_iter().map(|(_, attempt)| attempt).next())
    }

    fn attempts(&mut self, task: TaskId) -> Result<Vec<TaskAttempt>> {
        Ok(self.attempts_of(&[task])?.pop().unwrap_or_default())
    }

    fn attempts_of(&mut self, tasks: &[TaskId]) -> Result<Vec<Vec<TaskAttempt>>> {
        let sql = "SELECT row_to_json(a)::text FROM @attempts AS a WHERE task = ANY($1::text[]::uuid[]) ORDER BY task, fence";
        let of: Vec<String> = tasks.iter().map(TaskId::to_string).collect();
        let mut found = BTreeMap::<TaskId, Vec<TaskAttempt>>::new();
        for (task, attempt) in attempts(&self.ask(sql, vec![Box::new(of)])?) {
            found.entry(task).or_default().push(attempt);
        }
        Ok(tasks.iter().map(|task| found.remove(task).unwrap_or_default()).collect())
    }

    fn trim_attempts(&mut self, task: TaskId, keep: usize) -> Result<()> {
        let sql = "DELETE FROM @attempts WHERE task = $1::text::uuid AND fence <= \
                   (SELECT fence FROM @attempts WHERE task = $1::text::uuid ORDER BY fence DESC LIMIT 1 OFFSET $2)";
        self.change(sql, vec![id(task), limit(keep)]).map(drop)
    }

    fn remove_attempts(&mut self, task: TaskId, fence: Option<u64>) -> Result<()> {
        let sql = "DELETE FROM @attempts WHERE task = $1::text::uuid AND ($2::bigint IS NULL OR fence = $2)";
        self.change(sql, vec![id(task), Box::new(fence.map(whole))]).map(drop)
    }

    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        queries::list(self, filter)
    }

    fn upcoming(&mut self, now: Time, most: usize) -> Result<Vec<TaskId>> {
        queries::upcoming(self, now, most)
    }

    fn counts(&mut self, now: Time) -> Result<BTreeMap<String, Counts>> {
        queries::counts(self, now)
    }

    fn pending_retries(&mut self, name: &str, now: Time) -> Result<u64> {
        let sql = "SELECT count(*) FROM @tasks WHERE name = $1 AND lane = 'paying' AND run_at <= $2 AND phase = 'pending'";
        Ok(count(&self.ask(sql, vec![text(name), at(now)])?))
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        queries::analytics(self, name)
    }

    fn ended(&mut self) -> Result<u64> {
        Ok(count(&self.ask("SELECT count(*) FROM @tasks WHERE ended_at IS NOT NULL", Vec::new())?))
    }

    fn oldest_ended(&mut self, most: usize) -> Result<Vec<(TaskId, Time)>> {
        let sql = "SELECT id::text, ended_at FROM @tasks WHERE ended_at IS NOT NULL ORDER BY ended_at LIMIT $1";
        Ok(ends(&self.ask(sql, vec![limit(most)])?))
    }

    fn names(&mut self) -> Result<Vec<String>> {
        queries::names(self)
    }

    fn ended_in(&mut self, name: &str, phase: Phase) -> Result<u64> {
        let sql =
            "SELECT count(*) FROM @tasks WHERE name = $1 AND phase = $2 AND ended_at IS NOT NULL";
        Ok(count(&self.ask(sql, vec![text(name), Box::new(phase.name())])?))
    }

    fn oldest_ended_in(
        &mut self,
        name: &str,
        phase: Phase,
        now: Time,
        most: usize,
    ) -> Result<Vec<(TaskId, Time)>> {
        // `valid_for` is in nanoseconds.
        macro_rules! oldest {
            ($locks:literal) => {
                concat!(
                    "SELECT id::text, ended_at FROM @tasks WHERE name = $1 AND phase = $2 AND ended_at IS NOT NULL \
                     AND (phase <> 'complete' OR unique_key IS NULL OR valid_for IS NULL \
                          OR ended_at + valid_for / 1000000 <= $3) ORDER BY ended_at LIMIT $4",
                    $locks
                )
            };
        }
        let sql = self.either(oldest!(""), oldest!(" FOR UPDATE SKIP LOCKED"));
        let params = vec![text(name), Box::new(phase.name()) as Param, at(now), limit(most)];
        Ok(ends(&self.ask(sql, params)?))
    }

    fn remove(&mut self, task: TaskId) -> Result<()> {
        self.overlay.remove(task);
        Ok(())
    }
}

pub(crate) fn ids(rows: &[Row]) -> Vec<TaskId> {
    rows.iter().filter_map(|row| row.get::<_, &str>(0).parse().ok()).collect()
}

fn ends(rows: &[Row]) -> Vec<(TaskId, Time)> {
    ids(rows).into_iter().zip(rows.iter().map(|row| time(row.get(1)))).collect()
}

pub(crate) fn count(rows: &[Row]) -> u64 {
    rows.first().map_or(0, |row| row::natural(row.get(0)))
}

/// Attempts that can be read: they are only shown and counted.
fn attempts(rows: &[Row]) -> Vec<(TaskId, TaskAttempt)> {
    let read = rows.iter().filter_map(|row| serde_json::from_str::<AttemptRow>(row.get(0)).ok());
    read.map(AttemptRow::into_attempt).collect()
}
