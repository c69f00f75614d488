//! The threads that own the connections: one writes, one reads.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::transaction::Rows;
use crate::base::clock::Clock;
use crate::rows::{job::Job, leased::Backend, time::StoreClock};
use crate::store::error::{Result, StoreError};

/// The greatest number of jobs in one transaction.
const BATCH: usize = 512;

/// How long the writer waits for jobs that are probably on their way.
const LULL: Duration = Duration::from_micros(300);

/// The rows of a SQLite file.
#[derive(Debug)]
pub(super) struct Sqlite {
    pub(super) writer: Thread,
    pub(super) reader: Thread,
    /// Answers the questions that may take long.
    pub(super) student: Thread,
}

impl Backend for Sqlite {
    fn write(&self, job: Job, _: &dyn Clock) {
        self.writer.send(job);
    }

    fn read(&self, job: Job, _: &dyn Clock) {
        self.reader.send(job);
    }

    fn study(&self, job: Job, _: &dyn Clock) {
        self.student.send(job);
    }
}

/// A thread that owns a connection and applies jobs.
#[derive(Debug)]
pub(super) struct Thread {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    pub(super) fn writer(mut rows: Rows, clock: Arc<StoreClock>) -> Result<Self> {
        Thread::new("retry-tasks-write", move |jobs| {
            let (mut batch, mut before) = (Vec::new(), 0);
            while let Ok(first) = jobs.recv() {
                batch.push(first);
                gather(&jobs, &mut batch, before);
                before = batch.len();
                write(&mut rows, &mut batch, &clock);
            }
        })
    }

    pub(super) fn reader(name: &str, mut rows: Rows, clock: Arc<StoreClock>) -> Result<Self> {
        Thread::new(name, move |jobs| {
            for mut job in jobs {
                let done = rows.read(&mut job, &*clock);
                job.reply(done);
            }
        })
    }

    fn new(name: &str, run: impl FnOnce(Receiver<Job>) + Send + 'static) -> Result<Self> {
        let (jobs, receiver) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || run(receiver));
        let detail =
            |error: std::io::Error| format!("cannot start a thread for the task store: {error}");
        let thread = thread.map_err(|error| StoreError::Other { detail: detail(error) })?;
        Ok(Thread { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Sends a job to the thread. If the thread has ended, the job is dropped and its caller gets an error.
    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

/// Collects the jobs for one transaction. A caller that has just got its reply will probably send its next job at once,
/// so this waits for as many jobs as were in the last transaction, as long as they keep coming: a commit costs more than
/// the wait. A single caller never waits.
fn gather(jobs: &Receiver<Job>, batch: &mut Vec<Job>, before: usize) {
    loop {
        batch.extend(jobs.try_iter().take(BATCH - batch.len()));
        if batch.len() >= before.min(BATCH) {
            return;
        }
        match jobs.recv_timeout(LULL) {
            Ok(job) => batch.push(job),
            Err(_) => return,
        }
    }
}

/// Applies the jobs in one transaction. If it fails, applies each in a transaction of its own, so that a job that fails
/// does not affect the others.
fn write(rows: &mut Rows, batch: &mut Vec<Job>, clock: &StoreClock) {
    let together = rows.write(batch, clock);
    let is_shared = matches!(together, Err(StoreError::Locked { .. } | StoreError::Moved { .. }));
    let alone = together.is_err() && batch.len() > 1 && !is_shared;
    for mut job in batch.drain(..) {
        let committed = if alone {
            rows.write(std::slice::from_mut(&mut job), clock)
        } else {
            together.clone()
        };
        job.reply(committed);
    }
}

impl Drop for Thread {
    /// Waits until the thread has applied all jobs and closed the file.
    fn drop(&mut self) {
        drop(self.jobs.take());
        let Some(thread) = self.thread.take() else { return };
        // A reply that is sent on this very thread may drop the last handle.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}
