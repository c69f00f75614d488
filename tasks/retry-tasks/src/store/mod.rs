//! Where tasks are kept, and who makes them run.
//!
//! [`Store`] is all that the rest of the crate knows: it takes tasks and orders, answers questions, and
//! [serves](Store::serve) a worker. How it finds work for the worker is its own affair. A durable-execution
//! engine that calls the worker by itself implements `Store` alone.
//!
//! Stores with rows in transactions share one implementation instead: [`Leased`] over a [`Backend`] whose
//! [`Table`] reads and writes the rows. Claims, leases and fencing tokens exist there and nowhere else. The
//! memory and the SQLite store are such backends, and one for PostgreSQL would be.

pub(crate) mod bus;
mod claim;
mod job;
#[cfg(test)]
mod late;
mod leased;
mod memory;
mod ops;
mod serve;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
mod table;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

pub use job::Job;
#[cfg(feature = "metrics")]
pub(crate) use job::Measured;
pub use leased::Leased;
pub(crate) use memory::Memory;
pub use ops::Submitted;
pub use table::{Due, Retention, Table};

use crate::analytics::Analytics;
use crate::event::Event;
use crate::list::{Counts, Filter, Page};
use crate::record::{NewTask, Record, TaskAttempt};
use crate::verb::Ordered;
use crate::worker::Host;
use crate::{Clock, State, StoreError, TaskId, Verb};

/// The answer of a store.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A task with its attempts.
pub type Kept = (Record, Vec<TaskAttempt>);

/// Where tasks are kept, and who makes them run.
#[allow(clippy::missing_errors_doc, reason = "each is the store's own failure")]
pub trait Store: Send + Sync + fmt::Debug + 'static {
    /// Takes a task. When the answer is there, the task survives whatever the store survives.
    fn submit(&self, task: NewTask) -> Answer<'_, Submitted>;
    /// Carries out an order by hand; `None` when there is no such task, and the task's state where that
    /// refuses it.
    fn order(&self, id: TaskId, verb: Verb) -> Answer<'_, Option<Result<Ordered, State>>>;
    /// The task, with its attempts where they are asked for.
    fn load(&self, id: TaskId, attempts: bool) -> Answer<'_, Option<Kept>>;
    /// The tasks that pass the filter, the newest first.
    fn list(&self, filter: Filter, attempts: bool) -> Answer<'_, Page<Kept>>;
    /// How many tasks stand where.
    fn counts(&self) -> Answer<'_, Counts>;
    /// What the stored attempts of a function tell, or those of all.
    fn analytics(&self, name: Option<String>) -> Answer<'_, Analytics>;
    /// Removes ended tasks that need not be kept any more, and says how many.
    fn prune(&self, retention: Retention) -> Answer<'_, u64>;
    /// What happens from now on in this process.
    fn events(&self) -> broadcast::Receiver<Event>;
    /// The clock that the store's times are read from.
    fn clock(&self) -> &Arc<dyn Clock>;
    /// Makes the worker run tasks until it is shut down.
    fn serve(self: Arc<Self>, host: Arc<Host>) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Rows in transactions.
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// Applies the job in a transaction that writes, and answers it after the commit. Jobs may share a
    /// transaction.
    fn write(&self, job: Job, clock: &dyn Clock);
    /// Applies the job in a transaction that does not write, and answers it.
    fn read(&self, job: Job, clock: &dyn Clock);
}
