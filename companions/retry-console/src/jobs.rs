//! Orders to all tasks of a filter, carried out in the server, with progress and a stop.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use retry_tasks::{Format, TaskError, TaskId, Tasks};
use serde::{Deserialize, Serialize};

use crate::serve::tasks::Chosen;

/// The orders that may run at once.
const AT_ONCE: usize = 4;
/// The orders whose progress is kept.
const KEPT: usize = 32;
/// The tasks that are ordered before the progress is told.
const BATCH: usize = 200;

/// An order to many tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkOrder {
    Retry,
    Cancel,
    /// Removes tasks that have ended.
    Delete,
}

/// An order that was given, and how far it is.
#[derive(Debug)]
pub(crate) struct Job {
    number: u64,
    order: BulkOrder,
    total: AtomicU64,
    done: AtomicU64,
    refused: AtomicU64,
    is_stopped: AtomicBool,
    /// How it ended.
    end: Mutex<Option<Result<(), String>>>,
}

/// The progress of an order.
#[derive(Debug, Serialize)]
pub(crate) struct Progress {
    job: u64,
    order: BulkOrder,
    /// The tasks that were told.
    done: u64,
    /// The tasks whose state did not allow the order.
    refused: u64,
    /// All tasks of the filter, as counted at the beginning.
    total: u64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Jobs {
    last: AtomicU64,
    jobs: Mutex<VecDeque<Arc<Job>>>,
}

impl Jobs {
    /// Begins an order; `None` while too many run.
    pub(crate) fn start(&self, tasks: &Tasks, order: BulkOrder, chosen: Chosen) -> Option<u64> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.iter().filter(|job| job.end().is_none()).count() >= AT_ONCE {
            return None;
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let job = Arc::new(Job {
            number,
            order,
            total: AtomicU64::new(0),
            done: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
            end: Mutex::new(None),
        });
        if jobs.len() == KEPT {
            jobs.pop_front();
        }
        jobs.push_back(Arc::clone(&job));
        let tasks = tasks.clone();
        tokio::spawn(async move {
            let end = job.run(&tasks, chosen).await.map_err(|error| error.to_string());
            *job.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        });
        Some(number)
    }

    pub(crate) fn find(&self, number: u64) -> Option<Arc<Job>> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().find(|job| job.number == number).cloned()
    }
}

impl Job {
    fn end(&self) -> Option<Result<(), String>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn progress(&self) -> Progress {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (state, error) = match self.end() {
            None if self.is_stopped() => ("stopping", None),
            None => ("running", None),
            Some(Err(error)) => ("failed", Some(error)),
            Some(Ok(())) if self.is_stopped() => ("stopped", None),
            Some(Ok(())) => ("ended", None),
        };
        Progress {
            job: self.number,
            order: self.order,
            done: read(&self.done),
            refused: read(&self.refused),
            total: read(&self.total),
            state,
            error,
        }
    }

    /// Takes down the tasks of the filter first, so that a task that comes to match it later is left alone, then tells
    /// them in batches.
    async fn run(&self, tasks: &Tasks, chosen: Chosen) -> Result<(), TaskError> {
        let all = self.chosen(tasks, chosen).await?;
        for batch in all.chunks(BATCH) {
            if self.is_stopped() {
                return Ok(());
            }
            self.tell(tasks, batch).await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Gives the order to some of the tasks.
    async fn tell(&self, tasks: &Tasks, batch: &[TaskId]) -> Result<(), TaskError> {
        if self.order == BulkOrder::Delete {
            let removed = tasks.remove(batch.iter().copied()).await?;
            self.count(removed, (batch.len() as u64).saturating_sub(removed));
            return Ok(());
        }
        for id in batch {
            if self.is_stopped() {
                return Ok(());
            }
            let ordered = match self.order {
                BulkOrder::Retry => tasks.retry(*id).await,
                BulkOrder::Cancel | BulkOrder::Delete => tasks.cancel(*id).await,
            };
            match ordered {
                Ok(_) => self.count(1, 0),
                Err(TaskError::Store(error)) => return Err(TaskError::Store(error)),
                Err(_) => self.count(0, 1),
            }
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    fn count(&self, done: u64, refused: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
        self.refused.fetch_add(refused, Ordering::Relaxed);
    }

    async fn chosen(&self, tasks: &Tasks, chosen: Chosen) -> Result<Vec<TaskId>, TaskError> {
        let mut filter = chosen.filter.clone().limit(500).brief();
        let mut all = Vec::new();
        loop {
            let page = tasks.list(filter.clone(), Format::Standard).await?;
            all.extend(page.tasks.iter().filter(|task| chosen.admits(task)).map(|task| task.id));
            self.total.store(all.len() as u64, Ordering::Relaxed);
            match page.next {
                Some(next) if !self.is_stopped() => filter = filter.after(next),
                _ => return Ok(all),
            }
        }
    }
}
