//! The attempts of a task as a store keeps them.

use std::time::Duration;

use retry_runtime::{DelaySource, Kind};
use serde::{Deserialize, Serialize};

use crate::base::{names::named, time::Time};

/// A stored attempt.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::{Format, Tasks};
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// let id = tasks.submit(square::task(12)).await?;
/// tasks.wait::<u32>(id).await?;
/// for attempt in tasks.info(id, Format::Full).await?.attempts() {
///     println!("attempt {} from {}: {}", attempt.attempt, attempt.started, attempt.outcome);
/// }
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskAttempt {
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// The fencing token of the attempt's claim; it orders the attempts.
    pub fence: u64,
    /// The start.
    pub started: Time,
    /// The end; `None` while the attempt is running.
    pub ended: Option<Time>,
    /// The outcome.
    pub outcome: AttemptOutcome,
    /// The kind of the failure.
    pub kind: Option<Kind>,
    /// The text of the failure.
    pub error: Option<String>,
    /// The delay between this attempt and the next.
    pub delay: Option<Duration>,
    /// The source of the delay: the backoff or the server's hint.
    pub delay_source: Option<DelaySource>,
    /// The name of the worker that made the attempt.
    pub worker: String,
}

named! {
    /// The outcome of an attempt.
    ///
    /// ```
    /// use retry_tasks::AttemptOutcome;
    ///
    /// println!("{}", AttemptOutcome::Lost);
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[non_exhaustive]
    pub enum AttemptOutcome {
        /// The attempt has not ended, as far as the store knows.
        Running = "running",
        /// The function returned a value.
        Succeeded = "succeeded",
        /// The function returned an error.
        Failed = "failed",
        /// The worker's process ended, or did not renew the lease in time.
        Lost = "lost",
        /// The task was cancelled while the attempt was running.
        Cancelled = "cancelled",
    }
}
