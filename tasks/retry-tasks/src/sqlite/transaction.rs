//! Transactions and statements on one connection, and the translation of their errors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{
    CachedStatement, Connection, Error, ErrorCode, OptionalExtension, Params, Row, ToSql, params,
};

use super::row;
use crate::base::clock::Clock;
use crate::machine::pace::Bucket;
use crate::rows::{job::Job, time::StoreClock, time::Stored};
use crate::store::error::{Result, StoreError};

/// The stored time is updated when it is behind by more than this many milliseconds.
const STALE: u64 = 1000;

/// The pauses of a process that waits for the lock of another one: ten quick ones, then slow ones.
const QUICK: Duration = Duration::from_micros(200);
const SLOW: Duration = Duration::from_millis(1);

/// The same when nothing else is written: other processes learn that this one uses the store.
const STALE_WHEN_IDLE: u64 = 5000;

/// The rows of the file, through one connection.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) connection: Connection,
    pub(super) context: ErrorContext,
    /// The buckets that this transaction has read or written: each end of an attempt asks for its function's.
    pub(super) buckets: HashMap<String, Option<Bucket>>,
}

impl Rows {
    /// Applies the jobs in one transaction. When the transaction fails, nothing has changed.
    pub(super) fn write(&mut self, jobs: &mut [Job], clock: &StoreClock) -> Result<()> {
        self.transaction(|rows| rows.apply(jobs, clock))?;
        self.context.is_in_place()
    }

    /// Does the work in a transaction that writes. When the work or the commit fails, nothing has changed.
    pub(super) fn transaction(&mut self, work: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.begin()?;
        self.buckets.clear();
        let committed = work(self).and_then(|()| self.run("COMMIT", []));
        if committed.is_err() && !self.connection.is_autocommit() {
            // A failed commit may have ended the transaction already.
            let _ = self.run("ROLLBACK", []);
        }
        committed.map(drop)
    }

    /// Begins a transaction that writes. Waits for the lock in short pauses: SQLite's own handler pauses longer and longer, so
    /// that of two processes one makes the other wait for hundreds of milliseconds.
    fn begin(&self) -> Result<()> {
        let start = Instant::now();
        let mut pauses = (0..10).map(|_| QUICK).chain(std::iter::repeat(SLOW));
        loop {
            match self.run("BEGIN IMMEDIATE", []) {
                Err(StoreError::Locked { .. }) if start.elapsed() < self.context.busy_timeout => {
                    std::thread::sleep(pauses.next().unwrap_or(SLOW));
                }
                begun => return begun.map(drop),
            }
        }
    }

    fn apply(&mut self, jobs: &mut [Job], clock: &StoreClock) -> Result<()> {
        let before = self.connection.total_changes();
        let stored = self.stored_time()?;
        let now = clock.agree(stored);
        for job in jobs {
            job.apply(self, now)?;
        }
        let is_changed = self.connection.total_changes() != before;
        let stale = if is_changed { STALE } else { STALE_WHEN_IDLE };
        let written = stored.map_or(0, |stored| stored.time.as_millis());
        let is_stale = now.as_millis().abs_diff(written) > stale;
        let is_stale = is_stale || is_changed && clock.is_silent(now);
        if let Some(stored) = clock.to_store(now).filter(|_| is_stale) {
            let statement = "INSERT INTO meta (name, value) VALUES ('clock', ?1), ('wall', ?2) \
                             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            self.run(statement, params![row::millis(stored.time), row::millis(stored.wall)])?;
            clock.stored(stored);
        }
        Ok(())
    }

    /// The stored time. Anything but a number in its place counts as none.
    fn stored_time(&mut self) -> Result<Option<Stored>> {
        let statement = "SELECT (SELECT value FROM meta WHERE name = 'clock'), \
                         (SELECT value FROM meta WHERE name = 'wall')";
        let number = |row: &Row<'_>, column| {
            row.get_ref(column).map(|value| value.as_i64().unwrap_or_default())
        };
        let found: Option<(i64, i64)> =
            self.first(statement, [], |row| Ok((number(row, 0)?, number(row, 1)?)))?;
        let (time, wall) = found.unwrap_or_default();
        // Older versions have not written the time of day.
        let wall = if wall > 0 { wall } else { time };
        Ok((time > 0).then(|| Stored { time: row::time(time), wall: row::time(wall) }))
    }

    /// Applies a job that only reads, on one snapshot of the file.
    pub(super) fn read(&mut self, job: &mut Job, clock: &dyn Clock) -> Result<()> {
        self.run("BEGIN", [])?;
        self.buckets.clear();
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
    /// The file that was opened, by device and number.
    pub(super) file: Option<(u64, u64)>,
}

/// The file at this path, by device and number; `None` when there is none, or when the system does not tell.
pub(super) fn file_at(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

impl ErrorContext {
    /// Checks that the file is still at its path: a change of a file that was removed is gone with it.
    fn is_in_place(&self) -> Result<()> {
        if self.file.is_some() && file_at(&self.path) != self.file {
            return Err(StoreError::Moved { path: self.path.clone() });
        }
        Ok(())
    }

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
