//! Notifications of changes in the list of live calls.

use crate::base::border;
use crate::base::sync::unpoisoned;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Watches the list of live calls for changes: a call enters it, begins an attempt, sleeps again or leaves it.
///
/// Several changes between two waits are reported as one. For every single change with its data, use the
/// [events](crate::events).
///
/// ```
/// use retry_runtime::live;
/// use std::time::Duration;
///
/// let mut watch = live::watch();
/// let changed = watch.wait(Duration::from_millis(1)); // a page redraws only when it has to
/// assert!(!changed || live::count() > 0);
/// ```
#[inline]
pub fn watch() -> Watch {
    static LAST: AtomicU64 = AtomicU64::new(0);
    WATCHERS.fetch_add(1, Ordering::Relaxed);
    Watch { id: LAST.fetch_add(1, Ordering::Relaxed), seen: lock().version }
}

/// A watch over the list of live calls. Until it is dropped, each change in the list takes a lock.
///
/// ```
/// use retry_runtime::live;
///
/// async fn redraw() {
///     let mut watch = live::watch();
///     loop {
///         watch.changed().await;
///         println!("{} calls are being retried", live::count());
///     }
/// }
/// # let _ = redraw;
/// ```
#[derive(Debug)]
pub struct Watch {
    id: u64,
    seen: u64,
}

struct Changes {
    version: u64,
    /// The wakers of waiting tasks, by the watch's number.
    tasks: Vec<(u64, Waker)>,
}

impl Changes {
    #[inline]
    fn take(&mut self, watch: u64) -> Option<Waker> {
        let place = self.tasks.iter().position(|(id, _)| *id == watch)?;
        Some(self.tasks.swap_remove(place).1)
    }
}

static WATCHERS: AtomicUsize = AtomicUsize::new(0);
static CHANGES: Mutex<Changes> = Mutex::new(Changes { version: 0, tasks: Vec::new() });
static CHANGED: Condvar = Condvar::new();

/// The list has changed.
pub(super) fn notify() {
    if WATCHERS.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut changes = lock();
    changes.version += 1;
    let tasks = std::mem::take(&mut changes.tasks);
    drop(changes);
    CHANGED.notify_all();
    for (_, waker) in tasks {
        border::wake(waker);
    }
}

impl Watch {
    /// Resolves when the list has changed since the last change that this watch reported, or since the watch began.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no change: the next future reports it.
    #[inline]
    pub fn changed(&mut self) -> Changed<'_> {
        Changed { watch: self }
    }

    /// Blocks the thread until the list has changed; returns `false` if it has not changed within `limit`.
    #[inline]
    pub fn wait(&mut self, limit: Duration) -> bool {
        let seen = self.seen;
        let waited = CHANGED.wait_timeout_while(lock(), limit, |changes| changes.version == seen);
        let (changes, _) = unpoisoned(waited);
        self.seen = changes.version;
        self.seen != seen
    }
}

impl Drop for Watch {
    #[inline]
    fn drop(&mut self) {
        WATCHERS.fetch_sub(1, Ordering::Relaxed);
        let waited = lock().take(self.id);
        drop(waited);
    }
}

/// The future of [`Watch::changed`].
///
/// ```
/// async fn next_change(watch: &mut retry_runtime::live::Watch) {
///     watch.changed().await;
/// }
/// # let _ = next_change;
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Changed<'w> {
    watch: &'w mut Watch,
}

impl Future for Changed<'_> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Cloned and dropped outside the lock: a waker may run any code.
        let waker = cx.waker().clone();
        let mut changes = lock();
        if changes.version != self.watch.seen {
            self.watch.seen = changes.version;
            return Poll::Ready(());
        }
        let before = changes.take(self.watch.id);
        changes.tasks.push((self.watch.id, waker));
        drop(changes);
        drop(before);
        Poll::Pending
    }
}

fn lock() -> MutexGuard<'static, Changes> {
    unpoisoned(CHANGES.lock())
}
