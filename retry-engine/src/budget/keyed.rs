//! One budget per host, shard or tenant, in a bounded table.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use super::handle::Budget;
use super::settings::BudgetSettings;
use crate::base::hashing::Hashing;
use crate::base::recent::{LastUse, Uses};
use crate::base::setting::SettingError;
use crate::base::shortened::{TAIL, shortened};
use crate::base::sync::{lock, unpoisoned};
use crate::base::time::Instant;

/// A longer text of a key is kept by its start and its hash.
const LONGEST_KEY: usize = 128;

/// A bounded table of budgets with the same settings, one per key.
///
/// A dead host then spends the retries of its own calls, and not those of the other hosts. The budget of a key may owe
/// 3 tokens plus one for every 10 calls of this key in the last 30 s, but no more than 20 tokens, unless the settings have a
/// `capacity`.
///
/// When the table is full, a new key takes the place of the least recently used key that owes nothing: forgetting a
/// debt would hand out tokens. Where every key owes something, all further keys share one budget.
///
/// ```
/// use retry_runtime::Kind;
/// use retry_runtime::budget::{BudgetSettings, Keyed};
///
/// let hosts = Keyed::try_new("api", 1000, BudgetSettings::new())?;
/// for _ in 0..3 {
///     hosts.get("eu.example.com").try_withdraw(Kind::Transient).unwrap().failed();
/// }
/// assert!(hosts.get("eu.example.com").try_withdraw(Kind::Transient).is_err());
/// assert!(hosts.get("us.example.com").try_withdraw(Kind::Transient).is_ok());
/// # Ok::<(), retry_runtime::budget::BudgetError>(())
/// ```
pub struct Keyed {
    name: String,
    limit: usize,
    made: BudgetSettings,
    /// The settings of a configuration.
    changed: Mutex<Option<BudgetSettings>>,
    clock: Option<fn() -> Instant>,
    uses: Uses,
    table: RwLock<HashMap<Box<str>, Arc<Entry>, Hashing>>,
    /// The budget of the keys for which there is no room.
    others: OnceLock<Arc<Budget>>,
}

/// The budget of a key in a table.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) budget: Arc<Budget>,
    pub(crate) last: LastUse,
}

impl Keyed {
    /// An empty table for `limit` keys, at least one.
    ///
    /// # Errors
    /// As [`BudgetSettings::validate`].
    pub fn try_new(
        name: impl Into<String>,
        limit: usize,
        settings: BudgetSettings,
    ) -> Result<Self, SettingError> {
        settings.validate()?;
        Ok(Keyed::checked(name.into(), limit, settings))
    }

    /// A table of settings that have passed their check.
    pub(crate) fn checked(name: String, limit: usize, settings: BudgetSettings) -> Self {
        Keyed {
            name,
            limit: limit.max(1),
            made: settings,
            changed: Mutex::new(None),
            clock: None,
            uses: Uses::new(),
            table: RwLock::new(HashMap::with_hasher(Hashing::seeded())),
            others: OnceLock::new(),
        }
    }

    /// The clock of the budgets; see [`Budget::with_clock`].
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

    fn settings(&self) -> BudgetSettings {
        lock(&self.changed).unwrap_or(self.made)
    }

    /// Puts other valid settings in force, or with `None` those that the table was made with. Every budget goes on owing
    /// its debt, at most its new capacity.
    pub(crate) fn change(&self, settings: Option<BudgetSettings>) {
        // Under the lock of the table, so that no budget is made with the former settings meanwhile.
        let table = unpoisoned(self.table.write());
        *lock(&self.changed) = settings;
        let now = self.settings();
        let others = self.others.get().into_iter();
        let budgets = table.values().map(|entry| &entry.budget).chain(others);
        budgets.for_each(|budget| budget.change(Some(now)));
    }

    /// The name of the table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The budget of this key.
    pub fn get(&self, key: &str) -> Arc<Budget> {
        let key = &*shortened(key, LONGEST_KEY, LONGEST_KEY - TAIL);
        let found = self.find(key, |entry| Arc::clone(&entry.budget));
        found.unwrap_or_else(|| self.insert(key))
    }

    /// The entry of this key; `None` where there is no room for it.
    pub(crate) fn entry(&self, key: &str) -> Option<Arc<Entry>> {
        let key = &*shortened(key, LONGEST_KEY, LONGEST_KEY - TAIL);
        self.find(key, Arc::clone).or_else(|| {
            drop(self.insert(key));
            self.find(key, Arc::clone)
        })
    }

    /// Takes something of the entry of this key, if the table has the key, before the entry can be forgotten.
    #[inline]
    fn find<T>(&self, key: &str, take: impl FnOnce(&Arc<Entry>) -> T) -> Option<T> {
        let table = unpoisoned(self.table.read());
        let entry = table.get(key)?;
        entry.last.note();
        Some(take(entry))
    }

    /// Keys in the table.
    pub fn len(&self) -> usize {
        unpoisoned(self.table.read()).len()
    }

    /// Whether the table has no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys of the table with their budgets, in no order. The text of a key of more than 128 bytes is shortened.
    pub fn budgets(&self) -> Vec<(String, Arc<Budget>)> {
        let table = unpoisoned(self.table.read());
        table.iter().map(|(key, entry)| (key.to_string(), Arc::clone(&entry.budget))).collect()
    }

    #[cold]
    fn insert(&self, key: &str) -> Arc<Budget> {
        let fresh = || {
            let budget = Budget::of_key(self.settings());
            Arc::new(match self.clock {
                Some(clock) => budget.with_clock(clock),
                None => budget,
            })
        };
        let mut table = unpoisoned(self.table.write());
        if !table.contains_key(key) && table.len() >= self.limit {
            // A scan, but only where a new key meets a full table.
            let idle = table.iter().filter(|(_, entry)| entry.is_idle());
            let oldest = idle.min_by_key(|(_, entry)| entry.last.get());
            match oldest.map(|(key, _)| key.clone()) {
                Some(oldest) => table.remove(&oldest).into_iter().for_each(|it| it.last.forget()),
                None => return Arc::clone(self.others.get_or_init(fresh)),
            }
        }
        let entry = table.entry(key.into());
        let entry = entry.or_insert_with(|| {
            let last = LastUse::new(&self.uses);
            Arc::new(Entry { budget: fresh(), last })
        });
        Arc::clone(&entry.budget)
    }
}

impl Entry {
    /// Whether the budget owes nothing, and no call has the budget, which may owe something soon.
    // A call that succeeds at its first try has the entry, and not the budget.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.budget) == 1 && self.budget.owed() == 0.0
    }
}

impl fmt::Debug for Keyed {
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
    use crate::failure::class::Kind;

    fn table(limit: usize) -> Keyed {
        Keyed::try_new("t", limit, BudgetSettings::new().no_refill()).unwrap()
    }

    fn keys(table: &Keyed) -> Vec<String> {
        let mut keys: Vec<_> = table.budgets().into_iter().map(|(key, _)| key).collect();
        keys.sort();
        keys
    }

    fn owe(table: &Keyed, key: &str) {
        table.get(key).try_withdraw(Kind::Transient).unwrap().failed();
    }

    #[test]
    fn the_budgets_of_a_table_and_of_its_twin_read_the_clock_of_the_table() {
        thread_local!(static READ: std::cell::Cell<u32> = const { std::cell::Cell::new(0) });
        fn clock() -> Instant {
            READ.set(READ.get() + 1);
            Instant::now()
        }
        let table = table(2).with_clock(clock);
        for (table, read) in [(&table, 1), (&table.twin(), 2)] {
            owe(table, "a");
            assert_eq!(READ.get(), read);
        }
    }

    #[test]
    fn a_key_that_owes_something_is_not_forgotten_however_many_others_are_used() {
        let table = table(2);
        owe(&table, "dead");
        ["a", "b", "c"].into_iter().for_each(|key| drop(table.get(key)));
        assert_eq!(keys(&table), ["c", "dead"]);
        assert_eq!(table.get("dead").owed(), 1.0);
    }

    #[test]
    fn a_key_of_a_call_under_way_is_not_forgotten() {
        let table = table(1);
        let under_way = table.get("a");
        drop(table.get("b"));
        assert_eq!(keys(&table), ["a"]);
        drop(under_way);
        drop(table.get("b"));
        assert_eq!(keys(&table), ["b"]);
    }

    #[test]
    fn where_every_key_owes_something_further_keys_share_one_budget() {
        let table = table(1);
        owe(&table, "dead");
        owe(&table, "other");
        assert_eq!((table.get("another").owed(), table.len()), (1.0, 1));
    }

    #[test]
    fn a_long_key_is_kept_short_and_apart_from_others() {
        let table = table(8);
        let (long, longer) = ("é".repeat(50_000), format!("{}x", "é".repeat(50_000)));
        owe(&table, &long);
        assert_eq!((table.get(&long).owed(), table.get(&longer).owed()), (1.0, 0.0));
        assert!(keys(&table).iter().all(|key| key.len() <= LONGEST_KEY + 4));
    }

    #[test]
    fn however_many_keys_are_asked_for_the_table_stays_bounded() {
        let table = table(8);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let table = &table;
                scope.spawn(move || {
                    (0..200).for_each(|key| drop(table.get(&format!("{thread}-{key}"))));
                });
            }
        });
        assert!(table.len() <= 8);
    }
}
