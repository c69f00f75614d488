//! The rows that operations read and write.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use rusqlite::{params, params_from_iter};

use super::{
    analytics, counts, names, queues, row, row::ATTEMPT, row::CHANGING, row::FIXED,
    transaction::Rows,
};
use crate::base::time::Time;
use crate::machine::pace::Bucket;
use crate::record::{Record, attempt::TaskAttempt, id::TaskId, lane::Lane, state::Phase};
use crate::rows::{table::Due, table::Held, table::NextDue, table::Table};
use crate::store::{
    analytics::Analytics, analytics::Part, counts::Counts, error::Result, filter::Filter,
    filter::Page,
};

/// The statements of every task, written once.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let columns = format!("id, {CHANGING}, {FIXED}");
    format!("INSERT INTO tasks ({columns}) VALUES ({})", values(1, &columns))
});
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    format!("UPDATE tasks SET ({CHANGING}) = ({}) WHERE id = ?1", values(2, CHANGING))
});
static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT id, {CHANGING}, {FIXED} FROM tasks WHERE id = ?1"));
static PUT_ATTEMPT: LazyLock<String> = LazyLock::new(|| {
    let columns = format!("task, {ATTEMPT}");
    format!(
        "INSERT INTO attempts ({columns}) VALUES ({}) ON CONFLICT DO UPDATE SET ended = ?5, outcome = ?6, kind = ?7, \
         error = ?8, delay = ?9, source = ?10",
        values(1, &columns)
    )
});

/// The parameters of these columns, the first of which has this number: `?1, ?2, …`.
fn values(first: usize, columns: &str) -> String {
    let numbers = (first..).take(columns.split(',').count());
    numbers.map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ")
}

impl Table for Rows {
    fn insert(&mut self, record: &Record) -> Result<()> {
        self.run(&INSERT, params_from_iter(row::all(record))).map(drop)
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        self.run(&UPDATE, params_from_iter(row::changing(record))).map(drop)
    }

    fn get(&mut self, id: TaskId) -> Result<Option<Record>> {
        self.first(&SELECT, params![row::id(id)], row::record)
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        let statement = "SELECT id FROM tasks WHERE name = ?1 AND unique_key = ?2";
        self.first(statement, params![name, key], row::read_id)
    }

    fn due(&mut self, name: &str, lane: Lane, now: Time, limit: usize) -> Result<Vec<Due>> {
        queues::due(self, name, lane, now, limit)
    }

    fn next_due(&mut self, name: &str, lane: Lane) -> Result<Option<Time>> {
        queues::next_due(self, name, lane)
    }

    fn next_dues(&mut self, name: &str) -> Result<NextDue> {
        queues::next_dues(self, name)
    }

    fn promote(&mut self, name: &str, now: Time, limit: usize) -> Result<usize> {
        queues::promote(self, name, now, limit)
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

    fn overdue(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        queues::overdue(self, now, limit)
    }

    fn far_away(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        queues::far_away(self, name, now, limit)
    }

    fn leases(&mut self) -> Result<Vec<Held>> {
        queues::leases(self)
    }

    fn bucket(&mut self, name: &str) -> Result<Option<Bucket>> {
        if let Some(known) = self.buckets.get(name) {
            return Ok(*known);
        }
        let bucket = queues::bucket(self, name)?;
        self.buckets.insert(name.to_owned(), bucket);
        Ok(bucket)
    }

    fn put_bucket(&mut self, name: &str, bucket: &Bucket) -> Result<()> {
        queues::put_bucket(self, name, bucket)?;
        self.buckets.insert(name.to_owned(), Some(*bucket));
        Ok(())
    }

    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()> {
        self.run(&PUT_ATTEMPT, params_from_iter(row::attempt_params(id, attempt))).map(drop)
    }

    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>> {
        let statement = format!("SELECT {ATTEMPT} FROM attempts WHERE task = ?1 AND fence = ?2");
        self.first(&statement, params![row::id(id), fence as i64], row::attempt)
    }

    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>> {
        let statement = format!("SELECT {ATTEMPT} FROM attempts WHERE task = ?1 ORDER BY fence");
        self.rows(&statement, params![row::id(id)], row::attempt)
    }

    fn trim_attempts(&mut self, id: TaskId, keep: usize) -> Result<()> {
        let statement = "DELETE FROM attempts WHERE task = ?1 AND fence <= \
                         (SELECT fence FROM attempts WHERE task = ?1 ORDER BY fence DESC LIMIT 1 OFFSET ?2)";
        self.run(statement, params![row::id(id), row::count(keep)]).map(drop)
    }

    fn remove_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()> {
        let statement = "DELETE FROM attempts WHERE task = ?1 AND (?2 IS NULL OR fence = ?2)";
        let fence = fence.map(|fence| fence as i64);
        self.run(statement, params![row::id(id), fence]).map(drop)
    }

    /// Lists each function in each phase through the index and merges the lists. The cost is one page for each function
    /// and phase in the filter, plus the newer tasks that the filter leaves out, whatever the number of tasks.
    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        let limit = filter.limit.clamp(1, i64::MAX as usize - 1);
        let (since, until) = (filter.since.map_or(0, row::millis), filter.until.map(row::millis));
        let ids = filter.ids();
        let (first, after) = (row::id(ids.start), row::id(ids.end));
        let mut found: Vec<Record> = Vec::new();
        // SQLite does not read the pages of a large text that no column asks for.
        let (changing, fixed) = match filter.is_brief {
            true => (CHANGING.replace("result", "NULL"), FIXED.replace("arguments", "'{}'")),
            false => (CHANGING.to_owned(), FIXED.to_owned()),
        };
        let statement = format!(
            "SELECT id, {changing}, {fixed} FROM tasks INDEXED BY tasks_listed WHERE phase = ?1 AND name = ?2 AND id < ?3 \
             AND id >= ?7 AND created_at >= ?4 AND (?5 IS NULL OR created_at < ?5) ORDER BY id DESC LIMIT ?6"
        );
        let phases = if filter.phases.is_empty() { &Phase::ALL[..] } else { &filter.phases };
        for phase in phases {
            for name in names::names(self, *phase, filter.name.as_deref())? {
                let phase = row::number(*phase);
                let params = params![phase, name, after, since, until, limit as i64 + 1, first];
                found.extend(self.rows(&statement, params, row::record)?);
            }
        }
        // Rows with a phase that does not exist are shown as failed.
        if phases.contains(&Phase::Failed) {
            for wrong in ["phase > 5", "phase < 0"] {
                let statement = format!(
                    "SELECT id, {CHANGING}, {FIXED} FROM tasks INDEXED BY tasks_listed WHERE {wrong} AND id < ?1"
                );
                let wrong = self.rows(&statement, params![after], row::record)?;
                found.extend(wrong.into_iter().filter(|record| filter.admits(record)));
            }
        }
        found.sort_by_key(|record| std::cmp::Reverse(record.id));
        found.dedup_by_key(|record| record.id);
        Ok(Page::new(found, filter))
    }

    fn upcoming(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        queues::upcoming(self, now, limit)
    }

    fn counts(&mut self, now: Time) -> Result<BTreeMap<String, Counts>> {
        counts::counts(self, now)
    }

    fn pending_retries(&mut self, name: &str, now: Time) -> Result<u64> {
        counts::pending_retries(self, name, now)
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        analytics::all(self, name)
    }

    fn analytics_part(
        &mut self,
        name: Option<&str>,
        after: Option<TaskId>,
    ) -> Result<Option<Part>> {
        analytics::part(self, name, after).map(Some)
    }

    fn ended(&mut self) -> Result<u64> {
        let statement = "SELECT count(*) FROM tasks WHERE ended_at IS NOT NULL";
        let ended = self.first(statement, [], |row| row.get::<_, i64>(0))?;
        Ok(ended.unwrap_or_default() as u64)
    }

    fn oldest_ended(&mut self, limit: usize) -> Result<Vec<(TaskId, Time)>> {
        let statement = "SELECT id, ended_at FROM tasks WHERE ended_at IS NOT NULL AND length(id) = 16 ORDER BY ended_at LIMIT ?1";
        self.rows(statement, params![limit as i64], |row| {
            Ok((row::read_id(row)?, row::time(row::number_at(row, 1)?)))
        })
    }

    fn names(&mut self) -> Result<Vec<String>> {
        names::all(self)
    }

    fn ended_in(&mut self, name: &str, phase: Phase) -> Result<u64> {
        let statement = "SELECT count(*) FROM tasks INDEXED BY tasks_ended \
                         WHERE name = ?1 AND phase = ?2 AND ended_at IS NOT NULL";
        let params = params![name, row::number(phase)];
        Ok(self.first(statement, params, |row| row::number_at(row, 0))?.unwrap_or_default() as u64)
    }

    fn oldest_ended_in(
        &mut self,
        name: &str,
        phase: Phase,
        now: Time,
        limit: usize,
    ) -> Result<Vec<(TaskId, Time)>> {
        // `valid_for` is in nanoseconds.
        let statement = "SELECT id, ended_at FROM tasks INDEXED BY tasks_ended \
                         WHERE name = ?1 AND phase = ?2 AND ended_at IS NOT NULL AND length(id) = 16 \
                         AND (phase <> 3 OR unique_key IS NULL OR valid_for IS NULL OR ended_at + valid_for / 1000000 <= ?3) \
                         ORDER BY ended_at LIMIT ?4";
        let params = params![name, row::number(phase), row::millis(now), row::count(limit)];
        self.rows(statement, params, |row| {
            Ok((row::read_id(row)?, row::time(row::number_at(row, 1)?)))
        })
    }

    fn remove(&mut self, id: TaskId) -> Result<()> {
        self.run("DELETE FROM attempts WHERE task = ?1", params![row::id(id)])?;
        self.run("DELETE FROM tasks WHERE id = ?1", params![row::id(id)]).map(drop)
    }

    fn set_aside(&mut self, id: TaskId, now: Time, error: &str) -> Result<()> {
        let statement = "UPDATE tasks SET phase = 4, reason = 'unreadable', lane = NULL, gives_up = NULL, run_at = NULL, \
                         ended_at = ?2, last_error = ?3 WHERE id = ?1";
        self.run(statement, params![row::id(id), row::millis(now), error]).map(drop)
    }

    fn nested(&mut self, work: &mut dyn FnMut(&mut dyn Table) -> Result<()>) -> Result<()> {
        self.run("SAVEPOINT one", [])?;
        let done = work(self);
        if done.is_err() {
            self.buckets.clear();
            self.run("ROLLBACK TO one", [])?;
        }
        self.run("RELEASE one", [])?;
        done
    }

    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool> {
        let statement = "UPDATE tasks SET run_at = ?3 WHERE id = ?1 AND fence = ?2 AND phase = 1";
        let params = params![row::id(id), fence as i64, row::millis(until)];
        Ok(self.run(statement, params)? == 1)
    }
}
