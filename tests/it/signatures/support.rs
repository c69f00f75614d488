//! What the functions of the matrix share: an error, a count of the runs of a body, a runtime.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use retry_runtime::{Classify, Interruption};

#[derive(Clone, Debug, PartialEq, thiserror::Error, Classify)]
pub(crate) enum E {
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error("bad")]
    #[classify(permanent)]
    Bad,
    #[error(transparent)]
    #[classify(inherit)]
    Cut(#[from] Interruption),
}

impl E {
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, E::Busy)
    }
}

/// Counts the runs of one body.
#[derive(Debug, Default)]
pub(crate) struct Runs(AtomicU32);

impl Runs {
    pub(crate) const fn new() -> Self {
        Runs(AtomicU32::new(0))
    }

    /// One more run: its number, or a failure if it is one of the first `failures`.
    pub(crate) fn fail(&self, failures: u32) -> Result<u32, E> {
        let run = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        if run <= failures { Err(E::Busy) } else { Ok(run) }
    }

    /// The same, after a moment in which other tasks may run.
    pub(crate) async fn fail_later(&self, failures: u32) -> Result<u32, E> {
        tokio::task::yield_now().await;
        self.fail(failures)
    }

    /// How many runs there were.
    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Runs a future to its end on a runtime whose clock stands still.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// The future as it came, if it is `Send`.
pub(crate) fn sendable<T: Send>(value: T) -> T {
    value
}
