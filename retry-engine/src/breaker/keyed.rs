//! One breaker per host, shard or tenant, in a bounded table.

use std::borrow::{Borrow, Cow};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, RwLock};

use super::handle::Breaker;
use super::settings::BreakerSettings;
use crate::base::clock::Moment;
use crate::base::hashing::Hashing;
use crate::base::recent::{LastUse, Uses};
use crate::base::setting::SettingError;
use crate::base::shortened::shortened;
use crate::base::sync::{lock, unpoisoned};
use crate::base::time::Instant;
use crate::failure::urls::without_secrets;

/// A bounded table of breakers with the same settings, one per key.
///
/// A new key gets a new, closed breaker. When the table is full, the breaker that has least to remember is removed
/// from it: first those that are closed without a failure in the window, then those that are closed, then all others,
/// and of each sort the least recently used (OmniRoute#4114: an open breaker made room, and its dead tenant was called
/// again). Calls under way keep the removed breaker. A known key is found under a shared lock.
///
/// The table is full when it holds `limit` keys, or keys whose texts are longer than 1 MB in all. In names and in the
/// tables of annotated functions, a key of more than 200 bytes is cut, and a hash of all of it is added. A name has no
/// user, password, query or fragment of a URL.
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
    declared: BreakerSettings,
    /// The settings in force, and of every breaker in the table.
    settings: Mutex<BreakerSettings>,
    clock: Option<fn() -> Instant>,
    uses: Uses,
    table: RwLock<Table<K>>,
}

type Table<K> = HashMap<K, Arc<Entry>, Hashing>;

/// The breaker of a key in a table.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) breaker: Arc<Breaker>,
    /// The length of the key's text.
    bytes: usize,
    pub(crate) last: LastUse,
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
            declared: settings,
            settings: Mutex::new(settings),
            clock: None,
            uses: Uses::new(),
            table: RwLock::new(HashMap::with_hasher(Hashing::seeded())),
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
        let twin = Keyed::checked(self.name.clone(), self.limit, self.settings());
        Keyed { clock: self.clock, ..twin }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings in force.
    pub fn settings(&self) -> BreakerSettings {
        *lock(&self.settings)
    }

    /// The settings that the table was made with.
    pub(crate) fn declared(&self) -> BreakerSettings {
        self.declared
    }

    /// Goes on with other settings, for all keys: see [`Breaker::configure`].
    ///
    /// # Errors
    /// As [`BreakerSettings::validate`].
    pub fn configure(&self, settings: BreakerSettings) -> Result<(), SettingError> {
        settings.validate()?;
        self.configure_checked(settings);
        Ok(())
    }

    /// [`configure`](Self::configure) for settings that have passed their check.
    pub(crate) fn configure_checked(&self, settings: BreakerSettings) {
        *lock(&self.settings) = settings;
        // Without the table's lock: a breaker may tell its listeners. A breaker that is made meanwhile has either the
        // new settings or is in this list.
        self.breakers().iter().for_each(|breaker| breaker.configure_checked(settings));
    }

    /// The breaker of this key.
    pub fn get<Q>(&self, key: &Q) -> Arc<Breaker>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        Arc::clone(&self.entry(key).breaker)
    }

    /// The entry of this key.
    pub(crate) fn entry<Q>(&self, key: &Q) -> Arc<Entry>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let table = unpoisoned(self.table.read());
        if let Some(entry) = table.get(key) {
            entry.last.note();
            return Arc::clone(entry);
        }
        drop(table);
        self.insert(key.to_owned())
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
    fn insert(&self, key: K) -> Arc<Entry> {
        // The user's code, the key's text and the clock, runs before the lock is taken.
        let text = key.to_string();
        let bytes = text.len();
        let now = self.clock.map_or_else(Moment::now, |clock| Moment::of(clock()));
        let mut table = unpoisoned(self.table.write());
        if let Some(entry) = table.get(&key) {
            return Arc::clone(entry);
        }
        self.make_room(&mut table, now, bytes);
        // The name is told in events and metrics.
        let mut breaker =
            Breaker::of_key(&self.name, &short(&without_secrets(&text)), self.settings());
        if let Some(clock) = self.clock {
            breaker = breaker.with_clock(clock);
        }
        let last = LastUse::new(&self.uses);
        let entry = Arc::new(Entry { breaker: Arc::new(breaker), bytes, last });
        table.insert(key, Arc::clone(&entry));
        entry
    }

    /// Forgets breakers until there is room for a key of so many bytes.
    fn make_room(&self, table: &mut Table<K>, now: Moment, bytes: usize) {
        let held: usize = table.values().map(|entry| entry.bytes).sum();
        let mut surplus = held.saturating_add(bytes).saturating_sub(MOST_BYTES);
        let mut places = (table.len() + 1).saturating_sub(self.limit);
        if surplus == 0 && places == 0 {
            return;
        }
        // A scan, but only where a new key meets a full table. An entry may be used meanwhile, without the lock, so it is
        // known by its address.
        let mut order: Vec<_> = table
            .values()
            .map(|entry| {
                let (memory, used) = (entry.breaker.memory(now), entry.last.get());
                (memory, used, entry.bytes, Arc::as_ptr(entry))
            })
            .collect();
        order.sort_unstable();
        let mut forgotten = HashSet::new();
        for (.., bytes, entry) in order {
            if surplus == 0 && places == 0 {
                break;
            }
            surplus = surplus.saturating_sub(bytes);
            places = places.saturating_sub(1);
            forgotten.insert(entry);
        }
        table.retain(|_, entry| {
            let stays = !forgotten.contains(&Arc::as_ptr(entry));
            if !stays {
                entry.last.forget();
            }
            stays
        });
    }
}

/// How long the texts of all keys of a table may be.
const MOST_BYTES: usize = 1 << 20;

/// The longest text of a key that is kept whole.
const WHOLE: usize = 200;

/// Whether the text of a key is kept whole.
#[inline]
pub(crate) fn is_short(text: &str) -> bool {
    text.len() <= WHOLE
}

/// The text of a key, cut if it is long; two texts with the same beginning stay different.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    shortened(text, WHOLE, WHOLE)
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
    use crate::breaker::Mode;

    fn names(table: &Keyed<String>) -> Vec<String> {
        let mut names: Vec<_> =
            table.breakers().iter().map(|breaker| breaker.name().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_name_of_a_key_that_is_a_url_has_no_secrets() {
        let table = Keyed::<String>::try_new("t", 8, BreakerSettings::new()).unwrap();
        let one = table.get("https://user:pw@host/x?token=1");
        let other = table.get("https://user:pw@host/x?token=2");
        assert_eq!((one.name(), one.key()), ("t[https://host/x]", Some("https://host/x")));
        assert!(!Arc::ptr_eq(&one, &other), "the keys are still told apart");
    }

    #[test]
    fn the_least_recently_used_key_makes_room() {
        let table = Keyed::<String>::try_new("t", 2, BreakerSettings::new()).unwrap();
        ["a", "b", "a", "c"].into_iter().for_each(|key| drop(table.get(key)));
        assert_eq!(names(&table), ["t[a]", "t[c]"]);
    }

    /// OmniRoute#4114: the least recently used one was open.
    #[test]
    fn what_has_something_to_remember_is_forgotten_last() {
        let settings = BreakerSettings::new().consecutive(2);
        let table = Keyed::<String>::try_new("t", 3, settings).unwrap();
        (0..2).for_each(|_| table.get("open").permit().unwrap().failure());
        table.get("failed").permit().unwrap().failure();
        for key in 0..9 {
            table.get(&key.to_string()).permit().unwrap().success();
        }
        assert_eq!(names(&table), ["t[8]", "t[failed]", "t[open]"]);
        assert_eq!(table.get("open").mode(), Mode::Open);

        table.get("8").permit().unwrap().failure();
        drop(table.get("9"));
        assert_eq!(names(&table), ["t[8]", "t[9]", "t[open]"], "of two that failed, the older one");
        for key in ["8", "9"] {
            table.get(key).force_open();
        }
        drop(table.get("new"));
        assert_eq!(names(&table), ["t[8]", "t[9]", "t[new]"], "of three that are open, the oldest");
    }

    #[test]
    fn keys_are_bounded_in_bytes_too() {
        let table = Keyed::<String>::try_new("t", 1024, BreakerSettings::new()).unwrap();
        for key in 0..100 {
            drop(table.get(&(key.to_string() + &"x".repeat(100_000))[..]));
        }
        assert_eq!(table.len(), 10);
        assert!(table.breakers().iter().all(|breaker| breaker.name().len() < 260));
        drop(table.get(&"x".repeat(3 << 20)[..]));
        assert_eq!(table.len(), 1, "a key that is too long by itself is alone");
        drop(table.get("y"));
        assert_eq!(names(&table), ["t[y]"]);
    }

    #[test]
    fn a_long_key_is_cut_and_stays_different_from_others() {
        let long = |last: &str| short(&("ä".repeat(500) + last)).into_owned();
        assert_eq!(short(&"k".repeat(200)), "k".repeat(200));
        assert!(short(&"k".repeat(201)).starts_with(&("k".repeat(200) + "…")));
        assert_ne!(long("a"), long("b"));
        assert_eq!(long("a"), long("a"));
        assert!(long("a").len() < 250);
    }

    #[test]
    fn other_settings_reach_every_key_and_change_no_state() {
        let table =
            Keyed::<String>::try_new("t", 9, BreakerSettings::new().consecutive(2)).unwrap();
        table.get("old").permit().unwrap().failure();
        table.get("open").force_open();
        table.configure(BreakerSettings::new().consecutive(3)).unwrap();
        for key in ["old", "new"] {
            assert_eq!(table.get(key).settings().consecutive, Some(3));
        }
        table.get("old").permit().unwrap().failure();
        assert_eq!(table.get("old").mode(), Mode::Closed);
        table.get("old").permit().unwrap().failure();
        assert_eq!(table.get("old").mode(), Mode::Open);
        assert_eq!(table.get("open").mode(), Mode::ForcedOpen);
        assert!(table.configure(BreakerSettings::new().rate(2.0)).is_err());
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
