//! The operations of a [`Store`] as jobs.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

use super::{
    leased::Backend, leased::Leased, order::Order, prune::Prune, query::stored, server::Server,
    submit::Submit,
};
use crate::base::clock::Clock;
use crate::event::Event;
use crate::machine::{orders::Ordered, orders::Verb, retention::Retention};
use crate::record::{NewTask, id::TaskId, state::State};
use crate::store::{
    Reply, Store, Stored, Submitted, analytics::Analytics, counts::Counts, filter::Filter,
    filter::Page, host::Host,
};

impl<B: Backend> Store for Leased<B> {
    fn submit(&self, task: NewTask) -> Reply<'_, Submitted> {
        self.write(Submit(task))
    }

    fn order(&self, id: TaskId, verb: Verb) -> Reply<'_, Option<Result<Ordered, State>>> {
        self.write(Order(id, verb))
    }

    fn load(&self, id: TaskId, attempts: bool) -> Reply<'_, Option<Stored>> {
        self.query(move |table| {
            table.get(id)?.map(|record| stored(table, record, attempts)).transpose()
        })
    }

    fn list(&self, filter: Filter, attempts: bool) -> Reply<'_, Page<Stored>> {
        self.query(move |table| {
            let Page { tasks, next } = table.list(&filter)?;
            let tasks = tasks.into_iter().map(|record| stored(table, record, attempts));
            Ok(Page { tasks: tasks.collect::<Result<_, _>>()?, next })
        })
    }

    fn counts(&self) -> Reply<'_, Counts> {
        self.query(|table| table.counts())
    }

    fn analytics(&self, name: Option<String>) -> Reply<'_, Analytics> {
        self.query(move |table| table.analytics(name.as_deref()))
    }

    fn prune(&self, retention: Retention) -> Reply<'_, u64> {
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
        self.bus.events.subscribe()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn serve(self: Arc<Self>, host: Arc<dyn Host>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Server::new(self, host).run())
    }
}
