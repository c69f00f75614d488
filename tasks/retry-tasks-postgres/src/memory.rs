//! The memory that the connections of one process share: the remembered rows, and the order of events.

use std::collections::HashSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use retry_tasks::TaskId;

use super::held::Held;

/// The longest wait for the events of the other connection. Nothing but the order of events depends on the wait.
const LONGEST: Duration = Duration::from_secs(1);

/// The work of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Applies all changes but claims.
    Writes,
    /// Claims tasks, while the writer is busy with other changes.
    Claims,
    /// Only reads.
    Reads,
}

/// The memory of one process, which all of its connections share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<Held>,
    untold: Mutex<Untold>,
    told: Condvar,
}

/// The tasks whose changes may be committed and whose events are not published yet. A task that is submitted and claimed has two
/// events on two threads, and the first one must be published first.
#[derive(Debug, Default)]
struct Untold {
    written: HashSet<TaskId>,
    claimed: HashSet<TaskId>,
}

impl Untold {
    fn of(&mut self, role: Role) -> &mut HashSet<TaskId> {
        match role {
            Role::Claims => &mut self.claimed,
            _ => &mut self.written,
        }
    }

    fn of_other(&self, role: Role) -> &HashSet<TaskId> {
        match role {
            Role::Claims => &self.written,
            _ => &self.claimed,
        }
    }
}

impl Memory {
    /// The remembered rows.
    pub(crate) fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn untold(&self) -> MutexGuard<'_, Untold> {
        self.0.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the tasks of a transaction before its commit.
    pub(crate) fn commits(&self, role: Role, tasks: impl IntoIterator<Item = TaskId>) {
        self.untold().of(role).extend(tasks);
    }

    /// Notes that the events of all transactions of this connection are published.
    pub(crate) fn published(&self, role: Role) {
        let mut untold = self.untold();
        if !untold.of(role).is_empty() {
            untold.of(role).clear();
            self.0.told.notify_all();
        }
    }

    /// Waits until the other connection has published its events of these tasks, of which this transaction has seen the changes.
    ///
    /// The claimer waits before it notes its own tasks, and the writer after its commit, so that they never wait for each other.
    pub(crate) fn wait_for_other(&self, role: Role, tasks: impl Iterator<Item = TaskId> + Clone) {
        let untold = self.untold();
        if untold.of_other(role).is_empty() {
            return;
        }
        let is_untold =
            |untold: &mut Untold| tasks.clone().any(|task| untold.of_other(role).contains(&task));
        drop(self.0.told.wait_timeout_while(untold, LONGEST, is_untold));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_claim_of_a_submitted_task_waits_until_the_submission_is_published() {
        let (memory, task) = (Memory::default(), TaskId::unique());
        memory.commits(Role::Writes, [task]);
        let is_published = Arc::new(AtomicBool::new(false));
        let (sender, begins) = mpsc::channel();
        let claimer = {
            let (memory, is_published) = (memory.clone(), Arc::clone(&is_published));
            thread::spawn(move || {
                sender.send(()).expect("the test listens");
                memory.wait_for_other(Role::Claims, [task].into_iter());
                is_published.load(Ordering::Relaxed)
            })
        };
        begins.recv().expect("the claimer begins");
        is_published.store(true, Ordering::Relaxed);
        memory.published(Role::Writes);
        assert!(claimer.join().expect("no panic"));
    }

    #[test]
    fn nobody_waits_for_other_tasks_or_for_events_of_its_own() {
        let (memory, task, other) = (Memory::default(), TaskId::unique(), TaskId::unique());
        memory.commits(Role::Writes, [task]);
        // Each of these would take a second.
        memory.wait_for_other(Role::Claims, [other].into_iter());
        memory.wait_for_other(Role::Writes, [task].into_iter());
        memory.published(Role::Claims);
        assert!(memory.untold().written.contains(&task), "only the writer publishes its events");
    }
}
