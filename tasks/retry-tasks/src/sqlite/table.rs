//! The rows that operations read and write.

use rusqlite::{params, params_from_iter};

use super::{query, row, transaction::Rows};
use crate::base::time::Time;
use crate::record::{Record, attempt::TaskAttempt, id::TaskId};
use crate::rows::{table::Due, table::Table};
use crate::store::{
    analytics::Analytics, counts::Counts, error::Result, filter::Filter, filter::Page,
};

impl Table for Rows {
    fn insert(&mut self, record: &Record) -> Result<()> {
        let columns = row::COLUMNS;
        let statement = format!(
            "INSERT INTO tasks ({columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
             ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)"
        );
        self.run(&statement, params_from_iter(row::all(record))).map(drop)
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        let statement = format!("UPDATE tasks SET {} WHERE id = ?1", row::CHANGING);
        self.run(&statement, params_from_iter(row::changing(record))).map(drop)
    }

    fn get(&mut self, id: TaskId) -> Result<Option<Record>> {
        let statement = format!("SELECT {} FROM tasks WHERE id = ?1", row::COLUMNS);
        self.first(&statement, params![row::id(id)], row::record)
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        let statement = "SELECT id FROM tasks WHERE name = ?1 AND unique_key = ?2";
        self.first(statement, params![name, key], row::read_id)
    }

    fn due(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<Due>> {
        query::due(self, name, now, limit)
    }

    fn next_due(&mut self, name: &str) -> Result<Option<Time>> {
        query::next_due(self, name)
    }

    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()> {
        let statement = format!(
            "INSERT INTO attempts (task, {}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
             ON CONFLICT DO UPDATE SET ended = ?5, outcome = ?6, kind = ?7, error = ?8, delay = ?9, source = ?10",
            row::ATTEMPT
        );
        self.run(&statement, params_from_iter(row::attempt_params(id, attempt))).map(drop)
    }

    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>> {
        let statement =
            format!("SELECT {} FROM attempts WHERE task = ?1 AND fence = ?2", row::ATTEMPT);
        self.first(&statement, params![row::id(id), fence as i64], row::attempt)
    }

    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>> {
        let statement =
            format!("SELECT {} FROM attempts WHERE task = ?1 ORDER BY fence", row::ATTEMPT);
        self.rows(&statement, params![row::id(id)], row::attempt)
    }

    fn remove_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()> {
        let statement = "DELETE FROM attempts WHERE task = ?1 AND (?2 IS NULL OR fence = ?2)";
        let fence = fence.map(|fence| fence as i64);
        self.run(statement, params![row::id(id), fence]).map(drop)
    }

    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        query::list(self, filter)
    }

    fn counts(&mut self) -> Result<Counts> {
        let statement = "SELECT phase, count(*) FROM tasks GROUP BY phase";
        let mut counts = Counts::default();
        let rows = self.rows(statement, [], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        for (number, count) in rows {
            if let Some(phase) = row::phase(number) {
                *counts.of_mut(phase) = count as u64;
            }
        }
        Ok(counts)
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        query::analytics(self, name)
    }

    fn ended(&mut self) -> Result<u64> {
        let statement = "SELECT count(*) FROM tasks WHERE ended_at IS NOT NULL";
        let ended = self.first(statement, [], |row| row.get::<_, i64>(0))?;
        Ok(ended.unwrap_or_default() as u64)
    }

    fn oldest_ended(&mut self, limit: usize) -> Result<Vec<(TaskId, Time)>> {
        let statement =
            "SELECT id, ended_at FROM tasks WHERE ended_at IS NOT NULL ORDER BY ended_at LIMIT ?1";
        self.rows(statement, params![limit as i64], |row| {
            Ok((row::read_id(row)?, row::time(row.get(1)?)))
        })
    }

    fn remove(&mut self, id: TaskId) -> Result<()> {
        self.run("DELETE FROM attempts WHERE task = ?1", params![row::id(id)])?;
        self.run("DELETE FROM tasks WHERE id = ?1", params![row::id(id)]).map(drop)
    }

    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool> {
        let statement = "UPDATE tasks SET run_at = ?3 WHERE id = ?1 AND fence = ?2 AND phase = 1";
        let params = params![row::id(id), fence as i64, row::millis(until)];
        Ok(self.run(statement, params)? == 1)
    }
}
