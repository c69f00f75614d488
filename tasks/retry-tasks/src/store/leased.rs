//! A store of rows whose workers hold leases.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

use super::bus::Bus;
use super::job::{Job, Operation, closed};
use super::ops::{Analyse, Count, List, Load, Order, Prune, Submit, Submitted};
use super::serve::Server;
use super::table::Retention;
use super::{Answer, Backend, Kept, Store};
use crate::analytics::Analytics;
use crate::event::Event;
use crate::list::{Counts, Filter, Page};
use crate::record::NewTask;
use crate::verb::Ordered;
use crate::worker::Host;
use crate::{Clock, State, TaskId, Verb};

/// A store over a [`Backend`]: every task that runs has a lease, which its worker renews; a task whose lease
/// has run out is taken by another worker, and its attempt counts as lost.
#[derive(Debug)]
pub struct Leased<B> {
    backend: B,
    bus: Arc<Bus>,
    clock: Arc<dyn Clock>,
}

impl<B: Backend> Leased<B> {
    /// The store of these rows.
    pub fn new(backend: B, clock: Arc<dyn Clock>) -> Self {
        Leased { backend, bus: Arc::new(Bus::new()), clock }
    }

    pub(super) fn write<O: Operation>(&self, operation: O) -> Answer<'_, O::Reply> {
        let (job, answer) = Job::new(operation, Arc::clone(&self.bus));
        self.backend.write(job, &*self.clock);
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(closed())) })
    }

    fn read<O: Operation>(&self, operation: O) -> Answer<'_, O::Reply> {
        let (job, answer) = Job::new(operation, Arc::clone(&self.bus));
        self.backend.read(job, &*self.clock);
        Box::pin(async move { answer.await.unwrap_or_else(|_| Err(closed())) })
    }

    pub(super) fn bus(&self) -> &Bus {
        &self.bus
    }
}

impl<B: Backend> Store for Leased<B> {
    fn submit(&self, task: NewTask) -> Answer<'_, Submitted> {
        self.write(Submit(task))
    }

    fn order(&self, id: TaskId, verb: Verb) -> Answer<'_, Option<Result<Ordered, State>>> {
        self.write(Order(id, verb))
    }

    fn load(&self, id: TaskId, attempts: bool) -> Answer<'_, Option<Kept>> {
        self.read(Load(id, attempts))
    }

    fn list(&self, filter: Filter, attempts: bool) -> Answer<'_, Page<Kept>> {
        self.read(List(filter, attempts))
    }

    fn counts(&self) -> Answer<'_, Counts> {
        self.read(Count)
    }

    fn analytics(&self, name: Option<String>) -> Answer<'_, Analytics> {
        self.read(Analyse(name))
    }

    fn prune(&self, retention: Retention) -> Answer<'_, u64> {
        Box::pin(async move {
            let mut removed = 0;
            loop {
                let chunk = self.write(Prune(retention)).await?;
                removed += chunk as u64;
                if chunk < Prune::CHUNK {
                    return Ok(removed);
                }
            }
        })
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.bus.subscribe()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn serve(self: Arc<Self>, host: Arc<Host>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Server::new(self, host).run())
    }
}
