//! What runs tasks: settings, start and end.

mod current;
mod host;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use current::{Current, current};
pub(crate) use current::{Live, inside};
pub use host::Host;
pub(crate) use host::Hosted;

use crate::function::{self, Function, States};
use crate::store::{Retention, Store};
use crate::{StartError, Tasks};

/// Functions of the conformance suite have names that begin so. They are linked into the tests of a store and run
/// only in workers that ask for them by name.
const SUITE: &str = "conformance::";

/// How a worker ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It runs.
    NotYet,
    /// It takes no more tasks; those that run have so much time left.
    Within(Duration),
    /// At once and without a word, as in a crash.
    Abandoned,
}

/// When a worker does what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) lease: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) poll: Duration,
}

/// A worker that is about to start; [`Tasks::worker`] makes one.
///
/// | setting | default |
/// |---|---|
/// | `in_flight` | 64 attempts at a time |
/// | `lease` | 30 s, renewed every 5 s |
/// | `poll` | 200 ms: how soon work is noticed that another process has handed in |
/// | `retention` | 100 000 ended tasks, 30 days |
#[derive(Debug)]
#[must_use = "a worker does nothing until it is started"]
pub struct WorkerBuilder {
    store: Arc<dyn Store>,
    name: String,
    states: States,
    only: Option<Vec<String>>,
    in_flight: usize,
    concurrency: Vec<(String, usize)>,
    timing: Timing,
    retention: Retention,
}

impl WorkerBuilder {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        WorkerBuilder {
            store,
            name: format!("pid {}", std::process::id()),
            states: States::default(),
            only: None,
            in_flight: 64,
            concurrency: Vec::new(),
            timing: Timing {
                lease: Duration::from_secs(30),
                heartbeat: Duration::from_secs(5),
                poll: Duration::from_millis(200),
            },
            retention: Retention::default(),
        }
    }

    /// What the history calls it. Names need not differ: what a worker holds is told apart by fencing tokens,
    /// so one that starts under the name of another, or of its own crashed self, is welcome.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// A value for the functions that list a parameter of this type in `task(state(…))`. A second one of the
    /// same type replaces the first.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.put(value);
        self
    }

    /// Runs this function, and none but those named in this way. Without it, all that are linked in.
    pub fn only(mut self, name: impl Into<String>) -> Self {
        self.only.get_or_insert_default().push(name.into());
        self
    }

    /// How many attempts run at a time; 0 counts as 1.
    pub fn in_flight(mut self, attempts: usize) -> Self {
        self.in_flight = attempts.max(1);
        self
    }

    /// How many attempts of one function run at a time in this worker; 0 counts as 1. Overrides its
    /// `task(concurrency = …)`.
    pub fn concurrency(mut self, name: impl Into<String>, attempts: usize) -> Self {
        self.concurrency.push((name.into(), attempts.max(1)));
        self
    }

    /// For how long a task is safe from other workers without a sign of life; a sixth of it passes between
    /// two signs. At least 60 ms.
    pub fn lease(mut self, lease: Duration) -> Self {
        let lease = lease.max(Duration::from_millis(60));
        self.timing = Timing { lease, heartbeat: lease / 6, ..self.timing };
        self
    }

    /// How often it looks for tasks that another process has handed in; at least 1 ms.
    pub fn poll(mut self, every: Duration) -> Self {
        self.timing.poll = every.max(Duration::from_millis(1));
        self
    }

    /// How long ended tasks are kept; it looks every 10 s, and after 5000 attempts.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// Starts it on the tokio runtime that this is called in.
    ///
    /// # Errors
    ///
    /// [`StartError`]: a function needs a state that is missing, two functions share a name, a name is not
    /// known, or there is no runtime.
    pub fn start(self) -> Result<Worker, StartError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let (end, ending) = watch::channel(End::NotYet);
        let store = Arc::clone(&self.store);
        let host = Arc::new(self.host(ending)?);
        Ok(Worker { end, serving: runtime.spawn(store.serve(host)) })
    }

    fn host(self, ending: watch::Receiver<End>) -> Result<Host, StartError> {
        let mut hosted: Vec<Hosted> = Vec::new();
        for function in function::functions() {
            let wanted = match &self.only {
                Some(names) => names.iter().any(|name| name == function.name()),
                None => !function.name().starts_with(SUITE),
            };
            if !wanted {
                continue;
            }
            let name = function.name();
            if hosted.iter().any(|other| other.function.name() == name) {
                return Err(StartError::SameName { name });
            }
            hosted.push(self.hosted(function)?);
        }
        let named = self.only.iter().flatten().chain(self.concurrency.iter().map(|(name, _)| name));
        for name in named {
            if !hosted.iter().any(|hosted| hosted.function.name() == name) {
                return Err(StartError::UnknownFunction { name: name.clone() });
            }
        }
        let WorkerBuilder { name, states, in_flight, timing, retention, .. } = self;
        Ok(Host::new(name, hosted, states, in_flight, timing, retention, ending))
    }

    fn hosted(&self, function: &'static Function) -> Result<Hosted, StartError> {
        let name = function.name();
        if let Some(need) = function.needs().iter().find(|need| !self.states.has(need)) {
            return Err(StartError::MissingState { function: name, of: need.name() });
        }
        let site =
            function.site().ok_or_else(|| StartError::UnknownFunction { name: name.to_owned() })?;
        let own = self.concurrency.iter().rev().find(|(of, _)| of == name).map(|(_, limit)| *limit);
        Ok(Hosted { function, site, limit: own.or(function.limit()) })
    }
}

/// A worker that runs tasks; [`Tasks::worker`] makes one.
///
/// Dropped, it ends as after [`shutdown`](Worker::shutdown) with no time left, as far as its runtime goes on.
#[derive(Debug)]
pub struct Worker {
    end: watch::Sender<End>,
    serving: JoinHandle<()>,
}

impl Worker {
    /// Ends it: no further task is started, and those that run have so much time. What still runs then is
    /// broken off and given back at once: it is pending again, without a mark against its limit, and another
    /// worker may start it in the same moment. An attempt of a function that is not declared idempotent may
    /// have taken effect: its task fails as [`Ambiguous`](crate::FailReason::Ambiguous). A function that
    /// blocks cannot be broken off; its result does not count any more.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the worker still ends in this way.
    pub async fn shutdown(mut self, within: Duration) {
        self.end.send_replace(End::Within(within));
        // A panic in the worker's own code has been reported where it happened.
        let _ = (&mut self.serving).await;
    }

    /// Ends it at once and without a word, as a crash would: its leases run out. For tests.
    pub async fn abandon(mut self) {
        self.end.send_replace(End::Abandoned);
        let _ = (&mut self.serving).await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end.send_if_modified(|end| {
            let running = *end == End::NotYet;
            if running {
                *end = End::Within(Duration::ZERO);
            }
            running
        });
    }
}

impl Tasks {
    /// A worker for these tasks, to be set up and started.
    pub fn worker(&self) -> WorkerBuilder {
        WorkerBuilder::new(Arc::clone(self.store()))
    }
}
