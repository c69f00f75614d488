//! The settings of a SQLite store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{clock::Clock, clock::SystemClock};
#[cfg(doc)]
use crate::store::error::StoreError;

/// The durability of a commit.
///
/// ```
/// use retry_tasks::{Durability, SqliteBuilder};
///
/// // Tasks that the program submits again after a power failure.
/// let builder = SqliteBuilder::new("tasks.db").durability(Durability::Normal);
/// # let _ = builder;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// A commit waits for the disk: it survives a power failure (`synchronous = FULL`).
    #[default]
    Full,
    /// A commit waits for the operating system: it survives the end of the process. A power failure may lose the latest
    /// commits but does not damage the file (`synchronous = NORMAL`).
    Normal,
}

/// The settings of a task store in a file that is not open yet.
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
    pub(super) path: PathBuf,
    pub(super) durability: Durability,
    pub(super) busy_timeout: Duration,
    pub(super) max_bytes: Option<u64>,
    pub(super) existing: bool,
    pub(super) read_only: bool,
    pub(super) upgrades: bool,
    pub(super) clock: Arc<dyn Clock>,
}

impl SqliteBuilder {
    /// A store in this file, which is created if it does not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        SqliteBuilder {
            path: path.into(),
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            max_bytes: None,
            existing: false,
            read_only: false,
            upgrades: true,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Sets the durability of commits; [`Durability::Full`] by default.
    pub fn durability(self, durability: Durability) -> Self {
        SqliteBuilder { durability, ..self }
    }

    /// Sets how long to wait for another program that keeps the file locked; 5 s by default.
    pub fn busy_timeout(self, limit: Duration) -> Self {
        SqliteBuilder { busy_timeout: limit, ..self }
    }

    /// Limits the size of the file. A change that needs more fails with [`StoreError::Full`]. No limit by default.
    pub fn max_bytes(self, limit: u64) -> Self {
        SqliteBuilder { max_bytes: Some(limit), ..self }
    }

    /// Requires the file to exist, for tools that inspect the tasks of a program.
    pub fn existing(self) -> Self {
        SqliteBuilder { existing: true, ..self }
    }

    /// Opens the file only for reading; it must exist. Changes fail with [`StoreError::ReadOnly`]. Who may not write beside a file
    /// that no program has open reads it as it is at the opening.
    pub fn read_only(self) -> Self {
        SqliteBuilder { read_only: true, existing: true, ..self }
    }

    /// Refuses a file of an older version with [`StoreError::Older`] instead of upgrading it, for tools: programs of that
    /// version may be using the file.
    pub fn without_upgrade(self) -> Self {
        SqliteBuilder { upgrades: false, ..self }
    }

    /// Sets the clock; [`SystemClock`] by default.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        SqliteBuilder { clock, ..self }
    }
}
