//! Delivery of committed events to listeners, workers, `tracing`, metrics and the functions' own counts.

use retry_runtime::StopReason;
#[cfg(any(feature = "tracing", feature = "metrics"))]
use retry_runtime::control::contained;
use retry_runtime::resume::{Standing, ended};
use tokio::sync::{broadcast, watch};

use super::{Event, EventKind, Measured, news::News};
use crate::record::id::TaskId;

/// The number of events that a slow listener may be behind.
const CAPACITY: usize = 4096;

/// An event to be published after its transaction has been committed.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) event: Event,
    /// The duration that ends with the event.
    pub(crate) measured: Option<Measured>,
    /// The call that ends with the event, when no attempt's decision has counted its end.
    pub(crate) ended: Option<(Standing, StopReason)>,
}

/// The events of one store in this process.
#[derive(Debug)]
pub(crate) struct Bus {
    pub(crate) events: broadcast::Sender<Event>,
    /// Counts the events after which there may be a new task to claim.
    pub(crate) claimable: watch::Sender<u64>,
    /// Cancelled tasks: their workers stop the running attempts.
    pub(crate) cancelled: broadcast::Sender<TaskId>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        #[cfg(feature = "metrics")]
        contained(super::metrics::describe);
        Bus {
            events: broadcast::Sender::new(CAPACITY),
            claimable: watch::Sender::new(0),
            cancelled: broadcast::Sender::new(CAPACITY),
        }
    }

    /// Takes the news of other processes.
    pub(crate) fn hear(&self, news: News) {
        if news.is_claimable {
            self.claimable.send_modify(|count| *count += 1);
        }
        for id in news.cancelled {
            // Sending fails when no worker listens, which is fine.
            let _ = self.cancelled.send(id);
        }
    }

    pub(crate) fn publish(&self, notices: Vec<Notice>) {
        for Notice { event, measured, ended: call } in notices {
            // A subscriber or an exporter that panics must not keep the event from workers and listeners.
            #[cfg(feature = "tracing")]
            contained(|| event.trace());
            #[cfg(feature = "metrics")]
            contained(|| super::metrics::count(&event, measured));
            #[cfg(not(feature = "metrics"))]
            let _ = measured;
            // A process that only gives orders need not know the function.
            if let (Some((standing, reason)), Some(site)) = (call, retry_runtime::site(&event.name))
            {
                ended(site, &standing, reason);
            }
            if event.kind.may_make_due() {
                self.claimable.send_modify(|count| *count += 1);
            }
            // Sending fails when nobody listens, which is fine.
            if event.kind == EventKind::Cancelled {
                let _ = self.cancelled.send(event.id);
            }
            let _ = self.events.send(event);
        }
    }
}
