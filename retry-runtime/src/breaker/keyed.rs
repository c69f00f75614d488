//! One breaker per host, shard or tenant, in a bounded table.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Instant;

use super::handle::Breaker;
use super::settings::BreakerSettings;
use crate::base::setting::SettingError;
use crate::base::sync::unpoisoned;

/// A bounded table of breakers with the same settings, one per key.
///
/// A new key gets a new, closed breaker; when the table is full, the least recently used breaker is removed
/// from it. Calls under way keep the removed breaker. A known key is found under a shared lock.
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Keyed, Mode};
///
/// let hosts = Keyed::try_new("api", 1000, BreakerSettings::new().consecutive(1))?;
/// hosts.get("eu.example.com").permit().unwrap().failure();
/// assert_eq!(hosts.get("eu.example.com").mode(), Mode::Open);
/// assert_eq!(hosts.get("us.example.com").mode(), Mode::Closed);
/// assert_eq!(hosts.get("us.example.com").name(), "api[us.example.com]");
/// # Ok::<(), retry_runtime::breaker::BreakerError>(())
/// ```
pub struct Keyed<K> {
    name: String,
    limit: usize,
    settings: BreakerSettings,
    clock: Option<fn() -> Instant>,
    uses: AtomicU64,
    table: RwLock<HashMap<K, Entry>>,
}

struct Entry {
    breaker: Arc<Breaker>,
    /// The time of its last use, counted in uses of the table.
    used: AtomicU64,
}

impl<K: Eq + Hash + fmt::Display> Keyed<K> {
    /// An empty table for `limit` keys, at least one.
    ///
    /// # Errors
    /// As [`BreakerSettings::validate`].
    pub fn try_new(
        name: impl Into<String>,
        limit: usize,
        settings: BreakerSettings,
    ) -> Result<Self, SettingError> {
        settings.validate()?;
        Ok(Keyed::checked(name.into(), limit, settings))
    }

    /// A table of settings that have passed their check.
    pub(crate) fn checked(name: String, limit: usize, settings: BreakerSettings) -> Self {
        Keyed {
            name,
            limit: limit.max(1),
            settings,
            clock: None,
            uses: AtomicU64::new(0),
            table: RwLock::new(HashMap::new()),
        }
    }

    /// The clock of the breakers; see [`Breaker::with_clock`].
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> Instant) -> Self {
        self.clock = Some(clock);
        self
    }

    /// An empty table with the same name, limit, settings and clock.
    #[must_use]
    pub fn twin(&self) -> Self {
        let twin = Keyed::checked(self.name.clone(), self.limit, self.settings);
        Keyed { clock: self.clock, ..twin }
    }

    /// The breaker of this key.
    pub fn get<Q>(&self, key: &Q) -> Arc<Breaker>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let now = self.uses.fetch_add(1, Ordering::Relaxed) + 1;
        let table = unpoisoned(self.table.read());
        if let Some(entry) = table.get(key) {
            entry.used.store(now, Ordering::Relaxed);
            return Arc::clone(&entry.breaker);
        }
        drop(table);
        self.insert(now, key.to_owned())
    }

    /// Keys in the table.
    pub fn len(&self) -> usize {
        unpoisoned(self.table.read()).len()
    }

    /// Whether the table has no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The breakers of the table, in no order.
    pub fn breakers(&self) -> Vec<Arc<Breaker>> {
        let table = unpoisoned(self.table.read());
        table.values().map(|entry| Arc::clone(&entry.breaker)).collect()
    }

    #[cold]
    fn insert(&self, now: u64, key: K) -> Arc<Breaker> {
        let mut table = unpoisoned(self.table.write());
        if !table.contains_key(&key) && table.len() >= self.limit {
            // A scan, but only where a new key meets a full table.
            let oldest = table.values().map(|entry| entry.used.load(Ordering::Relaxed)).min();
            table.retain(|_, entry| Some(entry.used.load(Ordering::Relaxed)) != oldest);
        }
        let name = format!("{}[{key}]", self.name);
        let entry = table.entry(key).or_insert_with(|| {
            let mut breaker = Breaker::checked(name, self.settings);
            if let Some(clock) = self.clock {
                breaker = breaker.with_clock(clock);
            }
            Entry { breaker: Arc::new(breaker), used: AtomicU64::new(now) }
        });
        Arc::clone(&entry.breaker)
    }
}

impl<K> fmt::Debug for Keyed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;

    fn names(table: &Keyed<String>) -> Vec<String> {
        let mut names: Vec<_> =
            table.breakers().iter().map(|breaker| breaker.name().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_least_recently_used_key_makes_room() {
        let table = Keyed::<String>::try_new("t", 2, BreakerSettings::new()).unwrap();
        ["a", "b", "a", "c"].into_iter().for_each(|key| drop(table.get(key)));
        assert_eq!(names(&table), ["t[a]", "t[c]"]);
    }

    #[test]
    fn a_key_finds_the_same_breaker_again_and_a_call_under_way_keeps_its_own() {
        let table = Keyed::<String>::try_new("t", 1, BreakerSettings::new()).unwrap();
        let first = table.get("a");
        assert!(Arc::ptr_eq(&first, &table.get("a")));
        drop(table.get("b"));
        assert_eq!((first.name(), table.len()), ("t[a]", 1));
        assert!(!Arc::ptr_eq(&first, &table.get("a")));
    }

    #[test]
    fn however_many_keys_are_asked_for_the_table_stays_bounded() {
        let table = Keyed::<String>::try_new("t", 8, BreakerSettings::new()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let table = &table;
                scope.spawn(move || {
                    (0..200).for_each(|key| drop(table.get(&format!("{thread}-{key}")[..])))
                });
            }
        });
        assert_eq!(table.len(), 8);
    }
}
