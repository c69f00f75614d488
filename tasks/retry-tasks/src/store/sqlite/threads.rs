//! The threads that own the connections.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::file::Rows;
use crate::store::Job;
use crate::{Clock, StoreError};

/// Orders that share a transaction at most.
const TOGETHER: usize = 512;

/// How long orders are waited for that are probably on their way.
const LULL: Duration = Duration::from_micros(300);

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
            let (mut together, mut before) = (Vec::new(), 0);
            while let Ok(first) = jobs.recv() {
                together.push(first);
                gather(&jobs, &mut together, before);
                before = together.len();
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

/// Takes what has been handed in. Whoever got an answer just now will hand in the next order in a moment: as many
/// as the last time are waited for as long as they keep coming, since a commit costs more than that moment. One
/// who is alone waits for nobody.
fn gather(jobs: &Receiver<Job>, together: &mut Vec<Job>, before: usize) {
    loop {
        together.extend(jobs.try_iter().take(TOGETHER - together.len()));
        if together.len() >= before.min(TOGETHER) {
            return;
        }
        match jobs.recv_timeout(LULL) {
            Ok(job) => together.push(job),
            Err(_) => return,
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
