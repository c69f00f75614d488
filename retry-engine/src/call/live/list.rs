//! The list of live calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::entry::{Entry, Pause};
use super::watch;
use crate::base::sync::unpoisoned;

/// The list is sharded, so that threads whose calls fail at the same time do not wait for each other.
const SHARDS: usize = 16;

type Shard = Mutex<BTreeMap<u64, Arc<Entry>>>;

static LIST: [Shard; SHARDS] = [const { Mutex::new(BTreeMap::new()) }; SHARDS];

/// An RAII guard of a call's entry in the list: dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct Ticket(Arc<Entry>);

impl Ticket {
    /// Lists a call at its first sleep.
    pub(crate) fn new(entry: Entry) -> Self {
        let entry = Arc::new(entry);
        shard(entry.id).insert(entry.id, Arc::clone(&entry));
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
        let left = shard(self.0.id).remove(&self.0.id);
        drop(left);
        watch::notify();
    }
}

#[inline]
pub(super) fn find(id: u64) -> Option<Arc<Entry>> {
    shard(id).get(&id).cloned()
}

#[inline]
pub(super) fn all() -> Vec<Arc<Entry>> {
    let mut all = Vec::new();
    for id in 0..SHARDS as u64 {
        all.extend(shard(id).values().cloned());
    }
    all.sort_unstable_by_key(|entry| entry.id);
    all
}

pub(super) fn count() -> usize {
    (0..SHARDS as u64).map(|id| shard(id).len()).sum()
}

/// The listed calls of the functions of this name.
pub(super) fn count_of(name: &str) -> u64 {
    let of_name = |id| shard(id).values().filter(|entry| entry.name == name).count() as u64;
    (0..SHARDS as u64).map(of_name).sum()
}

fn shard(id: u64) -> MutexGuard<'static, BTreeMap<u64, Arc<Entry>>> {
    unpoisoned(LIST[id as usize % SHARDS].lock())
}
