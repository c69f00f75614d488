//! One running attempt, on a task of the tokio runtime.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::resume::{Next, Standing, judge};
use retry_runtime::{Class, Kind, Site};
use tokio::sync::{mpsc, oneshot};

use super::{finish::Finish, leased::Backend, leased::Leased};
use crate::machine::{finish::AttemptEnd, lease::Claimed, lease::Lease};
use crate::store::{error::StoreError, handle::AttemptHandle, host::End, host::Host, host::Hosted};

/// The pause before the next request to a store that has failed.
pub(super) const RETRY_STORE: Duration = Duration::from_secs(1);

/// The reason for which an attempt is stopped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    /// Its lease is no longer valid: nothing may be stored.
    Lost,
    /// The worker is ending: the task is returned.
    Return,
}

/// The server's side of a running attempt.
pub(super) struct Running {
    pub(super) function: &'static str,
    pub(super) handle: Arc<AttemptHandle>,
    stop: Option<oneshot::Sender<Stop>>,
}

impl Running {
    pub(super) fn stop(&mut self, why: Stop) {
        self.handle.stop();
        if let Some(stop) = self.stop.take() {
            // The attempt may have ended just now.
            let _ = stop.send(why);
        }
    }
}

/// The running side of an attempt.
struct Attempt<B> {
    store: Arc<Leased<B>>,
    host: Arc<dyn Host>,
    site: &'static Site,
    handle: Arc<AttemptHandle>,
    done: mpsc::UnboundedSender<Lease>,
}

/// Starts an attempt, which sends its lease through `done` when its end has been stored.
pub(super) fn start<B: Backend>(
    store: Arc<Leased<B>>,
    host: Arc<dyn Host>,
    function: Hosted,
    claimed: Claimed,
    done: mpsc::UnboundedSender<Lease>,
) -> Running {
    let handle = Arc::new(AttemptHandle::new(&claimed.record));
    let (stop, stopped) = oneshot::channel();
    let attempt = Attempt { store, host, site: function.site, handle: Arc::clone(&handle), done };
    tokio::spawn(attempt.run(claimed, stopped));
    Running { function: function.name, handle, stop: Some(stop) }
}

impl<B: Backend> Attempt<B> {
    async fn run(self, claimed: Claimed, stopped: oneshot::Receiver<Stop>) {
        let (lease, standing) = (claimed.record.lease(), claimed.standing);
        let end = tokio::select! {
            biased;
            why = stopped => match why {
                Ok(Stop::Return) => Some(returned(self.site, &standing)),
                // A server that is gone has abandoned its attempts.
                Ok(Stop::Lost) | Err(_) => None,
            },
            end = self.host.run(claimed, Arc::clone(&self.handle)) => Some(end),
        };
        if let Some(end) = end {
            self.store_end(lease, end).await;
        }
        // The server may have ended.
        let _ = self.done.send(lease);
    }

    /// Stores the end of the attempt, again and again until the store takes it.
    async fn store_end(&self, lease: Lease, end: AttemptEnd) {
        loop {
            let progress = self.handle.take_progress();
            let finish = Finish { lease, end: end.clone(), progress };
            match self.store.write(finish).await {
                Ok(_) => return,
                Err(error) => warn("the end of an attempt could not be stored yet", &error),
            }
            if *self.host.ending().borrow() == End::Abandoned {
                return;
            }
            let clock = &self.store.clock;
            clock.sleep_until(clock.now() + RETRY_STORE).await;
        }
    }
}

/// The end of an attempt that its worker has stopped: the task is returned where a repetition is safe.
fn returned(site: &'static Site, standing: &Standing) -> AttemptEnd {
    match judge(site, standing, Class::new(Kind::Ambiguous)) {
        Next::Stop(reason) => AttemptEnd::Lost(Next::Stop(reason)),
        Next::Again(_) | Next::Refused(_) => AttemptEnd::Returned,
    }
}

/// Warns that the store has failed a worker.
pub(super) fn warn(message: &str, error: &StoreError) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        tracing::warn!(target: "retry_tasks", %error, "{message}");
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (message, error);
}
