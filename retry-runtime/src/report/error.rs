//! The error of functions with `report`: the last failure and the call's report.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use super::reason::StopReason;
use super::record::{AttemptRecord, Report};
use crate::failure::class::{Class, Classify};
use crate::failure::inject::Inject;

/// The final failure of a call, together with its [`Report`].
///
/// A function annotated with `report` returns this error; the function named in `recover` may take it. `Display`
/// writes one line:
/// `gave up after 4 attempts in 7.2 s (exhausted): connection refused`.
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

    /// The attempts in order.
    pub fn attempts(&self) -> &[AttemptRecord] {
        &self.report.attempts
    }

    /// The call's report.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Converts into the last attempt's failure and the report.
    pub fn into_parts(self) -> (E, Report) {
        (self.error, *self.report)
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.report, self.error)
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
}
