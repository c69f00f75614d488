//! The events of a store that does not consist of rows.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::base::time::Time;
use crate::event::{Event, bus::Bus, bus::Notice};
use crate::machine::Told;
use crate::record::{Record, id::TaskId};

/// Delivers what the [machine](crate::machine) has told to listeners, `tracing`, metrics and the functions' own counts. For
/// engines; [`Leased`](crate::rows::Leased) has its own.
///
/// ```
/// use retry_tasks::machine::{Ask, Task, apply};
/// use retry_tasks::store::Bulletin;
/// use retry_tasks::{Time, Verb};
///
/// /// Cancels a task, then tells so: `store` keeps the task.
/// fn cancel(task: &mut Task, now: Time, bulletin: &Bulletin, store: &dyn Fn(&Task)) {
///     let (_, told) = apply(task, Ask::Order(Verb::Cancel), now);
///     store(task);
///     bulletin.tell(&task.record, now, told);
/// }
/// # let _ = cancel;
/// ```
#[derive(Clone, Debug)]
pub struct Bulletin(Arc<Bus>);

impl Bulletin {
    /// Creates a bulletin without listeners.
    pub fn new() -> Self {
        Bulletin(Arc::new(Bus::new()))
    }

    /// Delivers the events among these, after the record has been stored. Leaves out changes of the history.
    pub fn tell(&self, record: &Record, at: Time, told: Vec<Told>) {
        let notices = told.into_iter().filter_map(|told| match told {
            Told::Event { kind, measured, ended } => {
                let ended = ended.map(|reason| (record.standing(at), reason));
                let event = Event { at, id: record.id, name: record.name.clone(), kind };
                Some(Notice { event, measured, ended })
            }
            _ => None,
        });
        self.0.publish(notices.collect());
    }

    /// Subscribes to the events, as [`Store::events`](super::Store::events) does.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// Subscribes to the tasks that this process cancels, whose attempts must stop.
    pub fn cancelled(&self) -> broadcast::Receiver<TaskId> {
        self.0.cancelled.subscribe()
    }
}

impl Default for Bulletin {
    fn default() -> Self {
        Bulletin::new()
    }
}
