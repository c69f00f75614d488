//! The return types of retryable functions.

use std::borrow::Cow;
use std::fmt;

use super::class::{Class, Classify, Kind};
use super::interruption::Interruption;

/// A value that is either a success or a failure.
///
/// `Result` and `Option` implement this trait, and so do aliases of them. Implement it for your own type to make
/// functions that return the type retryable:
///
/// ```
/// use retry_runtime::Outcome;
///
/// enum Reply { Done(u32), Busy(BusyError) }
/// #[derive(Debug)]
/// struct BusyError;
///
/// impl Outcome for Reply {
///     type Value = u32;
///     type Error = BusyError;
///
///     fn as_result(&self) -> Result<&u32, &BusyError> {
///         match self { Reply::Done(n) => Ok(n), Reply::Busy(error) => Err(error) }
///     }
///     fn into_result(self) -> Result<u32, BusyError> {
///         match self { Reply::Done(n) => Ok(n), Reply::Busy(error) => Err(error) }
///     }
///     fn from_result(result: Result<u32, BusyError>) -> Self {
///         match result { Ok(n) => Reply::Done(n), Err(error) => Reply::Busy(error) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "cannot tell success from failure in `{Self}`",
    label = "a retryable function returns `Result`, `Option` or another `Outcome`",
    note = "return a `Result`, or implement `retry_runtime::Outcome` for the type",
    note = "if the type is a future, write `impl Future<…>` or `BoxFuture<'_, …>`, or end the name of the alias in `Future`; a closure that returns a future is called with `Policy::call_async`"
)]
pub trait Outcome: Sized {
    /// The type of a success's value.
    type Value;
    /// The type of a failure's error.
    type Error;

    /// Borrows the outcome as a `Result`.
    #[allow(clippy::missing_errors_doc, reason = "the error is the outcome's own")]
    fn as_result(&self) -> Result<&Self::Value, &Self::Error>;

    /// Converts the outcome into a `Result`.
    #[allow(clippy::missing_errors_doc, reason = "the error is the outcome's own")]
    fn into_result(self) -> Result<Self::Value, Self::Error>;

    /// Converts a `Result` into an outcome. The engine passes `Err` when a deadline, a timeout, a cancellation or a
    /// breaker ends the call.
    fn from_result(result: Result<Self::Value, Self::Error>) -> Self;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;

    fn as_result(&self) -> Result<&T, &E> {
        self.as_ref()
    }

    fn into_result(self) -> Result<T, E> {
        self
    }

    fn from_result(result: Result<T, E>) -> Self {
        result
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;
    type Error = Missing;

    fn as_result(&self) -> Result<&T, &Missing> {
        self.as_ref().ok_or(&Missing)
    }

    fn into_result(self) -> Result<T, Missing> {
        self.ok_or(Missing)
    }

    fn from_result(result: Result<T, Missing>) -> Self {
        result.ok()
    }
}

/// An outcome whose error implements `From<Interruption>`.
///
/// ```
/// use retry_runtime::{Interruptible, Interruption};
///
/// // Every outcome whose error is `From<Interruption>` has it.
/// let stopped = std::io::Result::<u32>::interrupted(Interruption::Cancelled);
/// assert_eq!(stopped.unwrap_err().to_string(), "the call was cancelled");
/// ```
#[diagnostic::on_unimplemented(
    message = "this call can be interrupted, but the error of `{Self}` is not `From<Interruption>`",
    label = "needs an error that is `From<retry_runtime::Interruption>`",
    note = "`deadline`, `timeout`, `cancel` and `breaker` end or refuse attempts; the error must be able to say so",
    note = "add a variant to the error: `#[error(transparent)] #[classify(inherit)] Interrupted(#[from] retry_runtime::Interruption)`"
)]
pub trait Interruptible: Outcome {
    /// Converts an interruption into a failure.
    fn interrupted(interruption: Interruption) -> Self;
}

#[diagnostic::do_not_recommend]
impl<R: Outcome<Error: From<Interruption>>> Interruptible for R {
    fn interrupted(interruption: Interruption) -> Self {
        R::from_result(Err(interruption.into()))
    }
}

/// The error of the outcome `None`: there was no value.
///
/// Its kind is [`Kind::Transient`]. Interruptions of the call become this error too.
///
/// ```
/// use retry_runtime::{Classify, Kind, Missing, retryable};
///
/// // `None` is retried: its error is `Missing`.
/// #[retryable(max = 2, base = "0s")]
/// fn find() -> Option<u32> { None }
///
/// assert_eq!(find(), None);
/// assert_eq!(Missing.classify().kind, Kind::Transient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Missing;

impl fmt::Display for Missing {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value")
    }
}

impl std::error::Error for Missing {}

impl From<Interruption> for Missing {
    #[inline]
    fn from(_: Interruption) -> Self {
        Missing
    }
}

impl Classify for Missing {
    #[inline]
    fn classify(&self) -> Class {
        Kind::Transient.into()
    }

    #[inline]
    fn describe(&self) -> Cow<'static, str> {
        Cow::Borrowed("no value")
    }
}
