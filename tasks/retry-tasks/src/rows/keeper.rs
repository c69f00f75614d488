//! Renews the leases of this process, on a thread of the store's own: a body that blocks the threads of the user's runtime
//! keeps its lease.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::renew::Renew;
use super::{attempt::RETRY_STORE, attempt::Stop, attempt::warn, leased::Backend, leased::Leased};
use crate::base::{clock::Clock, time::Time};
use crate::machine::lease::Lease;
use crate::store::handle::AttemptHandle;

/// The time between two looks for new progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// A lease is renewed this many times in its length.
const RENEWALS: u32 = 6;

/// The leases of the attempts that run in this process.
#[derive(Debug)]
pub(super) struct Keeper {
    kept: Mutex<HashMap<Lease, Kept>>,
    /// The time at which the thread wakes by itself; `None` while it waits for a lease.
    wakes_at: Mutex<Option<Time>>,
    /// Wakes the thread, and ends it when the store is dropped.
    wake: watch::Sender<()>,
    started: Once,
}

#[derive(Debug)]
struct Kept {
    length: Duration,
    renew_at: Time,
    link: Arc<Link>,
}

/// The link to a running attempt.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) handle: Arc<AttemptHandle>,
    stop: Mutex<Option<oneshot::Sender<Stop>>>,
}

/// Keeps a lease until it is dropped.
#[derive(Debug)]
pub(super) struct Keep {
    keeper: Arc<Keeper>,
    lease: Lease,
}

impl Link {
    /// The link to an attempt, and the receiver of the request to stop it.
    pub(super) fn new(handle: Arc<AttemptHandle>) -> (Arc<Self>, oneshot::Receiver<Stop>) {
        let (stop, stopped) = oneshot::channel();
        (Arc::new(Link { handle, stop: Mutex::new(Some(stop)) }), stopped)
    }

    /// Asks the attempt to stop.
    pub(super) fn stop(&self, why: Stop) {
        self.handle.stop();
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stop) = stop {
            // The attempt may have ended just now.
            let _ = stop.send(why);
        }
    }
}

impl Keeper {
    pub(super) fn new() -> Self {
        Keeper {
            kept: Mutex::default(),
            wakes_at: Mutex::default(),
            wake: watch::Sender::new(()),
            started: Once::new(),
        }
    }

    /// Keeps the lease of an attempt that was claimed just now.
    pub(super) fn keep(
        self: &Arc<Self>,
        lease: Lease,
        length: Duration,
        now: Time,
        link: Arc<Link>,
    ) -> Keep {
        let renew_at = now + length / RENEWALS;
        let mut kept = self.lock();
        kept.insert(lease, Kept { length, renew_at, link });
        let wakes_at = *self.wakes_at.lock().unwrap_or_else(PoisonError::into_inner);
        // To wake a thread costs as much as an attempt, and most often it wakes early enough.
        if wakes_at.is_none_or(|wakes_at| wakes_at > renew_at) {
            self.wake.send_replace(());
        }
        drop(kept);
        Keep { keeper: Arc::clone(self), lease }
    }

    /// Whether the lease is kept by this process.
    pub(super) fn keeps(&self, lease: Lease) -> bool {
        self.lock().contains_key(&lease)
    }

    /// Forgets a lease, as a crash would.
    pub(super) fn forget(&self, lease: Lease) {
        self.lock().remove(&lease);
    }

    /// The leases to be renewed, and those with new progress.
    fn due(&self, now: Time) -> Renew {
        let mut leases = Vec::new();
        for (lease, kept) in self.lock().iter_mut() {
            let progress = kept.link.handle.take_progress();
            if now >= kept.renew_at || progress.is_some() {
                kept.renew_at = now + kept.length / RENEWALS;
                leases.push((*lease, kept.length, progress));
            }
        }
        Renew { leases }
    }

    /// The time of the next look; `None` when no lease has been kept since the last one.
    fn next(&self, now: Time, was_idle: bool) -> Option<Time> {
        // Held until the next time is known, or a lease that is added meanwhile would not wake the thread.
        let kept = self.lock();
        let earliest = kept.values().map(|kept| kept.renew_at).min();
        let soon = now + PROGRESS_EVERY;
        let next = earliest.map(|at| at.min(soon)).or((!was_idle).then_some(soon));
        *self.wakes_at.lock().unwrap_or_else(PoisonError::into_inner) = next;
        drop(kept);
        next
    }

    fn stop(&self, lease: Lease) {
        let link = self.lock().get(&lease).map(|kept| Arc::clone(&kept.link));
        link.into_iter().for_each(|link| link.stop(Stop::Lost));
    }

    /// Tries again after a failure of the store.
    fn again(&self, renew: &Renew, at: Time) {
        let mut kept = self.lock();
        for (lease, _, progress) in &renew.leases {
            let Some(kept) = kept.get_mut(lease) else { continue };
            kept.renew_at = at;
            if progress.is_some() {
                kept.link.handle.restore_progress();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lease, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        self.keeper.forget(self.lease);
    }
}

/// Starts the thread of the store, once.
pub(super) fn start<B: Backend>(store: &Arc<Leased<B>>) {
    store.parts.keeper.started.call_once(|| {
        let (weak, clock) = (Arc::downgrade(store), Arc::clone(&store.clock));
        let wake = store.parts.keeper.wake.subscribe();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            match runtime {
                Ok(runtime) => runtime.block_on(renew_all(weak, clock, wake)),
                Err(error) => fallen(&error),
            }
        };
        let thread = std::thread::Builder::new().name("retry-tasks-lease".to_owned()).spawn(run);
        thread.err().iter().for_each(fallen);
    });
}

fn fallen(error: &std::io::Error) {
    let detail = format!("cannot start the thread that renews leases: {error}");
    warn("leases run out", &crate::store::error::StoreError::Other { detail });
}

/// Renews leases until the store is dropped.
async fn renew_all<B: Backend>(
    store: Weak<Leased<B>>,
    clock: Arc<dyn Clock>,
    mut wake: watch::Receiver<()>,
) {
    let mut is_idle = false;
    loop {
        let Some(next) = renew_due(&store, &mut is_idle).await else { return };
        let sleep = async {
            match next {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = wake.changed() => if changed.is_err() { return },
            () = sleep => {}
        }
    }
}

/// Renews the leases whose time has come. Returns the time of the next look; `None` when the store is gone.
async fn renew_due<B: Backend>(
    store: &Weak<Leased<B>>,
    is_idle: &mut bool,
) -> Option<Option<Time>> {
    let store = store.upgrade()?;
    let now = store.clock.now();
    let renew = store.parts.keeper.due(now);
    if !renew.leases.is_empty() {
        match store.write(renew.clone()).await {
            Ok(lost) => lost.into_iter().for_each(|lease| store.parts.keeper.stop(lease)),
            Err(error) => {
                warn("a worker could not renew its leases", &error);
                store.parts.keeper.again(&renew, now + RETRY_STORE);
            }
        }
    }
    let keeper = &store.parts.keeper;
    let was_idle = std::mem::replace(is_idle, keeper.lock().is_empty());
    Some(keeper.next(now, was_idle && *is_idle))
}
