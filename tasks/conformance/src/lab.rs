//! The store under test, with its clock and the functions of the cases.

use std::sync::Arc;
use std::time::Duration;

use retry_tasks::{
    Clock, Format, ManualClock, Ordered, State, TaskError, TaskId, TaskInfo, Tasks, Worker,
    WorkerBuilder,
};

use crate::stage::{NAMES, Stage};

/// An empty store with a manual clock.
#[derive(Debug)]
pub struct Lab {
    pub(crate) tasks: Tasks,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) stage: Stage,
}

impl Lab {
    /// Creates a lab around an empty store, which must use the clock that is passed.
    pub fn new(store: impl FnOnce(Arc<dyn Clock>) -> Tasks) -> Self {
        let clock = Arc::new(ManualClock::new());
        let tasks = store(Arc::clone(&clock) as Arc<dyn Clock>);
        Lab { tasks, clock, stage: Stage::default() }
    }

    pub(crate) fn builder(&self) -> WorkerBuilder {
        let worker = self.tasks.worker().state(self.stage.clone()).name("worker");
        NAMES.into_iter().fold(worker, WorkerBuilder::only)
    }

    pub(crate) fn worker(&self) -> Worker {
        start(self.builder())
    }

    pub(crate) async fn info(&self, id: TaskId) -> TaskInfo {
        self.tasks.info(id, Format::Full).await.expect("the task is there")
    }

    /// Waits until the task's information passes the test.
    pub(crate) async fn until(&self, id: TaskId, wanted: impl Fn(&TaskInfo) -> bool) -> TaskInfo {
        let mut events = self.tasks.events();
        loop {
            let info = self.info(id).await;
            if wanted(&info) {
                return info;
            }
            // A missed event is a reason to look as well.
            let _ = events.recv().await;
        }
    }

    pub(crate) async fn until_ended(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state.is_ended()).await
    }

    pub(crate) async fn until_waiting(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| matches!(info.state, State::Waiting { .. })).await
    }

    pub(crate) async fn until_running(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state == State::Running).await
    }

    /// Moves the clock to the due time of each retry until the task has ended.
    pub(crate) async fn play(&self, id: TaskId) -> TaskInfo {
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

pub(crate) fn start(worker: WorkerBuilder) -> Worker {
    worker.start().expect("the worker has all that its functions need")
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The state with which an order was refused.
pub(crate) fn refused(result: Result<Ordered, TaskError>) -> State {
    match result {
        Err(TaskError::Refused { state, .. }) => state,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
