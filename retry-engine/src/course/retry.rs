//! A retry, for the hook that is called before it.

use std::fmt;
use std::time::Duration;

use crate::base::duration::Rounded;
use crate::failure::class::Kind;
use crate::failure::outcome::Outcome;
use crate::failure::redact;
use crate::report::record::{Delay, DelaySource};

/// The retry that follows a failed attempt, as passed to `on_retry` before the sleep.
///
/// ```
/// use retry_runtime::{Policy, Retry};
/// use std::time::Duration;
///
/// fn print(retry: &Retry<'_, Result<u32, String>>) {
///     let error = retry.error().expect("a failure");
///     println!("attempt {} failed ({error}), again in {:?}", retry.attempt(), retry.delay());
/// }
///
/// let policy = Policy::new().max(1).base(Duration::ZERO);
/// let result = policy.retrying_any(|_| Err("no answer".into())).on_retry(print).run();
/// # assert!(result.is_err());
/// ```
///
/// Its `Display` is a line for a log, if the error has one: `attempt 1 of 2 failed: no answer; retry in 0.5 s`.
#[derive(Debug)]
pub struct Retry<'a, R: Outcome> {
    pub(crate) outcome: &'a R,
    pub(crate) attempt: u32,
    pub(crate) limit: Option<u32>,
    pub(crate) kind: Kind,
    pub(crate) delay: Delay,
}

impl<'a, R: Outcome> Retry<'a, R> {
    /// The number of the attempt that failed, from 1.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The maximum number of attempts; `None` if only the deadline limits them.
    pub fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// The length of the sleep that follows.
    pub fn delay(&self) -> Duration {
        self.delay.length
    }

    /// The source of the delay: the policy's backoff, or the server's hint.
    pub fn delay_source(&self) -> DelaySource {
        self.delay.source
    }

    /// The kind of the failure.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The outcome of the attempt: the failure, or the value that `retry_if` rejected.
    ///
    /// ```
    /// use retry_runtime::{Policy, Retry};
    /// use std::time::Duration;
    ///
    /// fn print(retry: &Retry<'_, Result<u16, String>>) {
    ///     match retry.result() {
    ///         Ok(status) => println!("the status is {status}, again in {:?}", retry.delay()),
    ///         Err(error) => println!("{error}, again in {:?}", retry.delay()),
    ///     }
    /// }
    ///
    /// let policy = Policy::new().max(1).base(Duration::ZERO);
    /// let status = policy.retrying_any(|_| Ok(503)).retry_if(|status| *status == 503).on_retry(print).run();
    /// assert_eq!(status, Ok(503));
    /// ```
    #[allow(clippy::missing_errors_doc, reason = "the error is the outcome's own")]
    pub fn result(&self) -> Result<&'a R::Value, &'a R::Error> {
        self.outcome.as_result()
    }

    /// The failure; `None` if `retry_if` rejected a value.
    pub fn error(&self) -> Option<&'a R::Error> {
        self.outcome.as_result().err()
    }

    /// The value that `retry_if` rejected; `None` if the attempt failed.
    pub fn value(&self) -> Option<&'a R::Value> {
        self.outcome.as_result().ok()
    }
}

impl<R: Outcome<Error: fmt::Display>> fmt::Display for Retry<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {}", self.attempt)?;
        if let Some(limit) = self.limit {
            write!(f, " of {limit}")?;
        }
        match self.error() {
            Some(error) => write!(f, " failed: {}", redact::cleaned(&error.to_string()))?,
            None => write!(f, " returned a value that is no success")?,
        }
        write!(f, "; retry in {}", Rounded(self.delay.length))
    }
}
