//! The reasons for which a task fails.

use retry_runtime::StopReason;
use serde::{Deserialize, Serialize};

use crate::base::names::named;

named! {
    /// The reason for which a task has failed.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// use retry_tasks::{Format, State, Tasks};
    ///
    /// #[retryable(max = 0, on = any, task)]
    /// async fn send(n: u32) -> Result<u32, String> { Err("down".into()) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tasks = Tasks::memory();
    /// let worker = tasks.worker().start()?;
    /// let id = tasks.submit(send::task(1)).await?;
    /// let _ = tasks.wait::<u32>(id).await;
    /// match tasks.info(id, Format::Standard).await?.state {
    ///     State::Failed { reason } => println!("because of {reason}"),
    ///     other => println!("{other}"),
    /// }
    /// # worker.shutdown(std::time::Duration::ZERO).await;
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    pub enum FailReason {
        /// The error is of a kind that is not retried.
        Permanent = "permanent",
        /// The last allowed attempt failed or was lost with its process.
        Exhausted = "exhausted",
        /// The deadline has passed, or would have passed before the next attempt.
        Deadline = "deadline",
        /// The attempt may have taken effect and the function is not declared idempotent. The attempt returned an
        /// ambiguous error, or was lost with its process.
        Ambiguous = "ambiguous",
        /// The server asked not to be retried.
        Overloaded = "overloaded",
        /// The server asked for a longer delay than the policy or the deadline allows.
        RetryAfterTooLong = "retry-after too long",
        /// The function's own cancellation token was cancelled.
        Stopped = "stopped",
        /// The function panicked.
        Panicked = "panicked",
        /// The stored arguments no longer fit the function, or its result cannot be stored.
        Unreadable = "unreadable",
    }
}

impl From<StopReason> for FailReason {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Exhausted => FailReason::Exhausted,
            StopReason::Deadline => FailReason::Deadline,
            StopReason::Ambiguous => FailReason::Ambiguous,
            StopReason::Overloaded => FailReason::Overloaded,
            StopReason::RetryAfterTooLong => FailReason::RetryAfterTooLong,
            StopReason::Cancelled => FailReason::Stopped,
            _ => FailReason::Permanent,
        }
    }
}
