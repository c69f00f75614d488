//! A worker as others see it: its name, its functions, and whether it is paused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use retry_runtime::control::lock;
use tokio::sync::watch;

use crate::store::Store;
use crate::tasks::Tasks;

/// A running worker of this process, for whoever shows it or pauses it; [`Tasks::workers`] lists them.
///
/// ```
/// use retry_tasks::Tasks;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().name("mail-1").start()?;
/// for worker in tasks.workers() {
///     println!("{} has {} slots for {:?}", worker.name(), worker.slots(), worker.functions());
///     worker.pause();
/// }
/// assert!(worker.is_paused());
/// worker.resume();
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct WorkerHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    number: u64,
    store: Arc<dyn Store>,
    name: Arc<str>,
    slots: usize,
    functions: Vec<&'static str>,
    paused: watch::Sender<bool>,
}

/// The workers of this process that serve now.
static SERVING: Mutex<Vec<WorkerHandle>> = Mutex::new(Vec::new());

impl WorkerHandle {
    pub(super) fn new(
        store: Arc<dyn Store>,
        name: Arc<str>,
        slots: usize,
        functions: Vec<&'static str>,
    ) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let paused = watch::Sender::new(false);
        WorkerHandle(Arc::new(Shared { number, store, name, slots, functions, paused }))
    }

    /// The number of the worker, from 1, which no other one of this process has: several may have the same name.
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The worker's name in the history of tasks.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The number of attempts that the worker may run at a time.
    pub fn slots(&self) -> usize {
        self.0.slots
    }

    /// The names of the functions that the worker runs.
    pub fn functions(&self) -> &[&'static str] {
        &self.0.functions
    }

    /// Whether the worker is paused.
    pub fn is_paused(&self) -> bool {
        *self.0.paused.borrow()
    }

    /// Pauses the worker: it claims no more tasks until [`resume`](Self::resume). Attempts that run go on, and so does the
    /// renewal of their leases; tasks that a claim under way has taken are still run. Other workers are not affected. Returns whether
    /// that changed anything.
    pub fn pause(&self) -> bool {
        self.set(true)
    }

    /// Ends a pause: the worker claims due tasks again at once. Returns whether that changed anything.
    pub fn resume(&self) -> bool {
        self.set(false)
    }

    fn set(&self, is_paused: bool) -> bool {
        let has_changed = self.0.paused.send_if_modified(|now| {
            let before = std::mem::replace(now, is_paused);
            before != is_paused
        });
        if has_changed {
            tell(self.name(), is_paused);
        }
        has_changed
    }

    pub(super) fn pausing(&self) -> watch::Receiver<bool> {
        self.0.paused.subscribe()
    }

    fn is(&self, other: &WorkerHandle) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The place of a worker in the list, from its start to its end.
#[derive(Debug)]
pub(super) struct Listed(pub(super) WorkerHandle);

impl Listed {
    pub(super) fn new(worker: WorkerHandle) -> Self {
        lock(&SERVING).push(worker.clone());
        Listed(worker)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&SERVING).retain(|other| !other.is(&self.0));
    }
}

impl Tasks {
    /// The workers of this process that serve the store of this handle, in the order of their start. Workers of other processes are
    /// seen by the [`worker`](crate::TaskInfo::worker) of the tasks that they run.
    pub fn workers(&self) -> Vec<WorkerHandle> {
        let serving = lock(&SERVING);
        let of_store = |worker: &&WorkerHandle| {
            std::ptr::addr_eq(Arc::as_ptr(&worker.0.store), Arc::as_ptr(self.store()))
        };
        serving.iter().filter(of_store).cloned().collect()
    }
}

/// Says that a worker was paused or goes on.
fn tell(name: &str, is_paused: bool) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        let what = if is_paused { "a worker was paused" } else { "a worker goes on after a pause" };
        tracing::info!(target: "retry_tasks", worker = name, "{what}");
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (name, is_paused);
}
