//! The list of live calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, Pause};
use super::watch;
use crate::base::clock::Moment;

/// Several parts, so that many threads whose calls fail at once do not wait for each other.
const PARTS: usize = 16;

type Part = Mutex<BTreeMap<u64, Arc<Entry>>>;

static LIST: [Part; PARTS] = [const { Mutex::new(BTreeMap::new()) }; PARTS];

/// A call's place in the list; it leaves when this is dropped.
#[derive(Debug)]
pub(crate) struct Ticket(Arc<Entry>);

impl Ticket {
    /// Lists a call that sleeps for the first time.
    pub(crate) fn new(
        id: u64,
        name: &'static str,
        limit: Option<u32>,
        deadline: Option<Moment>,
        pause: Pause,
    ) -> Self {
        let entry = Arc::new(Entry::new(id, name, limit, deadline, pause));
        part(id).insert(id, Arc::clone(&entry));
        watch::notify();
        Ticket(entry)
    }

    pub(crate) fn pause(&self, pause: Pause) {
        self.0.pause(pause);
        watch::notify();
    }

    pub(crate) fn begin(&self, attempt: u32) {
        self.0.begin(attempt);
        watch::notify();
    }
}

impl std::ops::Deref for Ticket {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        &self.0
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.end();
        let left = part(self.0.id).remove(&self.0.id);
        drop(left);
        watch::notify();
    }
}

pub(super) fn find(id: u64) -> Option<Arc<Entry>> {
    part(id).get(&id).cloned()
}

pub(super) fn all() -> Vec<Arc<Entry>> {
    let mut all = Vec::new();
    for id in 0..PARTS as u64 {
        all.extend(part(id).values().cloned());
    }
    all.sort_unstable_by_key(|entry| entry.id);
    all
}

pub(super) fn count() -> usize {
    (0..PARTS as u64).map(|id| part(id).len()).sum()
}

fn part(id: u64) -> MutexGuard<'static, BTreeMap<u64, Arc<Entry>>> {
    LIST[id as usize % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
}
