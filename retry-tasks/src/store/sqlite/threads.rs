//! The threads that own the connections.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::file::Rows;
use crate::store::Job;
use crate::{Clock, StoreError};

/// Orders that share a transaction at most.
const TOGETHER: usize = 512;

/// A thread that owns a connection and carries out what is handed in.
#[derive(Debug)]
pub(super) struct Thread {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    pub(super) fn writer(mut rows: Rows, clock: &Arc<dyn Clock>) -> Result<Self, StoreError> {
        let clock = Arc::clone(clock);
        Thread::new("retry-tasks-write", move |jobs| {
            let mut together = Vec::new();
            while let Ok(first) = jobs.recv() {
                together.push(first);
                together.extend(jobs.try_iter().take(TOGETHER - 1));
                write(&mut rows, &mut together, &*clock);
            }
        })
    }

    pub(super) fn reader(mut rows: Rows, clock: &Arc<dyn Clock>) -> Result<Self, StoreError> {
        let clock = Arc::clone(clock);
        Thread::new("retry-tasks-read", move |jobs| {
            for mut job in jobs {
                let done = rows.read(&mut job, &*clock);
                job.answer(done);
            }
        })
    }

    fn new(
        name: &str,
        work: impl FnOnce(Receiver<Job>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (jobs, orders) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(orders));
        let detail =
            |error: std::io::Error| format!("cannot start a thread for the task store: {error}");
        let thread = thread.map_err(|error| StoreError::Other { detail: detail(error) })?;
        Ok(Thread { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Hands a job in. A job that nobody can take is dropped, which its sender is told.
    pub(super) fn hand_in(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

/// Carries the jobs out together and, where that fails, each by itself: one that cannot be carried out must
/// not take the others with it.
fn write(rows: &mut Rows, jobs: &mut Vec<Job>, clock: &dyn Clock) {
    let together = rows.write(jobs, clock);
    let alone =
        together.is_err() && jobs.len() > 1 && !matches!(together, Err(StoreError::Locked { .. }));
    for mut job in jobs.drain(..) {
        let done = if alone {
            rows.write(std::slice::from_mut(&mut job), clock)
        } else {
            together.clone()
        };
        job.answer(done);
    }
}

impl Drop for Thread {
    /// Waits for what was handed in, and for the file to be closed.
    fn drop(&mut self) {
        drop(self.jobs.take());
        let Some(thread) = self.thread.take() else { return };
        // The last handle may be dropped by an answer that is given on the thread itself.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}
