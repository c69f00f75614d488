//! The keys that a thread has used last, with their breakers and budgets.
//!
//! The tables of keys are shared by all threads: a look into one costs locked instructions on memory that all threads
//! write, and a function with a breaker and a budget for each key has two tables. So each thread remembers the entries
//! that it has found. An entry knows when its table forgets it, and then the thread asks the table again.

use std::array;
use std::cell::Cell;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::Arc;

use super::protection::no_breaker;
use crate::base::hashing::Hashing;
use crate::breaker::{self, Breaker};
use crate::budget::{self, Budget};
use crate::site::Site;

/// The argument of the attribute that has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The breaker, and the default budget.
    Breaker,
    /// The budget.
    Budget,
    /// The default budget of a label.
    Label,
}

/// A key of a function, with the table entries that were found for it.
#[derive(Debug)]
pub(super) struct Known {
    site: &'static Site,
    whose: Whose,
    key: String,
    breaker: Option<Arc<breaker::Entry>>,
    budget: Option<Arc<budget::Entry>>,
}

/// How many keys a thread remembers, at most: 2 KiB for a thread that calls functions with keys. A key has one place, and
/// another key of the same place replaces it. A breaker that its table has forgotten stays in memory until then.
const PLACES: usize = 256;

struct Keys {
    hashing: Hashing,
    places: [Option<Arc<Known>>; PLACES],
}

impl Default for Keys {
    #[cold]
    fn default() -> Self {
        Keys { hashing: Hashing::seeded(), places: array::from_fn(|_| None) }
    }
}

thread_local! {
    static KEYS: Cell<Option<Box<Keys>>> = const { Cell::new(None) };
}

impl Keys {
    #[inline(always)]
    fn place(&mut self, site: &'static Site, key: &str) -> &mut Option<Arc<Known>> {
        // The upper half: the last bit of a hash is that of the end of a text. With the site's number, two functions that
        // have the same keys do not replace each other's.
        let hash = (self.hashing.hash_one(key) >> 32) as usize + site.number() as usize;
        &mut self.places[hash % PLACES]
    }

    /// Works on the keys of this thread; `None` in a thread that is ending.
    #[inline(always)]
    fn here<T>(work: impl FnOnce(&mut Keys) -> T) -> Option<T> {
        let work = |cell: &Cell<Option<Box<Keys>>>| {
            let mut keys = cell.take().unwrap_or_default();
            let result = work(&mut keys);
            cell.set(Some(keys));
            result
        };
        KEYS.try_with(work).ok()
    }
}

/// The key of this function; `None` if it has no budget or breaker for the key, or no room for another key.
#[inline]
pub(super) fn find(site: &'static Site, whose: Whose, key: &str) -> Option<Arc<Known>> {
    let known = Keys::here(|keys| match keys.place(site, key) {
        Some(known) if known.is(site, whose, key) && known.is_current() => Some(Arc::clone(known)),
        _ => None,
    });
    known.flatten().or_else(|| look_up(site, whose, key))
}

#[cold]
#[inline(never)]
fn look_up(site: &'static Site, whose: Whose, key: &str) -> Option<Arc<Known>> {
    let breaker = match whose {
        Whose::Breaker => Some(site.breaker_source().table()?.entry(key)),
        Whose::Budget | Whose::Label => None,
    };
    let budget = match site.budget_source().table(whose != Whose::Budget) {
        Some(table) => Some(table.entry(key)?),
        None => None,
    };
    let before = Keys::here(|keys| keys.place(site, key).take()).flatten();
    // In the memory of the key that had the place, unless a call has that one: a thread with more keys than places allocates
    // nothing, either.
    let unused = before.filter(|known| Arc::strong_count(known) == 1);
    let mut known = unused.unwrap_or_else(|| Arc::new(Known::empty(site)));
    if let Some(known) = Arc::get_mut(&mut known) {
        key.clone_into(&mut known.key);
        (known.site, known.whose, known.breaker, known.budget) = (site, whose, breaker, budget);
    }
    Keys::here(|keys| *keys.place(site, key) = Some(Arc::clone(&known)));
    Some(known)
}

impl Known {
    fn empty(site: &'static Site) -> Self {
        Known { site, whose: Whose::Budget, key: String::new(), breaker: None, budget: None }
    }

    #[inline(always)]
    fn is(&self, site: &'static Site, whose: Whose, key: &str) -> bool {
        std::ptr::eq(self.site, site) && self.whose == whose && self.key == key
    }

    /// Notes the use; false if a table has forgotten the key.
    #[inline(always)]
    fn is_current(&self) -> bool {
        self.breaker.as_ref().is_none_or(|entry| entry.last.note())
            && self.budget.as_ref().is_none_or(|entry| entry.last.note())
    }

    /// The budget of the key, for a first try that has not failed.
    #[inline(always)]
    pub(super) fn budget(&self) -> Option<&Budget> {
        self.budget.as_ref().map(|entry| &*entry.budget)
    }

    /// The budget of the key, for a call that may owe to it. It is asked of the table: the call may have been under way for
    /// longer than the table has kept the key.
    #[cold]
    pub(super) fn paying(&self) -> Option<Arc<Budget>> {
        let table = self.site.budget_source().table(self.whose != Whose::Budget)?;
        Some(table.get(&self.key))
    }
}

/// The breaker of a key.
#[derive(Debug)]
pub struct KeyedBreaker(Found);

#[derive(Debug)]
enum Found {
    Known(Arc<Known>),
    Other(Arc<Breaker>),
}

impl From<Arc<Known>> for KeyedBreaker {
    #[inline(always)]
    fn from(known: Arc<Known>) -> Self {
        KeyedBreaker(Found::Known(known))
    }
}

impl From<Arc<Breaker>> for KeyedBreaker {
    fn from(breaker: Arc<Breaker>) -> Self {
        KeyedBreaker(Found::Other(breaker))
    }
}

impl Deref for KeyedBreaker {
    type Target = Breaker;

    #[inline(always)]
    fn deref(&self) -> &Breaker {
        match &self.0 {
            Found::Known(known) => match &known.breaker {
                Some(entry) => &entry.breaker,
                None => no_breaker(),
            },
            Found::Other(breaker) => breaker,
        }
    }
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::site::{Meta, NO_BREAKER, SiteBreaker, SiteBudget};

    const META: Meta = Meta::new("known", file!(), line!(), "");

    fn find(site: &'static Site, whose: Whose, key: &str) -> Arc<Known> {
        super::find(site, whose, key).expect("there is room for the key")
    }

    #[test]
    fn a_thread_finds_a_key_again_until_the_table_of_breakers_forgets_it() {
        static BREAKER: SiteBreaker = SiteBreaker::keyed("known::hosts", false, None, Some(1));
        static SITE: Site = Site::new(META, Policy::new(), SiteBudget::by_breaker(), &BREAKER);
        let first = find(&SITE, Whose::Breaker, "eu");
        assert!(Arc::ptr_eq(&first, &find(&SITE, Whose::Breaker, "eu")));
        let breaker = |known: Arc<Known>| KeyedBreaker::from(known).name().to_owned();
        assert_eq!(breaker(find(&SITE, Whose::Breaker, "us")), "known::hosts[us]");
        let again = find(&SITE, Whose::Breaker, "eu");
        assert!(!Arc::ptr_eq(&first, &again), "`us` has taken the only place");
        let kept = |known: &Known| Arc::clone(&known.breaker.as_ref().unwrap().breaker);
        assert!(!Arc::ptr_eq(&kept(&first), &kept(&again)));
        assert_eq!(breaker(again), "known::hosts[eu]");
    }

    #[test]
    fn a_call_that_outlives_its_key_in_the_table_owes_to_the_budget_that_the_table_has_then() {
        static SITE: Site =
            Site::new(META, Policy::new(), SiteBudget::keyed(None, None, Some(1)), &NO_BREAKER);
        let table = SITE.budget_source().table(false).expect("the budget has a key");
        let known = find(&SITE, Whose::Budget, "eu");
        assert!(Arc::ptr_eq(&known.paying().unwrap(), &table.get("eu")));
        drop(table.get("us"));
        let paying = known.paying().unwrap();
        assert!(Arc::ptr_eq(&paying, &table.get("eu")));
        assert!(!Arc::ptr_eq(&paying, &known.budget.as_ref().unwrap().budget));
        assert!(!Arc::ptr_eq(&known, &find(&SITE, Whose::Budget, "eu")));
    }

    #[test]
    fn a_key_without_room_in_the_table_of_budgets_is_not_remembered() {
        static SITE: Site =
            Site::new(META, Policy::new(), SiteBudget::keyed(None, None, Some(1)), &NO_BREAKER);
        let _under_way = find(&SITE, Whose::Budget, "eu").paying();
        assert!(super::find(&SITE, Whose::Budget, "us").is_none());
    }

    #[test]
    fn more_keys_than_places_are_all_found_and_each_is_another_one() {
        static SITE: Site = Site::new(META, Policy::new(), SiteBudget::by_breaker(), &NO_BREAKER);
        let keys: Vec<String> = (0..3 * PLACES).map(|key| format!("shard-{key}")).collect();
        for _ in 0..2 {
            for key in &keys {
                assert_eq!(find(&SITE, Whose::Label, key).key, *key);
            }
        }
    }

    #[test]
    fn one_text_is_another_key_for_another_function_and_for_another_argument() {
        static ONE: Site = Site::new(META, Policy::new(), SiteBudget::by_breaker(), &NO_BREAKER);
        static OTHER: Site =
            Site::new(META, Policy::new(), SiteBudget::keyed(None, None, None), &NO_BREAKER);
        let [one, other] = [find(&ONE, Whose::Label, "eu"), find(&OTHER, Whose::Budget, "eu")];
        assert!(!Arc::ptr_eq(&one.paying().unwrap(), &other.paying().unwrap()));
        assert!(find(&OTHER, Whose::Label, "eu").paying().is_none());
    }
}
