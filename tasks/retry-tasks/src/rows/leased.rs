//! The store over a backend: it hands operations over and waits for their replies.

use std::fmt;
use std::sync::Arc;

use super::{
    job::Job, job::Operation, job::Parts, job::Transaction, job::job, judge::Judge, keeper::Keeper,
    table::Table,
};
use crate::base::{clock::Clock, time::Time};
use crate::event::{bus::Bus, news::News};
use crate::store::{Reply, error::Result, error::StoreError};

/// Rows in transactions.
///
/// ```
/// use retry_tasks::Clock;
/// use retry_tasks::rows::{Backend, Job, Table};
/// use std::fmt::Debug;
/// use std::sync::Mutex;
///
/// /// Rows behind a lock, without a transaction that could fail.
/// #[derive(Debug)]
/// struct Locked<T>(Mutex<T>);
///
/// impl<T: Table + Debug + Send + 'static> Backend for Locked<T> {
///     fn write(&self, mut job: Job, clock: &dyn Clock) {
///         let done = job.apply(&mut *self.0.lock().expect("no panic"), clock.now());
///         job.reply(done); // after the commit
///     }
///
///     fn read(&self, job: Job, clock: &dyn Clock) {
///         self.write(job, clock);
///     }
/// }
/// ```
pub trait Backend: Send + Sync + fmt::Debug + 'static {
    /// Applies the job in a transaction that writes, and replies after the commit. Jobs may share a transaction.
    fn write(&self, job: Job, clock: &dyn Clock);
    /// The same for a worker's claim. A store whose transactions may run at the same time can apply claims while
    /// [`write`](Self::write) applies other jobs, if it publishes the events of a task in the order of its changes.
    fn claim(&self, job: Job, clock: &dyn Clock) {
        self.write(job, clock);
    }
    /// Applies the job in a transaction that only reads, and replies.
    fn read(&self, job: Job, clock: &dyn Clock);
    /// The same for a job that may take long. It must not delay the jobs of [`read`](Self::read).
    fn study(&self, job: Job, clock: &dyn Clock) {
        self.read(job, clock);
    }
    /// Passes what the backend hears of other processes to `hear`, as long as the backend lives. A store that hears nothing
    /// of them needs none: its workers look for tasks again and again.
    fn listen(&self, hear: Arc<dyn Fn(News) + Send + Sync>) {
        let _ = hear;
    }
}

/// A store over a [`Backend`]. Each running task has a lease, which its worker renews. When a lease has run out,
/// another worker takes over the task and the attempt counts as lost.
///
/// ```
/// use retry_tasks::rows::{Backend, Leased};
/// use retry_tasks::{SystemClock, Tasks};
/// use std::sync::Arc;
///
/// /// The tasks in rows of your own.
/// fn tasks<B: Backend>(rows: B) -> Tasks {
///     Tasks::of(Arc::new(Leased::new(rows, Arc::new(SystemClock::new()))))
/// }
/// # let _ = tasks::<Never>;
/// # #[derive(Debug)] struct Never;
/// # impl Backend for Never {
/// #     fn write(&self, _: retry_tasks::rows::Job, _: &dyn retry_tasks::Clock) {}
/// #     fn read(&self, _: retry_tasks::rows::Job, _: &dyn retry_tasks::Clock) {}
/// # }
/// ```
#[derive(Debug)]
pub struct Leased<B> {
    backend: B,
    pub(super) parts: Parts,
    pub(super) clock: Arc<dyn Clock>,
}

impl<B: Backend> Leased<B> {
    /// Creates the store over these rows.
    pub fn new(backend: B, clock: Arc<dyn Clock>) -> Self {
        let bus = Arc::new(Bus::new());
        let heard = Arc::clone(&bus);
        backend.listen(Arc::new(move |news| heard.hear(news)));
        let parts = Parts {
            bus,
            keeper: Arc::new(Keeper::new()),
            judge: Arc::new(Judge::new(Arc::clone(&clock))),
            aside: Arc::default(),
        };
        Leased { backend, parts, clock }
    }

    pub(super) fn write<O: Operation>(&self, operation: O) -> Reply<'_, O::Reply> {
        self.hand_over(operation, |job| self.backend.write(job, &*self.clock))
    }

    /// A worker's claim.
    pub(super) fn claim<O: Operation>(&self, operation: O) -> Reply<'_, O::Reply> {
        self.hand_over(operation, |job| self.backend.claim(job, &*self.clock))
    }

    pub(super) fn query<T: Send + 'static>(
        &self,
        query: impl FnMut(&mut dyn Table, Time) -> Result<T> + Send + 'static,
    ) -> Reply<'_, T> {
        self.hand_over(Query(query), |job| self.backend.read(job, &*self.clock))
    }

    /// A query that may take long.
    pub(super) fn study<T: Send + 'static>(
        &self,
        query: impl FnMut(&mut dyn Table, Time) -> Result<T> + Send + 'static,
    ) -> Reply<'_, T> {
        self.hand_over(Query(query), |job| self.backend.study(job, &*self.clock))
    }

    fn hand_over<O: Operation>(&self, operation: O, to: impl FnOnce(Job)) -> Reply<'_, O::Reply> {
        let (job, reply) = job(operation, self.parts.clone());
        to(job);
        Box::pin(async { reply.await.unwrap_or_else(|_| Err(StoreError::closed())) })
    }
}

/// An operation that only reads.
struct Query<F>(F);

impl<T, F> Operation for Query<F>
where
    T: Send + 'static,
    F: FnMut(&mut dyn Table, Time) -> Result<T> + Send + 'static,
{
    type Reply = T;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<T> {
        (self.0)(table, tx.now)
    }
}
