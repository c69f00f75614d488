//! The reasons for which a worker cannot start.

/// The reason for which a worker cannot start.
///
/// ```
/// use retry_tasks::{StartError, Tasks};
///
/// // Outside of a tokio runtime.
/// let error = Tasks::memory().worker().start().unwrap_err();
/// assert!(matches!(error, StartError::NoRuntime));
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A function needs a value that the worker was not given.
    #[error(
        "`{function}` needs a `{of}`, which the worker does not have; add one with `.state(…)`"
    )]
    MissingState {
        /// The function.
        function: &'static str,
        /// The value's type.
        of: &'static str,
    },
    /// Two functions have the same name.
    #[error(
        "two functions with `task` are called `{name}`; give one of them another name with `name = …`"
    )]
    SameName {
        /// The name.
        name: &'static str,
    },
    /// No function with this name is declared with `task`.
    #[error(
        "no function with `task` is called `{name}`; `retry_tasks::functions()` lists those in this program"
    )]
    UnknownFunction {
        /// The name.
        name: String,
    },
    /// `start` was called outside a tokio runtime.
    #[error("there is no tokio runtime here; start the worker inside one")]
    NoRuntime,
}
