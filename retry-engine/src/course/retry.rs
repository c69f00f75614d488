//! A retry, for the hook that is called before it.

use std::time::Duration;

use crate::failure::class::Kind;
use crate::failure::outcome::Outcome;
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

    /// The failure; `None` if `retry_if` rejected a value.
    pub fn error(&self) -> Option<&'a R::Error> {
        self.outcome.as_result().err()
    }

    /// The value that `retry_if` rejected; `None` if the attempt failed.
    pub fn value(&self) -> Option<&'a R::Value> {
        self.outcome.as_result().ok()
    }
}
