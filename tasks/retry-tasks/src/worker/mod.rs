//! Workers: they run the attempts of tasks.

pub(crate) mod builder;
pub(crate) mod error;
pub(crate) mod handle;
mod host;
mod name;

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::store::host::End;
use handle::WorkerHandle;

/// A running worker; [`Tasks::worker`](crate::Tasks::worker) makes one.
///
/// Dropping it is a [`shutdown`](Worker::shutdown) without time left, which the tokio runtime completes if it still
/// runs, and a warning: a worker is kept in a variable with a name (`let _ = …` drops it), and is shut down at the end.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::Tasks;
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// tasks.submit(square::task(12)).await?;
/// worker.shutdown(std::time::Duration::from_secs(5)).await; // running attempts may end
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a worker that is dropped shuts down at once"]
pub struct Worker {
    end: watch::Sender<End>,
    serving: JoinHandle<()>,
    handle: WorkerHandle,
}

impl Worker {
    /// Pauses the worker: it claims no more tasks until [`resume`](Self::resume), and attempts that run go on. Returns whether
    /// that changed anything.
    pub fn pause(&self) -> bool {
        self.handle.pause()
    }

    /// Ends a pause. Returns whether that changed anything.
    pub fn resume(&self) -> bool {
        self.handle.resume()
    }

    /// Whether the worker is paused.
    pub fn is_paused(&self) -> bool {
        self.handle.is_paused()
    }

    /// Shuts the worker down. It starts no more attempts, and running ones may take until `within` to end. Then it stops
    /// them and returns their tasks: these are pending again, the attempt does not count against their limit, and
    /// another worker may start them at once. When the function is not declared idempotent, the stopped attempt may have
    /// taken effect, so the task fails as [`Ambiguous`](crate::FailReason::Ambiguous). A function that blocks cannot be
    /// stopped, but its result no longer counts.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not interrupt the shutdown.
    pub async fn shutdown(mut self, within: Duration) {
        self.end.send_replace(End::Within(within));
        // The panic hook has reported a panic in the worker's own code already.
        let _ = (&mut self.serving).await;
    }

    /// Stops the worker at once and stores nothing, as a crash would: its leases run out. For tests.
    pub async fn abandon(mut self) {
        self.end.send_replace(End::Abandoned);
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let running = *self.end.borrow() == End::NotYet;
        if running {
            tell_drop();
            self.end.send_replace(End::Within(Duration::ZERO));
        }
    }
}

/// Warns that a worker ends because nobody has kept it.
fn tell_drop() {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        tracing::warn!(
            target: "retry_tasks",
            "a worker was dropped, so it shuts down and its running tasks are returned: keep it in a variable, and call `shutdown`"
        );
    });
}
