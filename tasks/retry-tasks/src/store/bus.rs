//! Events on their way to whoever listens.

use retry_runtime::resume;
use tokio::sync::{broadcast, watch};

use super::job::Told;
use crate::TaskId;
use crate::event::{Event, What};

/// Events that a slow listener may be behind.
const CAPACITY: usize = 4096;

/// The events of one store in this process.
#[derive(Debug)]
pub(crate) struct Bus {
    events: broadcast::Sender<Event>,
    /// Counts the occasions on which there may be something new to claim.
    work: watch::Sender<u64>,
    /// Tasks that were cancelled: whoever runs them stops.
    cancelled: broadcast::Sender<TaskId>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        #[cfg(feature = "metrics")]
        crate::metrics::describe();
        Bus {
            events: broadcast::Sender::new(CAPACITY),
            work: watch::Sender::new(0),
            cancelled: broadcast::Sender::new(CAPACITY),
        }
    }

    pub(crate) fn publish(&self, told: Vec<Told>) {
        for Told { event, measured, ended } in told {
            event.trace();
            #[cfg(feature = "metrics")]
            crate::metrics::count(&event, measured);
            #[cfg(not(feature = "metrics"))]
            let _ = measured;
            // A process that gives orders alone need not know the function.
            if let Some((standing, reason)) = ended {
                let site = retry_runtime::site(&event.name);
                site.inspect(|site| resume::ended(site, &standing, reason));
            }
            if event.what.makes_work() {
                self.work.send_modify(|count| *count += 1);
            }
            // Nobody need listen.
            if event.what == What::Cancelled {
                let _ = self.cancelled.send(event.id);
            }
            let _ = self.events.send(event);
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    pub(crate) fn work(&self) -> watch::Receiver<u64> {
        self.work.subscribe()
    }

    pub(crate) fn cancelled(&self) -> broadcast::Receiver<TaskId> {
        self.cancelled.subscribe()
    }
}
