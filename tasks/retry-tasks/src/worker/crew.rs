//! The slots of a worker, and how many of them are held by tasks that wait for other tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::current::current;
use crate::base::time::Time;
use crate::record::{Record, state::State};
use crate::store::{Store, host::Hosted};
use crate::tasks::Tasks;

/// How long a task may be due before the one that waits for it gives up: other workers find due tasks within their `poll`.
const GRACE: Duration = Duration::from_secs(2);

/// The slots of one worker.
#[derive(Debug)]
pub(crate) struct Crew {
    store: Arc<dyn Store>,
    slots: usize,
    /// The functions of the worker, with the number of attempts that may run at a time.
    limits: HashMap<&'static str, usize>,
    /// The running tasks that wait, by function.
    waiting: Mutex<HashMap<&'static str, usize>>,
}

impl Crew {
    pub(super) fn new(store: Arc<dyn Store>, slots: usize, functions: &[Hosted]) -> Self {
        let limit = |hosted: &Hosted| (hosted.name, hosted.limit.unwrap_or(slots).min(slots));
        let limits = functions.iter().map(limit).collect();
        Crew { store, slots, limits, waiting: Mutex::default() }
    }

    fn change(&self, function: &'static str, change: impl FnOnce(&mut usize)) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        change(waiting.entry(function).or_default());
    }

    /// The number of slots that a task of this function could have, if all of them are held by tasks that wait.
    fn held(&self, function: &str) -> Option<usize> {
        let limit = *self.limits.get(function)?;
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let of_function = waiting.get(function).copied().unwrap_or_default();
        if of_function >= limit {
            return Some(limit);
        }
        (waiting.values().sum::<usize>() >= self.slots).then_some(self.slots)
    }
}

/// A running task that waits for another one, until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    crew: Arc<Crew>,
    function: &'static str,
    /// Since when the other task could have started, and no slot was free.
    since: Option<Time>,
}

impl Waiting {
    /// The running task, which is about to wait for a task of this store; `None` outside of a task, and for another store.
    pub(crate) fn of_current(tasks: &Tasks) -> Option<Self> {
        let (function, crew) = current()?.place();
        if !Arc::ptr_eq(&crew.store, tasks.store()) {
            return None;
        }
        crew.change(function, |waiting| *waiting += 1);
        Some(Waiting { crew, function, since: None })
    }

    /// The number of slots that the task could have, if all of them have been held for too long by tasks that wait.
    pub(crate) fn stuck(&mut self, other: &Record, now: Time) -> Option<usize> {
        let is_due = other.run_at.is_some_and(|due| due <= now);
        let held = self.crew.held(&other.name).filter(|_| is_due && other.state != State::Running);
        if held.is_none() {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        held.filter(|_| now.since(since) >= GRACE)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.crew.change(self.function, |waiting| *waiting -= 1);
    }
}
