//! The slots of a worker, and how many of them are held by tasks that wait for other tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Tasks;
use super::current::current;
use crate::base::time::Time;
use crate::record::{Record, id::TaskId, state::State};
use crate::store::{Store, host::Hosted};

/// How long a task may be due before the one that waits for it gives up: other workers find due tasks within their `poll`.
const GRACE: Duration = Duration::from_secs(2);

/// The slots of one worker.
#[derive(Debug)]
pub(crate) struct Crew {
    store: Arc<dyn Store>,
    slots: usize,
    /// The functions of the worker, with the number of attempts that may run at a time.
    limits: HashMap<&'static str, usize>,
    /// The running tasks that wait, with their functions. A task may wait for several others at once, and has one slot.
    waiting: Mutex<HashMap<TaskId, (&'static str, usize)>>,
}

/// All slots that a task could have are held by tasks that wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// The number of these slots.
    pub(crate) slots: usize,
    /// Whether they are the slots of one function, which its `concurrency` limits.
    pub(crate) is_of_function: bool,
}

impl Crew {
    pub(crate) fn new(store: Arc<dyn Store>, slots: usize, functions: &[Hosted]) -> Self {
        let limit = |hosted: &Hosted| (hosted.name, hosted.limit.unwrap_or(slots).min(slots));
        let limits = functions.iter().map(limit).collect();
        Crew { store, slots, limits, waiting: Mutex::default() }
    }

    fn enter(&self, task: TaskId, function: &'static str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(task).or_insert((function, 0)).1 += 1;
    }

    fn leave(&self, task: TaskId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, waits)) = waiting.get_mut(&task) {
            *waits -= 1;
            if *waits == 0 {
                waiting.remove(&task);
            }
        }
    }

    /// The slots that a task of this function could have, if all of them are held by tasks that wait.
    fn held(&self, function: &str) -> Option<Held> {
        let limit = *self.limits.get(function)?;
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= self.slots {
            return Some(Held { slots: self.slots, is_of_function: false });
        }
        let of_function = waiting.values().filter(|(name, _)| *name == function).count();
        (of_function >= limit).then_some(Held { slots: limit, is_of_function: true })
    }
}

/// A running task that waits for another one, until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    crew: Arc<Crew>,
    task: TaskId,
    /// Since when the other task could have started, and no slot was free.
    since: Option<Time>,
}

impl Waiting {
    /// The running task, which is about to wait for a task of this store; `None` outside of a task, and for another store.
    pub(crate) fn of_current(tasks: &Tasks) -> Option<Self> {
        let current = current()?;
        let task = current.id();
        let (function, crew) = current.place();
        if !Arc::ptr_eq(&crew.store, tasks.store()) {
            return None;
        }
        crew.enter(task, function);
        Some(Waiting { crew, task, since: None })
    }

    /// The slots that the other task could have, if all of them have been held for too long by tasks that wait.
    pub(crate) fn stuck(&mut self, other: &Record, now: Time) -> Option<Held> {
        let is_due = other.run_at.is_some_and(|due| due <= now);
        let held = self.crew.held(&other.name).filter(|_| is_due && other.state != State::Running);
        if held.is_none() {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        held.filter(|_| now.since(since) >= GRACE)
    }

    /// Another worker may start the task: it gets some more time.
    pub(crate) fn go_on(&mut self) {
        self.since = None;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.crew.leave(self.task);
    }
}
