//! The rows that operations read and write.

use rusqlite::{OptionalExtension, ToSql, params, params_from_iter};

use super::file::Rows;
use super::{query, row};
use crate::analytics::Analytics;
use crate::list::{Counts, Filter, Page};
use crate::record::{Record, TaskAttempt};
use crate::store::{Due, Table};
use crate::{Phase, StoreError, TaskId, Time};

type Result<T> = std::result::Result<T, StoreError>;

impl Rows {
    pub(super) fn run(&mut self, statement: &str, params: &[Box<dyn ToSql>]) -> Result<usize> {
        let done = self.connection.prepare_cached(statement);
        let done = done.and_then(|mut it| it.execute(params_from_iter(params)));
        done.map_err(|error| self.failure(&error))
    }

    /// The first row; `None` when there is none.
    pub(super) fn first<T>(
        &mut self,
        statement: &str,
        params: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        let found = self.connection.prepare_cached(statement);
        let found = found.and_then(|mut it| it.query_row(params, read).optional());
        found.map_err(|error| self.failure(&error))
    }

    pub(super) fn rows<T>(
        &mut self,
        statement: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let found = self.connection.prepare_cached(statement);
        let found = found.and_then(|mut it| it.query_map(params, read)?.collect());
        found.map_err(|error| self.failure(&error))
    }
}

impl Table for Rows {
    fn insert(&mut self, record: &Record) -> Result<()> {
        let columns = row::COLUMNS;
        let statement = format!(
            "INSERT INTO tasks ({columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
             ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)"
        );
        self.run(&statement, &row::all(record)).map(drop)
    }

    fn update(&mut self, record: &Record) -> Result<()> {
        let statement = format!("UPDATE tasks SET {} WHERE id = ?1", row::CHANGING);
        self.run(&statement, &row::changing(record)).map(drop)
    }

    fn get(&mut self, id: TaskId) -> Result<Option<Record>> {
        let statement = format!("SELECT {} FROM tasks WHERE id = ?1", row::COLUMNS);
        self.first(&statement, params![row::id(id)], row::record)
    }

    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>> {
        let statement = "SELECT id FROM tasks WHERE name = ?1 AND unique_key = ?2";
        self.first(statement, params![name, key], query::id)
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
        self.run(&statement, &row::attempt_params(id, attempt)).map(drop)
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

    fn forget_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()> {
        let statement = "DELETE FROM attempts WHERE task = ?1 AND (?2 IS NULL OR fence = ?2)";
        let fence = fence.map(|fence| fence as i64);
        self.run(statement, &[Box::new(row::id(id)), Box::new(fence)]).map(drop)
    }

    fn list(&mut self, filter: &Filter) -> Result<Page<Record>> {
        query::list(self, filter)
    }

    fn counts(&mut self) -> Result<Counts> {
        let statement = "SELECT phase, count(*) FROM tasks GROUP BY phase";
        let rows =
            self.rows(statement, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let mut counts = Counts::default();
        for phase in Phase::ALL {
            let of = rows.iter().filter(|(number, _)| *number == row::number(phase));
            counts.add(phase, of.map(|(_, count)| *count as u64).sum());
        }
        Ok(counts)
    }

    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics> {
        query::analytics(self, name)
    }

    fn prune(&mut self, before: Option<Time>, keep: Option<u64>, chunk: usize) -> Result<usize> {
        query::prune(self, before, keep, chunk)
    }

    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool> {
        let statement = "UPDATE tasks SET run_at = ?3 WHERE id = ?1 AND fence = ?2 AND phase = 1";
        let params: [Box<dyn ToSql>; 3] =
            [Box::new(row::id(id)), Box::new(fence as i64), Box::new(row::millis(until))];
        Ok(self.run(statement, &params)? == 1)
    }
}
