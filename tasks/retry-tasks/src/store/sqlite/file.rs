//! Transactions on one connection.

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Place;
use crate::store::Job;
use crate::{Clock, StoreError, Time};

/// How far behind the time that is written down may be.
const STALE: u64 = 1000;

/// A time that is further ahead than that is a mistake of somebody's clock, and nobody follows it.
const ABSURD: u64 = 24 * 3600 * 1000;

/// The rows of the file, by one connection.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) connection: Connection,
    pub(super) place: Place,
}

type Result<T> = std::result::Result<T, StoreError>;

impl Rows {
    pub(super) fn new(connection: Connection, place: Place) -> Self {
        Rows { connection, place }
    }

    pub(super) fn failure(&self, error: &rusqlite::Error) -> StoreError {
        self.place.failure(error)
    }

    /// Carries the jobs out in one transaction. When it fails, nothing has happened.
    pub(super) fn write(&mut self, jobs: &mut [Job], clock: &dyn Clock) -> Result<()> {
        self.execute("BEGIN IMMEDIATE")?;
        let done = self.apply(jobs, clock).and_then(|()| self.execute("COMMIT"));
        if done.is_err() && !self.connection.is_autocommit() {
            // A commit that has failed may have ended the transaction already.
            let _ = self.execute("ROLLBACK");
        }
        done
    }

    fn apply(&mut self, jobs: &mut [Job], clock: &dyn Clock) -> Result<()> {
        let before = self.connection.total_changes();
        let (now, written) = self.time(clock)?;
        for job in jobs {
            job.apply(self, now)?;
        }
        let changed = self.connection.total_changes() != before;
        if changed && now.as_millis().abs_diff(written) > STALE {
            self.put_time(now)?;
        }
        Ok(())
    }

    /// The time of the transaction, no earlier than any that was written before.
    fn time(&mut self, clock: &dyn Clock) -> Result<(Time, u64)> {
        let query = "SELECT value FROM meta WHERE name = 'clock'";
        let read = self.connection.prepare_cached(query).and_then(|mut statement| {
            statement.query_row([], |row| row.get::<_, i64>(0)).optional()
        });
        let written = read.map_err(|error| self.failure(&error))?.unwrap_or_default();
        let written = u64::try_from(written).unwrap_or_default();
        let now = clock.now();
        if written > now.as_millis() && written - now.as_millis() < ABSURD {
            clock.catch_up(Time::from_millis(written));
            return Ok((clock.now(), written));
        }
        Ok((now, written))
    }

    fn put_time(&mut self, now: Time) -> Result<()> {
        let write = "INSERT INTO meta (name, value) VALUES ('clock', ?1) \
                     ON CONFLICT (name) DO UPDATE SET value = ?1";
        let done = self.connection.prepare_cached(write);
        let done =
            done.and_then(|mut statement| statement.execute(params![now.as_millis() as i64]));
        done.map(drop).map_err(|error| self.failure(&error))
    }

    /// Carries out a job that reads, and sees one state of the file.
    pub(super) fn read(&mut self, job: &mut Job, clock: &dyn Clock) -> Result<()> {
        self.execute("BEGIN")?;
        let done = job.apply(self, clock.now());
        let ended = self.execute("COMMIT");
        done.and(ended)
    }

    fn execute(&self, statement: &str) -> Result<()> {
        let done = self.connection.prepare_cached(statement);
        done.and_then(|mut it| it.execute([])).map(drop).map_err(|error| self.failure(&error))
    }
}
