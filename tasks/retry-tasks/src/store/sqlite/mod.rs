//! The embedded store: a SQLite file that survives the process, and that several processes may share.
//!
//! One thread writes. It takes whatever orders are waiting, carries all of them out in one transaction, and
//! answers after the commit: so the cost of a commit that has reached the disk is shared, and `FULL`
//! durability costs little when there is much to do. Another thread reads.

mod failure;
mod file;
mod open;
mod query;
mod row;
mod schema;
mod table;
mod threads;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Backend, Job, Leased};
use crate::{Clock, StoreError, SystemClock, Tasks};
use threads::Thread;

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The disk: what was answered survives a power failure (`synchronous = FULL`).
    #[default]
    Full,
    /// The operating system: what was answered survives the end of the process, and the last of it may be
    /// lost in a power failure (`synchronous = NORMAL`). The file stays sound.
    Normal,
}

/// A task store in a file, about to be opened.
///
/// ```
/// use retry_tasks::SqliteBuilder;
/// use std::time::Duration;
///
/// # let folder = std::env::temp_dir().join(format!("retry-tasks-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("tasks.db");
/// let tasks = SqliteBuilder::new(&path).busy_timeout(Duration::from_secs(1)).open()?;
/// # drop(tasks);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "a store does nothing until it is opened"]
pub struct SqliteBuilder {
    path: PathBuf,
    durability: Durability,
    busy_timeout: Duration,
    max_bytes: Option<u64>,
    existing: bool,
    read_only: bool,
    clock: Arc<dyn Clock>,
}

impl SqliteBuilder {
    /// The store in this file, which is made when it does not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        SqliteBuilder {
            path: path.into(),
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            max_bytes: None,
            existing: false,
            read_only: false,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// What a commit waits for; the disk unless it is set.
    pub fn durability(self, durability: Durability) -> Self {
        SqliteBuilder { durability, ..self }
    }

    /// How long to wait for another program that keeps the file locked; 5 s unless it is set.
    pub fn busy_timeout(self, limit: Duration) -> Self {
        SqliteBuilder { busy_timeout: limit, ..self }
    }

    /// The file must not grow beyond so many bytes: orders that need more are refused as
    /// [`Full`](StoreError::Full). No limit unless it is set.
    pub fn max_bytes(self, limit: u64) -> Self {
        SqliteBuilder { max_bytes: Some(limit), ..self }
    }

    /// The file must exist: for tools that look at what a program has left, or is doing.
    pub fn existing(self) -> Self {
        SqliteBuilder { existing: true, ..self }
    }

    /// Nothing is written; the file must exist. Orders are refused as [`ReadOnly`](StoreError::ReadOnly).
    pub fn read_only(self) -> Self {
        SqliteBuilder { read_only: true, existing: true, ..self }
    }

    /// A clock of one's own.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        SqliteBuilder { clock, ..self }
    }

    /// Opens the file, and brings one of an older version up to date.
    ///
    /// # Errors
    ///
    /// The file is missing, broken, read-only, locked, not a task store, or one of a newer version. It is
    /// left untouched then.
    pub fn open(self) -> Result<Tasks, StoreError> {
        let clock = Arc::clone(&self.clock);
        let (reader, writer) = (open::reader(&self)?, open::writer(&self)?);
        // The reader needs the tables that the writer may have to make.
        let reader = match reader {
            Some(reader) => reader,
            None => open::reader(&self)?.ok_or(StoreError::Missing { path: self.path })?,
        };
        let backend = Sqlite {
            writer: Thread::writer(writer, &clock)?,
            reader: Thread::reader(reader, &clock)?,
        };
        Ok(Tasks::of(Arc::new(Leased::new(backend, clock))))
    }
}

impl Tasks {
    /// The tasks in this SQLite file, which is made when it does not exist. Several processes may share it.
    ///
    /// [`SqliteBuilder`] has the settings.
    ///
    /// # Errors
    ///
    /// As [`SqliteBuilder::open`].
    pub fn sqlite(path: impl Into<PathBuf>) -> Result<Tasks, StoreError> {
        SqliteBuilder::new(path).open()
    }
}

/// Rows in a SQLite file.
#[derive(Debug)]
struct Sqlite {
    writer: Thread,
    reader: Thread,
}

impl Backend for Sqlite {
    fn write(&self, job: Job, _: &dyn Clock) {
        self.writer.hand_in(job);
    }

    fn read(&self, job: Job, _: &dyn Clock) {
        self.reader.hand_in(job);
    }
}
