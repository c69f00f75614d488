//! Being told that the list of live calls has changed.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Begins to watch the list of live calls: calls that enter it, begin an attempt, sleep again or leave.
///
/// Changes that come faster than they are waited for are told once. For every single change with its data
/// there are the events.
pub fn watch() -> Watch {
    static LAST: AtomicU64 = AtomicU64::new(0);
    WATCHERS.fetch_add(1, Ordering::Relaxed);
    Watch { id: LAST.fetch_add(1, Ordering::Relaxed), seen: lock().version }
}

/// A watch over the list of live calls; costs the calls something until it is dropped.
#[derive(Debug)]
pub struct Watch {
    id: u64,
    seen: u64,
}

struct Changes {
    version: u64,
    /// Who waits, one for each watch.
    tasks: BTreeMap<u64, Waker>,
}

static WATCHERS: AtomicUsize = AtomicUsize::new(0);
static CHANGES: Mutex<Changes> = Mutex::new(Changes { version: 0, tasks: BTreeMap::new() });
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
    tasks.into_values().for_each(Waker::wake);
}

impl Watch {
    /// Resolves when the list has changed since the last time, or since the watch began.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped: the next one tells of the change.
    pub fn changed(&mut self) -> Changed<'_> {
        Changed { watch: self }
    }

    /// [`changed`](Watch::changed) for a thread; `false` when nothing has changed for so long.
    pub fn wait(&mut self, limit: Duration) -> bool {
        let seen = self.seen;
        let waited = CHANGED.wait_timeout_while(lock(), limit, |changes| changes.version == seen);
        let (changes, _) = waited.unwrap_or_else(PoisonError::into_inner);
        self.seen = changes.version;
        self.seen != seen
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        WATCHERS.fetch_sub(1, Ordering::Relaxed);
        let waited = lock().tasks.remove(&self.id);
        drop(waited);
    }
}

/// The future of [`Watch::changed`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Changed<'w> {
    watch: &'w mut Watch,
}

impl Future for Changed<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut changes = lock();
        if changes.version != self.watch.seen {
            self.watch.seen = changes.version;
            return Poll::Ready(());
        }
        let before = changes.tasks.insert(self.watch.id, cx.waker().clone());
        drop(changes);
        drop(before);
        Poll::Pending
    }
}

fn lock() -> MutexGuard<'static, Changes> {
    CHANGES.lock().unwrap_or_else(PoisonError::into_inner)
}
