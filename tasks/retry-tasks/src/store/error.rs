//! The failures of stores, each with its remedy.

use std::path::PathBuf;
use std::time::Duration;

use retry_text::duration::human;

/// The result of an operation on a store.
pub(crate) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A failure of a store. The store has changed nothing, unless this is [`Unknown`](StoreError::Unknown) or the order documents otherwise.
///
/// ```
/// use retry_tasks::{SqliteBuilder, StoreError};
///
/// let error = SqliteBuilder::new("no such folder/tasks.db").existing().open().unwrap_err();
/// assert!(matches!(error, StoreError::Missing { .. }));
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file does not exist.
    #[error(
        "there is no task store at `{path}`; check the path, or start the program that creates it"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a task store.
    #[error(
        "`{path}` is not a task store and was left untouched; give the tasks a file of their own"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// An older version of this crate wrote the file. It was opened only for reading, or
    /// [without an upgrade](crate::SqliteBuilder::without_upgrade).
    #[error(
        "`{path}` has version {found} of the task store, but this program reads version {known}; \
             make a copy, then open it once to write, for example with the updated program: this upgrades the file"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
        /// The version that this program reads.
        known: u32,
    },
    /// A newer version of this crate wrote the file.
    #[error(
        "`{path}` has version {found} of the task store, but this program reads versions up to {known}; \
             the file was left untouched: update the program, or use another file"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
        /// The newest version that this program reads.
        known: u32,
    },
    /// The file is damaged.
    #[error(
        "`{path}` is damaged ({detail}) and was left untouched; restore a copy, or save the readable part \
             with `sqlite3 FILE .recover`"
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// The damage that SQLite found.
        detail: String,
    },
    /// The disk is full, or the file has reached its greatest size.
    #[error(
        "there is no room to write to `{path}`; nothing was lost: free some space, or keep fewer ended tasks"
    )]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file was removed, or another one was put in its place, while it was open.
    #[error(
        "`{path}` was removed or replaced while it was open, so the change is lost; restart the program, and stop it before the \
             file is moved"
    )]
    Moved {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("`{path}` cannot be written; give the program write access to the file and its folder")]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another program has kept the file locked for longer than the limit.
    #[error("another program has kept `{path}` locked for {}; end its transaction, or set a longer `busy_timeout`",
        human(*waited))]
    Locked {
        /// The file.
        path: PathBuf,
        /// The limit.
        waited: Duration,
    },
    /// The server of the store cannot be used: there is no connection, or it refuses. Nothing has changed.
    #[error(
        "the task store at `{server}` cannot be used ({detail}); nothing has changed: check the server, the address and the rights"
    )]
    Unreachable {
        /// The server, without a password.
        server: String,
        /// The reason.
        detail: String,
    },
    /// The connection was lost during a change, and the server could not be asked afterwards. The change may have
    /// happened or not: look at the task, or repeat a submission under the same [identifier](crate::Task::id).
    #[error(
        "the connection to the task store at `{server}` was lost during a change ({detail}), which may have happened or \
             not; look at the task, or submit again under the same identifier"
    )]
    Unknown {
        /// The server, without a password.
        server: String,
        /// The reason.
        detail: String,
    },
    /// The store cannot do this at all, because of the engine that it is built on.
    #[error("this task store cannot {what}: {why}")]
    Unsupported {
        /// The operation.
        what: &'static str,
        /// The reason, and what to do instead.
        why: &'static str,
    },
    /// Any other failure.
    #[error("{detail}")]
    Other {
        /// The store's own message.
        detail: String,
    },
}

impl StoreError {
    /// The failure of a store that is being closed.
    pub(crate) fn closed() -> Self {
        StoreError::Other { detail: "the task store is closed".to_owned() }
    }
}
