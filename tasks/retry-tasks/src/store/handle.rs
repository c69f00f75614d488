//! The link between the store and a running attempt: progress one way, the request to stop the other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::record::{Progress, Record, id::TaskId};

/// The link between a store and an attempt that is running for it.
#[derive(Debug)]
pub struct AttemptHandle {
    id: TaskId,
    stopped: AtomicBool,
    progress: Mutex<Reported>,
}

#[derive(Debug)]
struct Reported {
    progress: Progress,
    is_new: bool,
}

impl AttemptHandle {
    /// Creates the handle of an attempt of this task.
    pub fn new(record: &Record) -> Self {
        let progress = record.progress.clone().unwrap_or_default();
        let progress = Mutex::new(Reported { progress, is_new: false });
        AttemptHandle { id: record.id, stopped: AtomicBool::new(false), progress }
    }

    /// The identifier of the task.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Asks a function that blocks to stop.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the function was asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Takes the progress, if the function has reported any since the last call.
    pub fn take_progress(&self) -> Option<Progress> {
        let mut reported = self.lock();
        std::mem::take(&mut reported.is_new).then(|| reported.progress.clone())
    }

    /// Marks the progress as new again, after it could not be stored.
    pub fn restore_progress(&self) {
        self.lock().is_new = true;
    }

    pub(crate) fn report(&self, change: impl FnOnce(&mut Progress)) {
        let mut reported = self.lock();
        change(&mut reported.progress);
        reported.is_new = true;
    }

    fn lock(&self) -> MutexGuard<'_, Reported> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
