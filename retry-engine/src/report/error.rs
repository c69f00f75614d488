//! The error of functions with `report`: the last failure and the call's report.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::reason::StopReason;
use super::record::{AttemptRecord, Report};
use crate::failure::class::{Class, Classify};
use crate::failure::inject::Inject;
use crate::failure::interruption::Interruption;

/// The final failure of a call, together with its [`Report`].
///
/// A function annotated with `report` returns this error; the function named in `recover` may take it. `Display`
/// writes one line:
/// `gave up after 4 attempts in 7.2 s (exhausted): connection refused`. The alternate form, `{:#}`, adds a line for each
/// attempt:
///
/// ```text
/// gave up after 2 attempts in 1.3 s (exhausted): connection refused
///   attempt 1 after 0 ms: connection refused (transient); 1.3 s of backoff
///   attempt 2 after 1.3 s, 12 ms long: connection refused (transient)
/// ```
///
/// ```
/// use retry_runtime::{RetryError, StopReason, retryable};
///
/// #[retryable(max = 1, base = "0s", on = any, report)]
/// fn load() -> Result<u32, RetryError<String>> {
///     Err("not found".into())
/// }
///
/// let error = load().unwrap_err();
/// assert_eq!((error.reason(), error.attempts().len()), (StopReason::Exhausted, 2));
/// assert_eq!(error.into_error(), "not found");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryError<E> {
    error: E,
    report: Box<Report>,
}

impl<E: Inject> Inject for RetryError<E> {}

impl<E> RetryError<E> {
    pub(crate) fn new(error: E, report: Box<Report>) -> Self {
        RetryError { error, report }
    }

    /// The last attempt's failure.
    pub fn error(&self) -> &E {
        &self.error
    }

    /// Converts into the last attempt's failure.
    pub fn into_error(self) -> E {
        self.error
    }

    /// Why no further attempt was made.
    pub fn reason(&self) -> StopReason {
        self.report.reason
    }

    /// Whether the call, or one inside its last attempt, was cancelled.
    #[doc(hidden)]
    pub fn is_cancelled(&self) -> bool {
        self.report.reason == StopReason::Cancelled
    }

    /// The attempts in order.
    pub fn attempts(&self) -> &[AttemptRecord] {
        &self.report.attempts
    }

    /// The call's report.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Converts into the last attempt's failure and the report.
    ///
    /// ```
    /// use retry_runtime::{RetryError, retryable};
    ///
    /// #[retryable(max = 1, base = "0s", on = any, report)]
    /// fn load() -> Result<u32, RetryError<String>> {
    ///     Err("not found".into())
    /// }
    ///
    /// let error = load().unwrap_err();
    /// let (failure, report) = error.into_parts();
    /// assert_eq!((failure.as_str(), report.retries()), ("not found", 1));
    /// ```
    pub fn into_parts(self) -> (E, Report) {
        (self.error, *self.report)
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return write!(f, "{}: {}", self.report, self.error);
        }
        write!(f, "{}: {:#}", self.report, self.error)?;
        self.report.write_attempts(f)
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// The class of the failure inside, for a retryable function that calls another one.
impl<E: Classify> Classify for RetryError<E> {
    fn classify(&self) -> Class {
        self.error.classify()
    }

    fn describe(&self) -> Cow<'static, str> {
        Cow::Owned(format!("{}: {}", self.report, self.error.describe()))
    }

    fn interruption(&self) -> Option<Interruption> {
        self.error.interruption()
    }
}
