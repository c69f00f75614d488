//! The rows that the last transactions of this process have left: they need not be read again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use retry_tasks::{Lease, Phase, Record, TaskId};

use super::columns::Version;

/// The time for which a function counts as one without a bucket. Meanwhile, another process may make one, which misses the successes
/// of this time.
const WITHOUT: Duration = Duration::from_secs(1);

/// The greatest number of tasks to remember. Those of lost leases stay until it is reached.
const MOST: usize = 10_000;

/// The tasks that run in this process, each as it was committed, and the functions that have no bucket.
///
/// Another process may have changed a task meanwhile, so that a change of a remembered one checks its version. The task is locked
/// by that change, and not in the order of [`touch`](super::touch). Where two processes wait for each other after that, the server
/// ends one of the transactions, and it is done again.
#[derive(Debug, Default)]
pub(crate) struct Held {
    tasks: HashMap<TaskId, (Record, Version)>,
    without_bucket: HashMap<String, Instant>,
}

impl Held {
    /// The task that runs under this lease, if it is known.
    pub(crate) fn task(&self, lease: Lease) -> Option<&(Record, Version)> {
        self.tasks.get(&lease.id).filter(|(record, _)| record.lease() == lease)
    }

    /// Notes a task that was changed in the transaction of this version.
    pub(crate) fn note(&mut self, record: Record, version: Version) {
        if record.state.phase() != Phase::Running {
            self.forget(record.id);
            return;
        }
        if self.tasks.len() >= MOST {
            self.tasks.clear();
        }
        self.tasks.insert(record.id, (record, version));
    }

    pub(crate) fn forget(&mut self, id: TaskId) {
        self.tasks.remove(&id);
    }

    /// Whether a function has had no bucket within the last second.
    pub(crate) fn lacks_bucket(&self, name: &str) -> bool {
        self.without_bucket.get(name).is_some_and(|at| at.elapsed() < WITHOUT)
    }

    /// Notes whether the server has a bucket of this function.
    pub(crate) fn note_bucket(&mut self, name: &str, is_there: bool) {
        if is_there {
            self.without_bucket.remove(name);
        } else {
            self.without_bucket.insert(name.to_owned(), Instant::now());
        }
    }
}
