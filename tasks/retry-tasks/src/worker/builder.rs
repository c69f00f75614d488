//! The settings of a worker, and its start.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{
    Worker, error::StartError, handle::Listed, handle::WorkerHandle, host::LocalHost, name,
};
use crate::function::{Function, States, functions};
use crate::machine::retention::Retention;
use crate::store::{Store, host::End, host::Hosted, host::Settings};
use crate::tasks::{Tasks, crew::Crew};

/// The beginning of the names of the conformance suite's functions. They are linked into the tests of stores, and only
/// a worker that asks for them by name runs them.
const SUITE: &str = "conformance::";

/// The settings of a worker that has not started yet; [`Tasks::worker`] makes them.
///
/// | setting | default |
/// |---|---|
/// | `in_flight` | 64 attempts at a time |
/// | `lease` | 30 s, renewed every 5 s |
/// | `poll` | 200 ms: the time between two searches for tasks of other processes |
/// | `name` | the machine and the process: `web-1 pid 4711` |
/// | `retention` | of each function 100 000 tasks in each ended state; 30 days, failed ones half a year |
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use retry_tasks::{Retention, Tasks};
/// use std::time::Duration;
///
/// let tasks = Tasks::memory();
/// let worker = tasks
///     .worker()
///     .name("mail-1")
///     .in_flight(8)
///     .retention(Retention::forever().age(Duration::from_secs(7 * 24 * 3600)))
///     .start()?;
/// worker.shutdown(Duration::from_secs(5)).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a worker does nothing until it is started"]
pub struct WorkerBuilder {
    store: Arc<dyn Store>,
    settings: Settings,
    states: States,
    only: Option<Vec<String>>,
    concurrency: Vec<(String, usize)>,
    /// The longest result in bytes.
    value_limit: usize,
}

impl WorkerBuilder {
    /// Sets the worker's name in the history, by default the machine and the process: `web-1 pid 4711`. Fencing tokens, not names,
    /// tell workers apart, so a worker may have the name of another one or of its crashed predecessor.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into().into();
        self
    }

    /// Adds a value for the functions that list a parameter of this type in `task(state(…))`. A second value of the same
    /// type replaces the first.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.states.insert(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// Runs only this function and others that are named in this way. By default, a worker runs all functions in the
    /// program.
    pub fn only(mut self, name: impl Into<String>) -> Self {
        self.only.get_or_insert_default().push(name.into());
        self
    }

    /// Sets the number of worker slots: how many attempts may run at a time; 0 counts as 1.
    pub fn in_flight(mut self, attempts: usize) -> Self {
        self.settings.slots = attempts.max(1);
        self
    }

    /// Sets the number of attempts of one function that may run at a time in this worker; 0 counts as 1. Overrides the
    /// function's `task(concurrency = …)`.
    pub fn concurrency(mut self, name: impl Into<String>, attempts: usize) -> Self {
        self.concurrency.push((name.into(), attempts.max(1)));
        self
    }

    /// Sets how long a lease is valid without a renewal, at least 60 ms. The worker renews its leases at intervals of a
    /// sixth of this.
    pub fn lease(mut self, lease: Duration) -> Self {
        let lease = lease.max(Duration::from_millis(60));
        (self.settings.lease, self.settings.heartbeat) = (lease, lease / 6);
        self
    }

    /// Sets the time between two searches for tasks that another process has submitted, at least 1 ms.
    pub fn poll(mut self, every: Duration) -> Self {
        self.settings.poll = every.max(Duration::from_millis(1));
        self
    }

    /// Sets how long the ended tasks of the worker's functions are kept. The worker removes older ones every 10 s, and after
    /// 5000 attempts; [`Tasks::prune`] removes those of any function.
    pub fn retention(mut self, retention: Retention) -> Self {
        self.settings.retention = retention;
        self
    }

    /// Starts the worker on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`]: a function needs a value that is missing, two functions have the same name, there is no function
    /// with a given name, or no current runtime.
    pub fn start(self) -> Result<Worker, StartError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let (end, ending) = watch::channel(End::NotYet);
        let store = Arc::clone(&self.store);
        let host = self.host(ending)?;
        let handle = host.listed.0.clone();
        let served = store.serve(Arc::new(host));
        #[cfg(feature = "metrics")]
        let served = async move {
            let _counted = crate::event::metrics::Working::begin();
            served.await
        };
        Ok(Worker { end, serving: runtime.spawn(served), handle })
    }

    fn host(self, ending: watch::Receiver<End>) -> Result<LocalHost, StartError> {
        let mut hosted: Vec<Hosted> = Vec::new();
        for function in functions().filter(|function| self.selects(function)) {
            let name = function.name();
            if hosted.iter().any(|other| other.name == name) {
                return Err(StartError::SameName { name });
            }
            hosted.push(self.hosted(function)?);
        }
        let named = self.only.iter().flatten().chain(self.concurrency.iter().map(|(name, _)| name));
        for name in named {
            if !hosted.iter().any(|hosted| hosted.name == name) {
                return Err(StartError::UnknownFunction { name: name.clone() });
            }
        }
        let names = hosted.iter().map(|hosted| hosted.name).collect();
        let name = Arc::clone(&self.settings.name);
        let store = Arc::clone(&self.store);
        let listed = Listed::new(WorkerHandle::new(store, name, self.settings.slots, names));
        let states = Arc::new(self.states);
        let crew = Arc::new(Crew::new(self.store, self.settings.slots, &hosted));
        let value_limit = self.value_limit;
        Ok(LocalHost {
            settings: self.settings,
            functions: hosted,
            states,
            ending,
            crew,
            value_limit,
            listed,
        })
    }

    fn selects(&self, function: &Function) -> bool {
        match &self.only {
            Some(names) => names.iter().any(|name| name == function.name()),
            None => !function.name().starts_with(SUITE),
        }
    }

    fn hosted(&self, function: &'static Function) -> Result<Hosted, StartError> {
        let name = function.name();
        if let Some(need) =
            function.needs.iter().find(|need| !self.states.contains_key(&(need.id)()))
        {
            return Err(StartError::MissingState { function: name, of: (need.name)() });
        }
        let site =
            function.site().ok_or_else(|| StartError::UnknownFunction { name: name.to_owned() })?;
        let own = self.concurrency.iter().rev().find(|(of, _)| of == name).map(|(_, limit)| *limit);
        Ok(Hosted { name, site, limit: own.or(function.limit()) })
    }
}

impl Tasks {
    /// Makes a worker for these tasks, to be configured and started.
    pub fn worker(&self) -> WorkerBuilder {
        WorkerBuilder {
            store: Arc::clone(self.store()),
            settings: Settings {
                name: name::of_this_process().into(),
                slots: 64,
                lease: Duration::from_secs(30),
                heartbeat: Duration::from_secs(5),
                poll: Duration::from_millis(200),
                retention: Retention::default(),
            },
            states: States::default(),
            only: None,
            concurrency: Vec::new(),
            value_limit: self.value_limit,
        }
    }
}
