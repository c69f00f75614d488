//! Transactions and statements on one connection, and the translation of their errors.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{
    CachedStatement, Connection, Error, ErrorCode, OptionalExtension, Params, Row, ToSql, params,
};

use crate::base::{clock::Clock, time::Time};
use crate::rows::job::Job;
use crate::store::error::{Result, StoreError};

/// The stored time is updated when it is behind by more than this many milliseconds.
const STALE: u64 = 1000;

/// A stored time that is ahead by this many milliseconds or more is the mistake of some clock and is ignored.
const ABSURD: u64 = 24 * 3600 * 1000;

/// The rows of the file, through one connection.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) connection: Connection,
    pub(super) context: ErrorContext,
}

impl Rows {
    /// Applies the jobs in one transaction. When the transaction fails, nothing has changed.
    pub(super) fn write(&mut self, jobs: &mut [Job], clock: &dyn Clock) -> Result<()> {
        self.transaction(|rows| rows.apply(jobs, clock))
    }

    /// Does the work in a transaction that writes. When the work or the commit fails, nothing has changed.
    pub(super) fn transaction(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.run("BEGIN IMMEDIATE", [])?;
        let committed = work(self).and_then(|()| self.run("COMMIT", []));
        if committed.is_err() && !self.connection.is_autocommit() {
            // A failed commit may have ended the transaction already.
            let _ = self.run("ROLLBACK", []);
        }
        committed.map(drop)
    }

    fn apply(&mut self, jobs: &mut [Job], clock: &dyn Clock) -> Result<()> {
        let before = self.connection.total_changes();
        let (now, stored) = self.time(clock)?;
        for job in jobs {
            job.apply(self, now)?;
        }
        let changed = self.connection.total_changes() != before;
        if changed && now.as_millis().abs_diff(stored) > STALE {
            let statement = "INSERT INTO meta (name, value) VALUES ('clock', ?1) \
                             ON CONFLICT (name) DO UPDATE SET value = ?1";
            self.run(statement, params![now.as_millis() as i64])?;
        }
        Ok(())
    }

    /// The time of the transaction, which is not before the stored time, and the stored time.
    fn time(&mut self, clock: &dyn Clock) -> Result<(Time, u64)> {
        let statement = "SELECT value FROM meta WHERE name = 'clock'";
        let stored = self.first(statement, [], |row| row.get::<_, i64>(0))?.unwrap_or_default();
        let stored = u64::try_from(stored).unwrap_or_default();
        let now = clock.now();
        if stored > now.as_millis() && stored - now.as_millis() < ABSURD {
            clock.catch_up(Time::from_millis(stored));
            return Ok((clock.now(), stored));
        }
        Ok((now, stored))
    }

    /// Applies a job that only reads, on one snapshot of the file.
    pub(super) fn read(&mut self, job: &mut Job, clock: &dyn Clock) -> Result<()> {
        self.run("BEGIN", [])?;
        let applied = job.apply(self, clock.now());
        let ended = self.run("COMMIT", []);
        applied.and(ended.map(drop))
    }

    /// Runs a statement and returns the number of rows that it has changed.
    pub(super) fn run(&self, statement: &str, params: impl Params) -> Result<usize> {
        self.with(statement, |statement| statement.execute(params))
    }

    /// Returns the first row, if there is one.
    pub(super) fn first<T>(
        &self,
        statement: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.with(statement, |statement| statement.query_row(params, read).optional())
    }

    /// Returns all rows.
    pub(super) fn rows<T>(
        &self,
        statement: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.with(statement, |statement| statement.query_map(params, read)?.collect())
    }

    fn with<T>(
        &self,
        statement: &str,
        run: impl FnOnce(&mut CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.named(self.connection.prepare_cached(statement).and_then(|mut it| run(&mut it)))
    }

    /// Sets a pragma.
    pub(super) fn set(&self, pragma: &str, value: impl ToSql) -> Result<()> {
        self.named(self.connection.pragma_update(None, pragma, value))
    }

    /// Adds the file to an error.
    pub(super) fn named<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| self.context.error(&error))
    }
}

/// The facts that an error message needs besides SQLite's error.
#[derive(Clone, Debug)]
pub(super) struct ErrorContext {
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
}

impl ErrorContext {
    pub(super) fn error(&self, error: &Error) -> StoreError {
        let path = self.path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked { path, waited: self.busy_timeout }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly { path }
            }
            Some(ErrorCode::NotADatabase) => StoreError::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => {
                StoreError::Broken { path, detail: error.to_string() }
            }
            _ => StoreError::Other { detail: format!("`{}`: {error}", path.display()) },
        }
    }
}
