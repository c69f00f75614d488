//! The list of live calls.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

use super::entry::{Entry, Listed, Pause};
use super::watch;
use crate::base::sync::unpoisoned;

/// The list is sharded, so that threads whose calls fail at the same time do not wait for each other.
const SHARDS: usize = 16;

static LIST: [Mutex<Shard>; SHARDS] = [const { Mutex::new(Shard::new()) }; SHARDS];

/// A slab: a call has a slot of eight bytes, and is removed without a search.
#[derive(Debug)]
struct Shard {
    slots: Vec<Option<Arc<Entry>>>,
    free: Vec<u32>,
    /// Entries of calls that have ended, whose memory the next calls take.
    spare: Vec<Arc<Entry>>,
}

impl Shard {
    /// The slots that an empty shard keeps.
    const FEW: usize = 64;

    /// The spare entries that a shard keeps.
    const SPARE: usize = 8;

    #[inline]
    const fn new() -> Self {
        Shard { slots: Vec::new(), free: Vec::new(), spare: Vec::new() }
    }

    fn insert(&mut self, call: Listed, pause: Pause<'_>) -> Arc<Entry> {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() as u32 - 1
        });
        let mut spare = self.spare.pop();
        match spare.as_mut().and_then(Arc::get_mut) {
            Some(entry) => entry.renew(call, slot, pause),
            // There is none, or somebody looks at the call that has ended.
            None => spare = None,
        }
        let entry = spare.unwrap_or_else(|| Arc::new(Entry::new(call, slot, pause)));
        self.slots[slot as usize] = Some(Arc::clone(&entry));
        entry
    }

    #[inline]
    fn remove(&mut self, slot: u32) -> (Option<Arc<Entry>>, Shard) {
        let mut entry = self.slots[slot as usize].take();
        self.free.push(slot);
        if self.spare.len() < Self::SPARE {
            self.spare.extend(entry.take());
        }
        let is_large_and_empty =
            self.free.len() == self.slots.len() && self.slots.len() > Self::FEW;
        // The memory of a storm is freed when its last call ends, by the caller, who holds no lock then.
        let freed =
            if is_large_and_empty { mem::replace(self, Shard::new()) } else { Shard::new() };
        (entry, freed)
    }

    fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.slots.iter().flatten()
    }
}

/// An RAII guard of a call's entry in the list: dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct Ticket(Arc<Entry>);

impl Ticket {
    /// Lists a call at its first sleep.
    pub(crate) fn new(call: Listed, pause: Pause<'_>) -> Self {
        let entry = shard(call.id).insert(call, pause);
        watch::notify();
        Ticket(entry)
    }

    pub(crate) fn pause(&self, pause: Pause<'_>) {
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
    #[inline]
    fn drop(&mut self) {
        let slot = self.0.end();
        let left = shard(self.0.call.id).remove(slot);
        drop(left);
        watch::notify();
    }
}

#[inline]
pub(super) fn find(id: u64) -> Option<Arc<Entry>> {
    shard(id).entries().find(|entry| entry.call.id == id).cloned()
}

#[inline]
pub(super) fn all() -> Vec<Arc<Entry>> {
    let mut all = Vec::new();
    for id in 0..SHARDS as u64 {
        all.extend(shard(id).entries().cloned());
    }
    all.sort_unstable_by_key(|entry| entry.call.id);
    all
}

#[inline]
pub(super) fn count() -> usize {
    let listed = |shard: &Shard| shard.slots.len() - shard.free.len();
    (0..SHARDS as u64).map(|id| listed(&shard(id))).sum()
}

/// The listed calls of the functions of this name.
pub(super) fn count_of(name: &str) -> u64 {
    let of_name = |entry: &&Arc<Entry>| entry.call.site.name() == name;
    (0..SHARDS as u64).map(|id| shard(id).entries().filter(of_name).count() as u64).sum()
}

fn shard(id: u64) -> MutexGuard<'static, Shard> {
    unpoisoned(LIST[id as usize % SHARDS].lock())
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;
    use crate::base::clock::Moment;
    use crate::failure::class::Kind;
    use crate::site::NOBODY;

    fn insert(shard: &mut Shard, id: u64) -> Arc<Entry> {
        let error = "refused";
        let (kind, until) = (Kind::Transient, Moment::now());
        let pause = Pause { attempt: 1, limit: None, until, error, kind, cancellable: true };
        shard.insert(Listed { id, site: &NOBODY, deadline: None, since: until }, pause)
    }

    fn ids(shard: &Shard) -> Vec<u64> {
        shard.entries().map(|entry| entry.call.id).collect()
    }

    #[test]
    fn a_slot_that_is_free_is_used_again_and_no_other_call_moves() {
        let mut shard = Shard::new();
        let slots: Vec<_> = (1..=3).map(|id| insert(&mut shard, id).end()).collect();
        drop(shard.remove(slots[1]));
        assert_eq!(ids(&shard), [1, 3]);
        assert_eq!(insert(&mut shard, 4).end(), slots[1]);
        assert_eq!(ids(&shard), [1, 4, 3]);
    }

    #[test]
    fn a_call_takes_the_memory_of_one_that_has_ended_unless_somebody_looks_at_that() {
        let mut shard = Shard::new();
        let first = insert(&mut shard, 1);
        let memory = Arc::as_ptr(&first);
        drop(shard.remove(first.end()));
        drop(first);
        let second = insert(&mut shard, 2);
        assert_eq!((Arc::as_ptr(&second), ids(&shard)), (memory, vec![2]));
        drop(shard.remove(second.end()));
        let third = insert(&mut shard, 3);
        assert_ne!(Arc::as_ptr(&third), memory);
        assert_eq!((second.call.id, second.look(|state| state.has_ended())), (2, true));
    }

    #[test]
    fn the_memory_of_many_calls_is_freed_with_the_last_of_them_in_any_order() {
        for is_reversed in [false, true] {
            let mut shard = Shard::new();
            let mut slots: Vec<_> = (0..1_000).map(|id| insert(&mut shard, id).end()).collect();
            if is_reversed {
                slots.reverse();
            }
            for slot in slots {
                drop(shard.remove(slot));
            }
            assert!(shard.slots.capacity() <= Shard::FEW, "{}", shard.slots.capacity());
        }
    }
}
