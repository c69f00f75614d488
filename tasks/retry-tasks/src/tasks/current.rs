//! The task-local context of a running attempt: the task, as its function sees it.

use std::sync::Arc;
use std::time::Duration;

use super::crew::Crew;
use crate::record::id::TaskId;
use crate::store::handle::{AttemptHandle, Busy};

tokio::task_local! {
    pub(crate) static CURRENT: Current;
}

/// The running task, for its function.
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
pub struct Current {
    handle: Arc<AttemptHandle>,
    function: &'static str,
    crew: Arc<Crew>,
}

impl Current {
    pub(crate) fn new(handle: Arc<AttemptHandle>, function: &'static str, crew: Arc<Crew>) -> Self {
        Current { handle, function, crew }
    }

    /// The function of the task, and the slots of its worker.
    pub(crate) fn place(self) -> (&'static str, Arc<Crew>) {
        (self.function, self.crew)
    }

    /// The task's identifier.
    pub fn id(&self) -> TaskId {
        self.handle.id()
    }

    /// Reports the completed share, from 0 to 1. Other values are moved into this range, and `NaN` means unknown. The
    /// progress is stored, and visible to other processes, a few times a second.
    pub fn progress(&self, fraction: f64) {
        let fraction = (!fraction.is_nan()).then(|| fraction.clamp(0.0, 1.0));
        self.handle.report(|progress| progress.fraction = fraction);
    }

    /// Reports the current activity.
    pub fn message(&self, message: impl Into<String>) {
        let message = message.into();
        self.handle.report(|progress| progress.message = Some(message));
    }

    /// Puts the task off: whatever the function returns after this, the task is run again after the delay, and the attempt
    /// does not count. For work that cannot be done yet, and that has not failed.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # use std::time::Duration;
    /// # fn report_is_ready() -> bool { true }
    /// #[retryable(on = any, task)]
    /// async fn fetch_report(number: u32) -> Result<Option<u32>, String> {
    ///     if !report_is_ready() {
    ///         if let Some(task) = retry_tasks::current() {
    ///             task.snooze(Duration::from_secs(600));
    ///         }
    ///         return Ok(None);
    ///     }
    ///     Ok(Some(number))
    /// }
    /// ```
    pub fn snooze(&self, delay: Duration) {
        self.handle.snooze(delay);
    }

    /// Whether the result of the attempt no longer counts: the task was cancelled, or the worker is ending. A function
    /// that blocks may check this from time to time; the future of an `async` one is dropped.
    pub fn is_stopped(&self) -> bool {
        self.handle.is_stopped()
    }
}

/// Marks that a thread is going to run a part of the task.
pub(crate) fn busy(current: &Current) -> Busy {
    current.handle.busy()
}

/// Returns the running task; `None` in a plain call of the function.
///
/// ```
/// fn report(done: usize, all: usize) {
///     if let Some(task) = retry_tasks::current() {
///         task.progress(done as f64 / all as f64);
///         task.message(format!("{done} of {all} files"));
///     }
/// }
/// report(1, 2); // in a plain call, nobody is told
/// ```
pub fn current() -> Option<Current> {
    CURRENT.try_with(Current::clone).ok()
}

/// Runs a part of the task on another thread.
pub(crate) fn with_current<T>(current: Option<Current>, part: impl FnOnce() -> T) -> T {
    match current {
        Some(current) => CURRENT.sync_scope(current, part),
        None => part(),
    }
}
