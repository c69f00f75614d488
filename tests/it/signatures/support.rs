//! Shared by the signature tests: an error, a counter of body runs, a runtime.

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

    /// Counts a run; fails in the first `failures` runs and then returns the number of the run.
    pub(crate) fn fail(&self, failures: u32) -> Result<u32, E> {
        let run = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        if run <= failures { Err(E::Busy) } else { Ok(run) }
    }

    /// Like [`fail`](Self::fail), after yielding to other tasks.
    pub(crate) async fn fail_later(&self, failures: u32) -> Result<u32, E> {
        tokio::task::yield_now().await;
        self.fail(failures)
    }

    /// The number of runs.
    pub(crate) fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Runs a future to completion on a runtime with a paused clock.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Returns the future unchanged; compiles only if the future is `Send`.
pub(crate) fn sendable<T: Send>(value: T) -> T {
    value
}
