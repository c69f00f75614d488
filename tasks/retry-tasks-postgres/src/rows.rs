//! The rows of one transaction, and the connection through which it reads and changes them.

use std::time::Instant;

use retry_tasks::{StoreError, TaskId, Time};
use tokio_postgres::Row;

use super::columns::Version;
use super::connect::{Call, Connection, Failure, Param};
use super::overlay::Overlay;
use super::row::{self, millis};

pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The rows of one transaction at a time, through one connection.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) connection: Connection,
    pub(crate) overlay: Overlay,
    /// Whether the transaction only reads, and locks nothing.
    pub(crate) is_reader: bool,
    /// Whether each task is changed within a savepoint of its own, because the server has refused some change.
    pub(crate) is_careful: bool,
    /// The failure of the first statement that failed.
    pub(crate) failure: Option<Failure>,
    /// The mark of the transaction, once it is among its changes.
    pub(crate) mark: Option<String>,
    /// The version of the rows that the transaction writes, once the mark is among its changes.
    pub(crate) version: Option<Version>,
    pub(crate) has_changed: bool,
    /// The statements that begin the transaction. They wait for the first flight.
    opening: Vec<Call>,
    /// Whether the server may have begun the transaction.
    pub(crate) is_open: bool,
    /// The server's time, and when it was told.
    pub(crate) told: Option<(Time, Instant)>,
    /// Whether the server has been told to commit.
    pub(crate) may_be_committed: bool,
}

/// A row that each transaction with changes leaves, by which a commit whose answer was lost is found again. The number that
/// PostgreSQL gives to a transaction would not do: a server that crashes gives it to another one.
/// Returns the version of all rows that the transaction writes.
pub(crate) const MARK: &str = "INSERT INTO @commits (token) VALUES ($1::text::uuid) RETURNING xmin";

impl Rows {
    pub(crate) fn new(connection: Connection, is_reader: bool) -> Self {
        Rows {
            connection,
            overlay: Overlay::default(),
            is_reader,
            is_careful: false,
            failure: None,
            mark: None,
            version: None,
            has_changed: false,
            opening: Vec::new(),
            is_open: false,
            told: None,
            may_be_committed: false,
        }
    }

    /// Forgets the last transaction. The next one begins with these statements; the second one returns the time.
    pub(crate) fn begin(&mut self, is_careful: bool, opening: Vec<Call>) {
        self.overlay = Overlay::default();
        (self.failure, self.mark, self.version) = (None, None, None);
        (self.has_changed, self.is_careful) = (false, is_careful);
        (self.opening, self.is_open, self.told) = (opening, false, None);
        self.may_be_committed = false;
    }

    /// Sends the changes so far, then this statement, in one go. Returns its rows.
    pub(crate) fn ask(&mut self, sql: &'static str, params: Vec<Param>) -> Result<Vec<Row>> {
        let mut rows = self.send(vec![Call::Query(sql, params)])?;
        Ok(rows.pop().unwrap_or_default())
    }

    /// Sends the changes so far, then these statements, in one go. Returns the rows of the latter.
    pub(crate) fn send(&mut self, calls: Vec<Call>) -> Result<Vec<Vec<Row>>> {
        let mut changes = self.overlay.take_changes();
        self.has_changed |= !changes.is_empty();
        let is_marked = self.has_changed && self.mark.is_none();
        if is_marked {
            let mark = TaskId::unique().to_string();
            changes.insert(0, Call::Query(MARK, vec![Box::new(mark.clone())]));
            self.mark = Some(mark);
        }
        if changes.is_empty() && calls.is_empty() {
            return Ok(Vec::new());
        }
        self.fly(changes, calls, is_marked)
    }

    /// Begins the transaction now, with these statements.
    pub(crate) fn open(&mut self, calls: Vec<Call>) -> Result<Vec<Vec<Row>>> {
        self.fly(Vec::new(), calls, false)
    }

    /// Sends what begins the transaction, unless it was sent, then the changes and the statements. The first change may be the
    /// mark.
    fn fly(
        &mut self,
        changes: Vec<Call>,
        calls: Vec<Call>,
        is_marked: bool,
    ) -> Result<Vec<Vec<Row>>> {
        let mut all = std::mem::take(&mut self.opening);
        let (opening, head) = (all.len(), all.len() + changes.len());
        all.extend(changes);
        all.extend(calls);
        self.is_open = true;
        let mut rows = match self.connection.run(all) {
            Ok(rows) => rows,
            Err(failure) => return Err(self.fail(failure)),
        };
        if opening > 1 {
            self.told = rows[1].first().map(|row| (row::time(row.get(0)), Instant::now()));
        }
        if is_marked {
            self.version = rows[opening].first().map(|row| row.get(0));
        }
        Ok(rows.split_off(head))
    }

    /// Sends the changes so far, then this statement and `COMMIT`, in one go. Where the server refuses a statement, it refuses all
    /// that follow, and the commit is a rollback. Parameters are texts and numbers, so that every statement is sent. A
    /// transaction that has neither read nor changed anything is not sent at all.
    pub(crate) fn commit(&mut self, last: Option<Call>) -> Result<()> {
        if !self.is_open && !self.has_changed && self.overlay.is_unchanged() {
            return Ok(());
        }
        self.may_be_committed = true;
        self.send(last.into_iter().chain([Call::Plain("COMMIT".to_owned())]).collect()).map(drop)
    }

    /// Runs a statement that changes rows on the side of the server.
    pub(crate) fn change(&mut self, sql: &'static str, params: Vec<Param>) -> Result<Vec<Row>> {
        self.has_changed = true;
        self.ask(sql, params)
    }

    /// Notes a failure. Until the transaction has ended, the operations must not take it for that of one row.
    fn fail(&mut self, failure: Failure) -> StoreError {
        let error = failure.error().clone();
        let is_of_one_row = matches!(error, StoreError::Other { .. });
        if self.is_careful && is_of_one_row {
            return error;
        }
        self.failure.get_or_insert(failure);
        match error {
            StoreError::Other { detail } => {
                let server = self.connection.server().to_owned();
                StoreError::Unreachable { server, detail }
            }
            error => error,
        }
    }

    /// The statement for readers, or the one that locks.
    pub(crate) fn either(&self, reads: &'static str, locks: &'static str) -> &'static str {
        if self.is_reader { reads } else { locks }
    }
}

/// The parameters of statements.
pub(crate) fn id(id: TaskId) -> Param {
    Box::new(id.to_string())
}

pub(crate) fn text(text: &str) -> Param {
    Box::new(row::storable(text))
}

pub(crate) fn at(time: Time) -> Param {
    Box::new(millis(time))
}

pub(crate) fn limit(limit: usize) -> Param {
    Box::new(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// The start of a statement whose rows [`record`](row::record) reads.
macro_rules! select {
    ($($rest:literal)+) => {
        concat!("SELECT t.% FROM @tasks AS t ", $($rest),+)
    };
}
pub(crate) use select;
