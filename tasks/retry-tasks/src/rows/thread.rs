//! A thread that owns a connection to a database and applies jobs on it, one batch after another.

use std::fmt;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::job::Job;
use crate::store::error::{Result, StoreError};

/// The greatest number of jobs in one transaction.
const BATCH: usize = 512;

/// The shortest wait of the writer for jobs that are probably on their way.
const LULL: Duration = Duration::from_micros(300);

/// The writer waits for a part of the time that the last transaction took: a machine that is busy answers later, and a
/// transaction that takes long is worth more.
const PART: u32 = 4;

/// The longest wait.
const LONGEST_LULL: Duration = Duration::from_millis(5);

/// A thread that applies jobs. When it is dropped, the jobs that it has are applied first.
///
/// ```
/// use retry_tasks::rows::{Job, Thread};
/// use retry_tasks::{Clock, StoreError, SystemClock};
///
/// # fn write(_: &mut Vec<Job>) {}
/// /// Commits each batch of jobs together.
/// fn writer() -> Result<Thread, StoreError> {
///     Thread::batches("my-store-write", |batch| write(batch))
/// }
/// let thread = writer()?;
/// drop(thread); // returns when the last batch is done
/// # Ok::<(), StoreError>(())
/// ```
pub struct Thread {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    /// Starts a thread that calls `apply` with the jobs that have come together, at most 512, which then share one commit.
    /// `apply` replies to each and leaves the list empty.
    ///
    /// # Errors
    ///
    /// The system has no more threads.
    pub fn batches(
        name: &str,
        mut apply: impl FnMut(&mut Vec<Job>) + Send + 'static,
    ) -> Result<Self> {
        Thread::new(name, move |jobs| {
            let (mut batch, mut before, mut took) = (Vec::new(), 0, Duration::ZERO);
            while let Ok(first) = jobs.recv() {
                batch.push(first);
                gather(&jobs, &mut batch, before, (took / PART).clamp(LULL, LONGEST_LULL));
                before = batch.len();
                let start = Instant::now();
                apply(&mut batch);
                took = start.elapsed();
                batch.clear();
            }
        })
    }

    /// Starts a thread that calls `apply` with one job after another, and replies with its result.
    ///
    /// # Errors
    ///
    /// The system has no more threads.
    pub fn one_by_one(
        name: &str,
        mut apply: impl FnMut(&mut Job) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        Thread::new(name, move |jobs| {
            for mut job in jobs {
                let done = apply(&mut job);
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
    pub fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

/// Collects the jobs for one transaction. A caller that has just got its reply will probably send its next job at once,
/// so this waits for as many jobs as were in the last transaction, as long as they keep coming: a commit costs more than
/// the wait. A single caller never waits.
fn gather(jobs: &Receiver<Job>, batch: &mut Vec<Job>, before: usize, lull: Duration) {
    loop {
        batch.extend(jobs.try_iter().take(BATCH - batch.len()));
        if batch.len() >= before.min(BATCH) {
            return;
        }
        match jobs.recv_timeout(lull) {
            Ok(job) => batch.push(job),
            Err(_) => return,
        }
    }
}

impl Drop for Thread {
    /// Waits until the thread has applied all jobs and has dropped what it owns.
    fn drop(&mut self) {
        drop(self.jobs.take());
        let Some(thread) = self.thread.take() else { return };
        // A reply that is sent on this very thread may drop the last handle.
        if thread.thread().id() != thread::current().id() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.thread.as_ref().and_then(|thread| thread.thread().name());
        f.debug_struct("Thread").field("name", &name).finish_non_exhaustive()
    }
}
