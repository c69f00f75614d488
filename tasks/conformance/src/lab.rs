//! The store under test, with its clock and the functions of the cases.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use retry_tasks::{
    Clock, FailReason, Format, Function, ManualClock, Ordered, State, Task, TaskError, TaskId,
    TaskInfo, Tasks, Time, Worker, WorkerBuilder,
};

use crate::stage::{Act, Stage, repeatable};

/// The time between two looks at a task in real tempo.
const LOOK: Duration = Duration::from_millis(50);

/// The clock of a lab.
#[derive(Debug)]
pub(crate) enum LabClock {
    /// It stands still until the case moves it.
    Manual(Arc<ManualClock>),
    /// The store's own.
    Real(Arc<dyn Clock>),
}

impl LabClock {
    pub(crate) fn now(&self) -> Time {
        match self {
            LabClock::Manual(clock) => clock.now(),
            LabClock::Real(clock) => clock.now(),
        }
    }

    /// Moves a manual clock forward. Real time passes while the case waits for the consequence.
    pub(crate) fn advance(&self, time: Duration) {
        if let LabClock::Manual(clock) = self {
            clock.advance(time);
        }
    }

    /// Sets a manual clock forward while no time passes.
    pub(crate) fn step(&self, time: Duration) {
        if let LabClock::Manual(clock) = self {
            clock.step(time);
        }
    }
}

/// An empty store, with a manual clock or in real time.
///
/// ```
/// use retry_tasks::Tasks;
/// use retry_tasks_conformance::Lab;
///
/// let lab = Lab::new(Tasks::memory_with); // your own store in place of `Tasks::memory_with`
/// # let _ = lab;
/// ```
#[derive(Debug)]
pub struct Lab {
    /// The workers that run until the end of the case.
    workers: Mutex<Vec<Worker>>,
    pub(crate) tasks: Tasks,
    pub(crate) clock: LabClock,
    pub(crate) stage: Stage,
}

impl Lab {
    /// Creates a lab around an empty store, which must use the clock that is passed.
    pub fn new(store: impl FnOnce(Arc<dyn Clock>) -> Tasks) -> Self {
        let clock = Arc::new(ManualClock::new());
        let tasks = store(Arc::clone(&clock) as Arc<dyn Clock>);
        Lab::of(tasks, LabClock::Manual(clock))
    }

    /// Creates a lab around an empty store that reads a clock of its own and sleeps by itself.
    ///
    /// ```
    /// use retry_tasks::Tasks;
    /// use retry_tasks_conformance::Lab;
    ///
    /// let lab = Lab::real(Tasks::memory()); // your own store in place of `Tasks::memory()`
    /// # let _ = lab;
    /// ```
    pub fn real(store: Tasks) -> Self {
        let clock = LabClock::Real(Arc::clone(store.store().clock()));
        Lab::of(store, clock)
    }

    fn of(tasks: Tasks, clock: LabClock) -> Self {
        Lab { workers: Mutex::default(), tasks, clock, stage: Stage::default() }
    }

    /// Whether the clock moves by hand.
    pub(crate) fn is_manual(&self) -> bool {
        matches!(self.clock, LabClock::Manual(_))
    }

    /// A time of minutes, shortened to seconds in real tempo.
    pub(crate) fn long(&self, time: Duration) -> Duration {
        if self.is_manual() { time } else { time / 10 }
    }

    /// Moves the clock by this time, or waits for it.
    pub(crate) async fn time_passes(&self, time: Duration) {
        match &self.clock {
            LabClock::Manual(clock) => clock.advance(time),
            LabClock::Real(clock) => clock.sleep_until(clock.now() + time).await,
        }
    }

    /// Waits until the store has seen everything that was submitted, where this takes time.
    pub(crate) async fn settled(&self) {
        if !self.is_manual() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    pub(crate) fn builder(&self) -> WorkerBuilder {
        let worker = self.tasks.worker().state(self.stage.clone()).name("worker");
        let names = retry_tasks::functions().map(Function::name);
        names.filter(|name| name.starts_with("conformance::")).fold(worker, WorkerBuilder::only)
    }

    pub(crate) fn worker(&self) -> Worker {
        start(self.builder())
    }

    /// Starts a worker that runs until the end of the case.
    pub(crate) fn work(&self) {
        self.workers.lock().expect("no panic").push(self.worker());
    }

    pub(crate) async fn submit(&self, task: Task<String>) -> TaskId {
        self.tasks.submit(task).await.expect("stored")
    }

    /// Submits a repeatable task for each play.
    pub(crate) async fn submit_plays<P: ToString>(
        &self,
        plays: impl IntoIterator<Item = P>,
    ) -> Vec<TaskId> {
        let mut ids = Vec::new();
        for play in plays {
            ids.push(self.submit(repeatable::task(play.to_string())).await);
        }
        ids
    }

    /// Submits a repeatable task with this script.
    pub(crate) async fn given(&self, acts: &[Act]) -> TaskId {
        self.stage.script("a", acts);
        self.submit(repeatable::task("a".into())).await
    }

    /// Submits a repeatable task with this script, and starts a worker.
    pub(crate) async fn run(&self, acts: &[Act]) -> TaskId {
        let id = self.given(acts).await;
        self.work();
        id
    }

    /// Submits a task whose first attempt never ends, and starts a worker. Returns when the attempt is running.
    pub(crate) async fn hang(&self, task: Task<String>) -> (TaskId, Worker) {
        self.stage.script("a", &[Act::Hang]);
        let id = self.submit(task).await;
        let worker = self.worker();
        self.until_started(1).await;
        (id, worker)
    }

    /// Lets others run before the next look.
    pub(crate) async fn look(&self) {
        match self.clock {
            LabClock::Manual(_) => tokio::task::yield_now().await,
            LabClock::Real(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }

    /// Waits until this many attempts have started.
    pub(crate) async fn until_started(&self, attempts: usize) {
        while self.stage.started().len() < attempts {
            self.look().await;
        }
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
            // A missed event is a reason to look as well. Another process, or the engine, may change a task without one.
            match self.clock {
                LabClock::Manual(_) => drop(events.recv().await),
                LabClock::Real(_) => drop(tokio::time::timeout(LOOK, events.recv()).await),
            }
        }
    }

    pub(crate) async fn until_ended(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state.is_ended()).await
    }

    pub(crate) async fn until_waiting(&self, id: TaskId) -> TaskInfo {
        self.until(id, |info| info.state.name() == "waiting").await
    }

    /// Moves the clock, and waits until a worker has claimed everything that is due then, and all attempts have ended.
    pub(crate) async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        let marker = self.submit(repeatable::task("marker".into())).await;
        self.until_ended(marker).await;
        while self.tasks.counts().await.expect("counted").running > 0 {
            // Queries without a pause would starve the writer.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Moves the clock to the due time of each retry until the task has ended.
    pub(crate) async fn play(&self, id: TaskId) -> TaskInfo {
        loop {
            let settled = |info: &TaskInfo| !matches!(info.state, State::Pending | State::Running);
            let info = self.until(id, settled).await;
            let State::Waiting { next_attempt_at } = info.state else { return info };
            self.clock.advance(next_attempt_at.since(self.clock.now()));
            self.until(id, |now| now.state != info.state).await;
        }
    }
}

impl Drop for Lab {
    /// Lets blocked threads return, so that the runtime of a failed case can end.
    fn drop(&mut self) {
        self.stage.open_for_ever();
    }
}

pub(crate) fn start(worker: WorkerBuilder) -> Worker {
    worker.start().expect("the worker has all that its functions need")
}

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn failed(reason: FailReason) -> State {
    State::Failed { reason }
}

/// The state with which an order was refused.
pub(crate) fn refused(result: Result<Ordered, TaskError>) -> State {
    match result {
        Err(TaskError::Refused { state, .. }) => state,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
