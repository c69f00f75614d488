//! What every store must do: cases that each store of this crate passes, and that a store of somebody else's
//! can be held to.
//!
//! ```
//! use retry_tasks_conformance::{Lab, cases};
//! use retry_tasks::Tasks;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! for case in cases().take(3) {
//!     println!("{}", case.name);
//!     case.run(Lab::new(Tasks::memory_with)).await;
//! }
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A case panics when the store does not do what its name says. Time is a [`ManualClock`]; no case sleeps.

mod asking;
mod by_hand;
mod leases;
mod life;
mod stage;
mod submitting;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use stage::NAMES;
pub use stage::{Stage, Trouble};

use retry_tasks::{
    Clock, Format, ManualClock, State, TaskError, TaskId, TaskInfo, Tasks, Worker, WorkerBuilder,
};

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One thing that every store must do.
pub struct Case {
    /// What it must do: a sentence.
    pub name: &'static str,
    run: fn(Lab) -> Running,
}

impl Case {
    /// Tries it.
    ///
    /// # Panics
    ///
    /// When the store does not do it.
    pub async fn run(&self, lab: Lab) {
        let limit = Duration::from_secs(60);
        let in_time = tokio::time::timeout(limit, (self.run)(lab)).await;
        assert!(in_time.is_ok(), "nothing happened for {limit:?}: {}", self.name);
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All cases. Each needs an empty store of its own.
pub fn cases() -> impl Iterator<Item = Case> {
    life::cases()
        .chain(by_hand::cases())
        .chain(leases::cases())
        .chain(submitting::cases())
        .chain(asking::cases())
}

/// A case for each function, called what it says.
macro_rules! list {
    ($($name:ident)*) => {
        pub(crate) fn cases() -> impl Iterator<Item = crate::Case> {
            [$(crate::Case { name: stringify!($name), run: |lab| Box::pin($name(lab)) }),*].into_iter()
        }
    };
}
use list;

/// An empty store with a clock that is moved by hand.
#[derive(Debug)]
pub struct Lab {
    /// The tasks of the store.
    pub tasks: Tasks,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// What the functions do.
    pub stage: Stage,
}

impl Lab {
    /// An empty store on a clock of the lab's.
    pub fn new(store: impl FnOnce(Arc<dyn Clock>) -> Tasks) -> Self {
        let clock = Arc::new(ManualClock::new());
        let tasks = store(Arc::clone(&clock) as Arc<dyn Clock>);
        Lab { tasks, clock, stage: Stage::default() }
    }

    fn builder(&self) -> WorkerBuilder {
        let worker = self.tasks.worker().state(self.stage.clone()).name("worker");
        NAMES.into_iter().fold(worker, WorkerBuilder::only)
    }

    fn worker(&self) -> Worker {
        start(self.builder())
    }

    async fn info(&self, id: TaskId) -> TaskInfo {
        self.tasks.info(id, Format::Full).await.expect("the task is there")
    }

    /// Waits until the task is in such a state.
    async fn until(&self, id: TaskId, wanted: impl Fn(&TaskInfo) -> bool) -> TaskInfo {
        let mut events = self.tasks.events();
        loop {
            let info = self.info(id).await;
            if wanted(&info) {
                return info;
            }
            // An event that was missed is as good as one that was not.
            let _ = events.recv().await;
        }
    }

    async fn until_ended(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state.is_ended()).await
    }

    async fn until_waiting(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| matches!(info.state, State::Waiting { .. })).await
    }

    async fn until_running(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state == State::Running).await
    }

    /// Lets time pass, whether the task waits or runs, until it has ended.
    async fn play(&self, id: TaskId) -> TaskInfo {
        loop {
            let settled = |info: &TaskInfo| {
                info.state.is_ended() || matches!(info.state, State::Waiting { .. })
            };
            let info = self.until(id, settled).await;
            match info.state {
                State::Waiting { next_attempt_at } => {
                    self.clock.advance(next_attempt_at.since(self.clock.now()));
                    self.until(id, |now| now.state != info.state).await;
                }
                _ => return info,
            }
        }
    }
}

fn start(worker: WorkerBuilder) -> Worker {
    worker.start().expect("the worker has all that its functions need")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What an order was refused with.
fn refused(result: Result<retry_tasks::Ordered, TaskError>) -> State {
    match result {
        Err(TaskError::Refused { state, .. }) => state,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
