//! What can go wrong, and what to do about it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::{FailReason, State, TaskId, Verb};

/// A store cannot do what it was asked to. Nothing of the order was carried out, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is no task store.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// An older version of this crate has written the file, and it was opened to be read alone: it cannot be
    /// brought up to date.
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that is understood.
        known: u32,
    },
    /// A newer version of this crate has written the file.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that is understood.
        known: u32,
    },
    /// The file is damaged.
    Broken {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// The disk, or the size that was allowed, is full.
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file, or the folder that it is in, cannot be written.
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another program has kept the file locked for longer than the limit.
    Locked {
        /// The file.
        path: PathBuf,
        /// The limit.
        waited: Duration,
    },
    /// Anything else, in the store's own words.
    Other {
        /// The words.
        detail: String,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Missing { path } => {
                write!(
                    f,
                    "there is no task store at `{}`; check the path, or start the program that creates it",
                    path.display()
                )
            }
            StoreError::Foreign { path } => {
                write!(
                    f,
                    "`{}` is no task store; it was left untouched: give the tasks a file of their own",
                    path.display()
                )
            }
            StoreError::Older { path, found, known } => write!(
                f,
                "`{}` has version {found} of the task store, and this program reads version {known}; \
                 open it once to write, with a copy at hand, which brings it up to date",
                path.display()
            ),
            StoreError::Newer { path, found, known } => write!(
                f,
                "`{}` has version {found} of the task store, and this program knows versions up to {known}; \
                 it was left untouched: update the program, or give it another file",
                path.display()
            ),
            StoreError::Broken { path, detail } => write!(
                f,
                "`{}` is damaged ({detail}); it was left untouched: restore a copy, or save what can be read \
                 with `sqlite3 FILE .recover`",
                path.display()
            ),
            StoreError::Full { path } => write!(
                f,
                "there is no room to write to `{}`; nothing was lost: free some space, or let fewer ended tasks be kept",
                path.display()
            ),
            StoreError::ReadOnly { path } => {
                write!(
                    f,
                    "`{}` cannot be written; give the program write access to the file and its folder",
                    path.display()
                )
            }
            StoreError::Locked { path, waited } => write!(
                f,
                "another program has kept `{}` locked for {waited:?}; end its transaction, or allow a longer `busy_timeout`",
                path.display()
            ),
            StoreError::Other { detail } => f.write_str(detail),
        }
    }
}

impl std::error::Error for StoreError {}

/// A task was not taken, or not carried out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TaskError {
    /// The store could not do it.
    Store(StoreError),
    /// The arguments cannot be written as JSON.
    Arguments {
        /// The function.
        name: String,
        /// Why.
        detail: String,
    },
    /// There is no task of this identifier, or no longer.
    Unknown(TaskId),
    /// The task's state does not allow the order.
    Refused {
        /// The task.
        id: TaskId,
        /// The order.
        verb: Verb,
        /// What it met: for two orders at once, what the winner has made of the task.
        state: State,
    },
    /// The task has ended without a result.
    Failed {
        /// The task.
        id: TaskId,
        /// Why.
        reason: FailReason,
        /// The last failure in words.
        error: String,
    },
    /// The task was cancelled.
    Cancelled(TaskId),
    /// The result is not of the type that was asked for.
    Result {
        /// The task.
        id: TaskId,
        /// Why.
        detail: String,
    },
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Store(error) => error.fmt(f),
            TaskError::Arguments { name, detail } => {
                write!(f, "the arguments of `{name}` cannot be stored: {detail}")
            }
            TaskError::Unknown(id) => {
                write!(
                    f,
                    "there is no task {id}; it was never submitted here, or has been removed since it ended"
                )
            }
            TaskError::Refused { id, verb, state } => {
                write!(f, "cannot {verb} task {id}: it is {state}; {}", verb.remedy())
            }
            TaskError::Failed { id, reason, error } => {
                write!(f, "task {id} failed ({reason}): {error}")
            }
            TaskError::Cancelled(id) => write!(f, "task {id} was cancelled"),
            TaskError::Result { id, detail } => {
                write!(f, "the result of task {id} is of another type: {detail}")
            }
        }
    }
}

impl std::error::Error for TaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            TaskError::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StoreError> for TaskError {
    fn from(error: StoreError) -> Self {
        TaskError::Store(error)
    }
}

/// A worker cannot start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// A function needs a value that the worker was not given.
    MissingState {
        /// The function.
        function: &'static str,
        /// The value's type.
        of: &'static str,
    },
    /// Two functions have the same name.
    SameName {
        /// The name.
        name: &'static str,
    },
    /// No function of this name is declared with `task`.
    UnknownFunction {
        /// The name.
        name: String,
    },
    /// There is no tokio runtime to run in.
    NoRuntime,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::MissingState { function, of } => write!(
                f,
                "`{function}` needs a `{of}`, which the worker was not given; add `.state(…)` with one"
            ),
            StartError::SameName { name } => write!(
                f,
                "two functions with `task` are called `{name}`; give one of them a `name = …` of its own"
            ),
            StartError::UnknownFunction { name } => write!(
                f,
                "no function with `task` is called `{name}`; see `retry_tasks::functions()` for those that are linked in"
            ),
            StartError::NoRuntime => {
                f.write_str("there is no tokio runtime here; start the worker inside of one")
            }
        }
    }
}

impl std::error::Error for StartError {}
