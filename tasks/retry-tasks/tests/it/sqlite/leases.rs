//! Leases of two processes on one file: a process here is a thread with a runtime and a handle of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{Clock, Format, ManualClock, SqliteBuilder, State, TaskId, Tasks};
use rusqlite::Connection;

use crate::folder::Folder;

/// Blocks until it is opened.
#[derive(Debug, Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    is_reached: AtomicBool,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }

    fn wait(&self) {
        self.is_reached.store(true, Ordering::Release);
        let open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(open, |open| !*open));
    }
}

/// Blocks the only thread of its runtime.
#[retryable(on = any, jitter = none, budget = none, idempotent, name = "sqlite::blocks", task(state(gate)))]
async fn blocks(gate: Arc<Gate>) -> Result<u32, String> {
    gate.wait();
    Ok(1)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Opens the file, and waits for its lock for so long, which no manual clock measures.
fn open(folder: &Folder, clock: &Arc<ManualClock>, patience: Duration) -> Tasks {
    let builder = SqliteBuilder::new(folder.file("tasks.db")).busy_timeout(patience);
    builder.clock(Arc::clone(clock) as Arc<dyn Clock>).open().expect("a sound file")
}

/// A process in which the body of the task blocks the runtime, from the start of the attempt to the opening of the gate.
struct Blocked {
    clock: Arc<ManualClock>,
    gate: Arc<Gate>,
    id: TaskId,
    thread: std::thread::JoinHandle<()>,
}

impl Blocked {
    fn start(folder: &Folder, other: &Tasks, clock: &Arc<ManualClock>, patience: Duration) -> Self {
        let (gate, tasks) = (Arc::new(Gate::default()), open(folder, clock, patience));
        let id = runtime().block_on(other.submit(blocks::task())).expect("stored");
        let state = Arc::clone(&gate);
        let thread = std::thread::spawn(move || {
            runtime().block_on(async {
                let worker = tasks.worker().only("sqlite::blocks").state(state);
                let worker = worker.start().expect("started");
                tasks.wait::<u32>(id).await.expect("complete");
                worker.shutdown(Duration::from_secs(1)).await;
            });
        });
        Blocked { clock: Arc::clone(clock), gate, id, thread }
    }

    /// Waits until the body blocks. The process counts its lease from the time at which it starts the body, which the clock
    /// must not pass before.
    async fn runs(&self) {
        while !self.gate.is_reached.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Opens the gate. The body must have run once.
    async fn end(self, other: &Tasks) {
        self.gate.open();
        until(other, self.id, State::Complete).await;
        let info = other.info(self.id, Format::Full).await.expect("there");
        assert_eq!(info.attempts().len(), 1, "{info:?}");
        self.thread.join().expect("no panic");
        drop(self.clock);
    }
}

async fn until(other: &Tasks, id: TaskId, state: State) {
    while other.info(id, Format::Minimal).await.expect("there").state != state {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn lease_end(other: &Tasks, id: TaskId) -> Option<retry_tasks::Time> {
    other.store().load(id, false).await.expect("read").expect("there").0.run_at
}

const PATIENT: Duration = Duration::from_secs(30);

const HASTY: Duration = Duration::from_millis(100);

#[test]
fn a_body_that_blocks_its_runtime_for_longer_than_a_lease_runs_once() {
    let (folder, clock) = (Folder::new(), Arc::new(ManualClock::new()));
    let other = open(&folder, &clock, PATIENT);
    let blocked = Blocked::start(&folder, &other, &clock, PATIENT);
    runtime().block_on(async {
        blocked.runs().await;
        let gate = Arc::new(Gate::default());
        gate.open();
        let _worker = other.worker().only("sqlite::blocks").state(gate).start().expect("started");
        for _ in 0..15 {
            let before = lease_end(&other, blocked.id).await;
            clock.advance(Duration::from_secs(5));
            // The thread of the store renews the lease.
            while lease_end(&other, blocked.id).await == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        blocked.end(&other).await;
    });
}

#[test]
fn a_lock_that_lasts_longer_than_a_lease_loses_no_attempt() {
    let (folder, clock) = (Folder::new(), Arc::new(ManualClock::new()));
    let other = open(&folder, &clock, HASTY);
    let blocked = Blocked::start(&folder, &other, &clock, HASTY);
    runtime().block_on(async {
        blocked.runs().await;
        let gate = Arc::new(Gate::default());
        gate.open();
        let _worker = other.worker().only("sqlite::blocks").state(gate).start().expect("started");
        clock.advance(Duration::from_secs(5));
        let locked = Connection::open(folder.file("tasks.db")).expect("opened");
        locked.execute_batch("BEGIN IMMEDIATE").expect("locked");
        for _ in 0..8 {
            clock.advance(Duration::from_secs(10));
            // Longer than either process waits for the lock.
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        locked.execute_batch("COMMIT").expect("unlocked");
        let before = lease_end(&other, blocked.id).await;
        while lease_end(&other, blocked.id).await == before {
            clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        blocked.end(&other).await;
    });
}
