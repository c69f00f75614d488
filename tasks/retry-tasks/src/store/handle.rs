//! The link between the store and a running attempt: progress one way, the request to stop the other.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::record::{Progress, Record, id::TaskId};

/// The link between a store and an attempt that is running for it.
pub(crate) struct AttemptHandle {
    id: TaskId,
    stopped: AtomicBool,
    snoozed: Mutex<Option<Duration>>,
    progress: Mutex<Reported>,
    reported: Notify,
    /// The number of threads that run a part of the body.
    threads: watch::Sender<usize>,
    anchor: Mutex<Option<Anchor>>,
}

/// A value that lives as long as the attempt runs, such as its lease.
type Anchor = Arc<dyn Any + Send + Sync>;

/// A thread that runs a part of the body, until it is dropped.
pub(crate) struct Busy {
    handle: Arc<AttemptHandle>,
    _anchor: Option<Anchor>,
}

#[derive(Debug)]
struct Reported {
    progress: Progress,
    is_new: bool,
}

impl AttemptHandle {
    /// Creates the handle of an attempt of this task.
    pub(crate) fn new(record: &Record) -> Self {
        let progress = Mutex::new(Reported { progress: Progress::default(), is_new: false });
        AttemptHandle {
            id: record.id,
            stopped: AtomicBool::new(false),
            snoozed: Mutex::default(),
            progress,
            reported: Notify::new(),
            threads: watch::Sender::new(0),
            anchor: Mutex::default(),
        }
    }

    /// The identifier of the task.
    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    /// Asks a function that blocks to stop.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the function was asked to stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The delay for which the function has put the task off.
    pub(crate) fn snoozed(&self) -> Option<Duration> {
        *self.snoozed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn snooze(&self, delay: Duration) {
        *self.snoozed.lock().unwrap_or_else(PoisonError::into_inner) = Some(delay);
    }

    /// Takes the progress, if the function has reported any since the last call.
    pub(crate) fn take_progress(&self) -> Option<Progress> {
        let mut reported = self.lock();
        std::mem::take(&mut reported.is_new).then(|| reported.progress.clone())
    }

    /// Completes with the progress when the function has reported some.
    pub(crate) async fn news(&self) -> Progress {
        loop {
            let reported = self.reported.notified();
            if let Some(progress) = self.take_progress() {
                return progress;
            }
            reported.await;
        }
    }

    /// Marks the progress as new again, after it could not be stored.
    pub(crate) fn restore_progress(&self) {
        self.lock().is_new = true;
    }

    /// Keeps a value until the attempt has ended and every thread that runs a part of its body has returned: a thread
    /// cannot be stopped, and its lease must last as long.
    pub(crate) fn anchor(&self, value: Arc<dyn Any + Send + Sync>) {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    /// Drops the value of [`anchor`](Self::anchor); threads that still run have their own.
    pub(crate) fn release(&self) {
        let anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(anchor);
    }

    /// Whether a thread runs a part of the body, which can therefore not be stopped.
    pub(crate) fn is_busy(&self) -> bool {
        *self.threads.borrow() > 0
    }

    /// Completes when no thread runs a part of the body.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub(crate) async fn idle(&self) {
        // The sender is alive: the handle has it.
        let _ = self.threads.subscribe().wait_for(|threads| *threads == 0).await;
    }

    /// Marks that a thread is going to run a part of the body.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.threads.send_modify(|threads| *threads += 1);
        let anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Busy { handle: Arc::clone(self), _anchor: anchor }
    }

    pub(crate) fn report(&self, change: impl FnOnce(&mut Progress)) {
        let mut reported = self.lock();
        change(&mut reported.progress);
        reported.is_new = true;
        drop(reported);
        self.reported.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Reported> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for AttemptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptHandle")
            .field("id", &self.id)
            .field("stopped", &self.is_stopped())
            .field("busy", &self.is_busy())
            .finish_non_exhaustive()
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.handle.threads.send_modify(|threads| *threads -= 1);
    }
}
