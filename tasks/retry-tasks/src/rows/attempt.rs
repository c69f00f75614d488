//! One running attempt, on a task of the tokio runtime.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::Site;
use retry_runtime::resume::Standing;
use tokio::sync::{mpsc, oneshot};

use super::aside::is_of_one_row;
use super::{finish::Finish, keeper::Keep, keeper::Link, leased::Backend, leased::Leased};
use crate::machine::{finish::AttemptEnd, lease::Claimed, lease::Lease};
use crate::record::id::TaskId;
use crate::store::attempt::Attempt as Begun;
use crate::store::{error::StoreError, handle::AttemptHandle, host::End, host::Host, host::Hosted};

/// The pause before the next request to a store that has failed.
pub(super) const RETRY_STORE: Duration = Duration::from_secs(1);

/// The number of refusals of one task's end after which its worker gives up.
const REFUSALS: u32 = 5;

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
    pub(super) link: Arc<Link>,
    /// Whether the attempt has ended, and its end is being stored: it needs no slot.
    pub(super) is_ending: bool,
}

/// The news of a running attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The attempt has ended, and the store has been asked to store that. A claim from now on may share the transaction.
    Ending(Lease),
    /// The end has been stored, and the attempt's thread has returned.
    Ended(Lease),
}

/// The running side of an attempt.
struct Attempt<B> {
    store: Arc<Leased<B>>,
    host: Arc<dyn Host>,
    site: &'static Site,
    handle: Arc<AttemptHandle>,
    steps: mpsc::UnboundedSender<Step>,
    /// A thread that runs the body holds the lease as well.
    keep: Arc<Keep>,
}

/// Starts an attempt, which sends its steps to the server.
pub(super) fn start<B: Backend>(
    store: Arc<Leased<B>>,
    host: Arc<dyn Host>,
    function: Hosted,
    claimed: Claimed,
    steps: mpsc::UnboundedSender<Step>,
) -> Running {
    let (lease, length) = (claimed.record.lease(), claimed.record.lease_length);
    let standing = claimed.standing;
    let begun = host.begin(claimed);
    let handle = begun.handle();
    let (link, stopped) = Link::new(Arc::clone(&handle));
    let keep = store.parts.keeper.keep(lease, length, store.clock.now(), Arc::clone(&link));
    let keep = Arc::new(keep);
    handle.anchor(Arc::clone(&keep) as _);
    let attempt = Attempt { store, host, site: function.site, handle, steps, keep };
    tokio::spawn(attempt.run(lease, standing, begun, stopped));
    Running { function: function.name, link, is_ending: false }
}

impl<B: Backend> Attempt<B> {
    async fn run(
        self,
        lease: Lease,
        standing: Standing,
        begun: Begun,
        stopped: oneshot::Receiver<Stop>,
    ) {
        if let Some(end) = self.until_end(begun, &standing, stopped).await {
            self.store_end(lease, end).await;
        }
        // A thread cannot be stopped: its slot is free when it has returned.
        self.handle.idle().await;
        self.handle.release();
        drop(self.keep);
        // The server may have ended.
        let _ = self.steps.send(Step::Ended(lease));
    }

    /// Runs the attempt until its end, or until it is stopped. Returns the end to be stored.
    async fn until_end(
        &self,
        begun: Begun,
        standing: &Standing,
        stopped: oneshot::Receiver<Stop>,
    ) -> Option<AttemptEnd> {
        let mut running = begun.end;
        tokio::select! {
            biased;
            why = stopped => match why {
                // The thread of the body goes on, and its lease with it, so that no other worker starts the task beside it.
                Ok(Stop::Return) if self.handle.is_busy() => Some(running.await),
                Ok(Stop::Return) => Some(AttemptEnd::stopped(self.site, standing)),
                // A server that is gone has abandoned its attempts.
                Ok(Stop::Lost) | Err(_) => None,
            },
            end = &mut running => Some(end),
        }
    }

    /// Stores the end of the attempt, again and again until the store takes it.
    async fn store_end(&self, lease: Lease, end: AttemptEnd) {
        let mut refused = 0;
        loop {
            let progress = self.handle.take_progress();
            let finish = Finish { lease, end: end.clone(), progress };
            let stored = self.store.write(finish);
            if !self.handle.is_busy() {
                let _ = self.steps.send(Step::Ending(lease));
            }
            match stored.await {
                Ok(_) => return,
                Err(error) => {
                    warn_of(
                        Some(lease.id),
                        "the end of an attempt could not be stored yet",
                        &error,
                    );
                    refused += u32::from(is_of_one_row(&error));
                }
            }
            if refused == REFUSALS {
                // The task is stuck, and must not keep a slot. Another worker finds its lease run out and sets it aside.
                return;
            }
            if *self.host.ending().borrow() == End::Abandoned {
                return;
            }
            let clock = &self.store.clock;
            clock.sleep_until(clock.now() + RETRY_STORE).await;
        }
    }
}

/// Warns that the store has failed a worker.
pub(super) fn warn(message: &str, error: &StoreError) {
    warn_of(None, message, error);
}

/// Warns that the store has failed a worker, of this task.
fn warn_of(task: Option<TaskId>, message: &str, error: &StoreError) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        let task = task.map(tracing::field::display);
        tracing::warn!(target: "retry_tasks", task, %error, "{message}");
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (task, message, error);
}
