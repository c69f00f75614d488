//! The reasons for which a worker cannot start.

use std::fmt;

/// The reason for which a worker cannot start.
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
    /// No function with this name is declared with `task`.
    UnknownFunction {
        /// The name.
        name: String,
    },
    /// `start` was called outside a tokio runtime.
    NoRuntime,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::MissingState { function, of } => write!(
                f,
                "`{function}` needs a `{of}`, which the worker does not have; add one with `.state(…)`"
            ),
            StartError::SameName { name } => write!(
                f,
                "two functions with `task` are called `{name}`; give one of them another name with `name = …`"
            ),
            StartError::UnknownFunction { name } => write!(
                f,
                "no function with `task` is called `{name}`; `retry_tasks::functions()` lists those in this program"
            ),
            StartError::NoRuntime => {
                f.write_str("there is no tokio runtime here; start the worker inside one")
            }
        }
    }
}

impl std::error::Error for StartError {}
