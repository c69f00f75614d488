//! A response whose status is an error, as an error that keeps the server's hint.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use super::class::{Class, Classify};
use super::of_status::of_status;
use super::retry_after;

/// Turns responses with a status of 400 to 599 into errors.
///
/// Use [`check_status`](CheckStatus::check_status) instead of reqwest's `error_for_status`, whose error does not keep the
/// headers: a call behind a 429 then returns long before the server wants it to
/// ([reqwest-middleware#146](https://github.com/TrueLayer/reqwest-middleware/issues/146)).
pub trait CheckStatus: Sized {
    /// The response itself, whose body can be read as before, or an error if the status is an error.
    ///
    /// A reference has the method, too: `(&response).check_status()` leaves the response to read the error's body.
    ///
    /// # Errors
    ///
    /// [`StatusError`] for a status of 400 to 599.
    ///
    /// ```
    /// use retry_runtime::{CheckStatus, Classify, Kind};
    /// use std::time::Duration;
    ///
    /// let answer = http::Response::builder().status(429).header("Retry-After", "2").body(())?;
    ///
    /// let error = answer.check_status().expect_err("the status is an error");
    /// assert_eq!(error.classify().kind, Kind::Throttled);
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
    /// # Ok::<(), http::Error>(())
    /// ```
    fn check_status(self) -> Result<Self, StatusError>;
}

/// The error of [`check_status`](CheckStatus::check_status): the status, and the delay that the response asks for.
///
/// Its class is that of the status ([`of_status`]), also inside an `anyhow::Error` or a boxed error.
///
/// ```
/// use retry_runtime::{CheckStatus, StatusError};
///
/// let answer = http::Response::builder().status(404).body(())?;
/// let error: StatusError = answer.check_status().unwrap_err();
/// assert_eq!(error.status(), 404);
/// assert_eq!(error.retry_after(), None);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusError {
    status: StatusCode,
    retry_after: Option<Duration>,
}

impl StatusError {
    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The delay that the response asks for, counted from its check
    /// ([`retry_after::from_response`](crate::retry_after::from_response)); `None` when it asks for none.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Checks the status and reads the hint.
    pub(in crate::failure) fn check(
        status: StatusCode,
        headers: &http::HeaderMap,
    ) -> Result<(), StatusError> {
        if !(status.is_client_error() || status.is_server_error()) {
            return Ok(());
        }
        Err(StatusError { status, retry_after: retry_after::from_response(status, headers) })
    }
}

impl fmt::Display for StatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)
    }
}

impl Error for StatusError {}

impl Classify for StatusError {
    fn classify(&self) -> Class {
        of_status(self.status.as_u16(), self.retry_after)
    }

    fn describe(&self) -> Cow<'static, str> {
        Cow::Owned(self.to_string())
    }
}

impl<B> CheckStatus for http::Response<B> {
    fn check_status(self) -> Result<Self, StatusError> {
        StatusError::check(self.status(), self.headers())?;
        Ok(self)
    }
}

impl<B> CheckStatus for &http::Response<B> {
    fn check_status(self) -> Result<Self, StatusError> {
        StatusError::check(self.status(), self.headers())?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::class::Kind;
    use http::Response;

    fn check(status: u16, class: impl Into<Option<Class>>) {
        let answer = Response::builder().status(status).header("retry-after", "7");
        let found = answer.body(()).unwrap().check_status();
        assert_eq!(found.err().map(|error| error.classify()), class.into(), "{status}");
    }

    #[test]
    fn an_error_status_keeps_its_hint_and_a_success_passes() {
        let after = |kind| Class::new(kind).after(Duration::from_secs(7));
        check(429, after(Kind::Throttled));
        check(503, after(Kind::Throttled));
        check(500, after(Kind::Ambiguous));
        check(404, after(Kind::Permanent));
        for status in [200, 204, 301, 304] {
            check(status, None);
        }
    }

    #[test]
    fn a_boxed_status_is_known() {
        let answer = Response::builder().status(429).header("retry-after", "7").body(()).unwrap();
        let boxed: Box<dyn Error> = answer.check_status().unwrap_err().into();
        assert_eq!(boxed.classify(), Class::new(Kind::Throttled).after(Duration::from_secs(7)));
        assert_eq!(boxed.describe(), "the server answered 429 Too Many Requests");
    }
}
