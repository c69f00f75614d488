//! What a body may know of the task that it is part of.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::TaskId;
use crate::record::Progress;

tokio::task_local! {
    static CURRENT: Arc<Live>;
}

/// One attempt while it runs.
#[derive(Debug)]
pub(crate) struct Live {
    id: TaskId,
    stopped: AtomicBool,
    progress: Mutex<(Progress, bool)>,
}

impl Live {
    pub(crate) fn new(id: TaskId, progress: Option<Progress>) -> Self {
        let progress = Mutex::new((progress.unwrap_or_default(), false));
        Live { id, stopped: AtomicBool::new(false), progress }
    }

    /// Tells a body that blocks to stop.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The progress, when it was made since it was last asked for.
    pub(crate) fn news(&self) -> Option<Progress> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut progress.1).then(|| progress.0.clone())
    }

    /// Progress that could not be written down is news again.
    pub(crate) fn renew(&self) {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
    }

    fn tell(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut progress.0);
        progress.1 = true;
    }
}

/// The task that runs here, for its body.
///
/// ```
/// fn sum(numbers: &[u64]) -> u64 {
///     let task = retry_tasks::current();
///     let mut sum = 0;
///     for (done, number) in numbers.iter().enumerate() {
///         sum += number;
///         if let Some(task) = &task {
///             task.progress(done as f64 / numbers.len() as f64);
///         }
///     }
///     sum
/// }
/// assert_eq!(sum(&[1, 2]), 3);
/// ```
#[derive(Clone, Debug)]
pub struct Current(Arc<Live>);

impl Current {
    /// The task's identifier.
    pub fn id(&self) -> TaskId {
        self.0.id
    }

    /// Says how far the task is, from 0 to 1; other values count as the nearest of these, and no number as
    /// unknown. It is written down a few times a second, and is seen by other processes then.
    pub fn progress(&self, fraction: f64) {
        let fraction = (!fraction.is_nan()).then(|| fraction.clamp(0.0, 1.0));
        self.0.tell(|progress| progress.fraction = fraction);
    }

    /// Says what the task is doing.
    pub fn message(&self, message: impl Into<String>) {
        let message = message.into();
        self.0.tell(|progress| progress.message = Some(message));
    }

    /// Whether the attempt no longer counts: the task was cancelled, or the worker is to end. A function that
    /// blocks may look at it from time to time; an `async` one is dropped.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Relaxed)
    }
}

/// The task that runs here; `None` in a plain call of the function.
pub fn current() -> Option<Current> {
    CURRENT.try_with(|live| Current(Arc::clone(live))).ok()
}

/// Runs code of a task on another thread.
pub(crate) fn inside<T>(current: Option<Current>, work: impl FnOnce() -> T) -> T {
    match current {
        Some(Current(live)) => CURRENT.sync_scope(live, work),
        None => work(),
    }
}

/// Runs the future as part of a task.
pub(crate) async fn within<F: Future>(live: Arc<Live>, future: F) -> F::Output {
    CURRENT.scope(live, future).await
}
