//! The breaker of an annotated function: its own, a shared one, one for each key, or none.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::configured::Configured;
use super::configured::{Replaced, each_once};
use super::directory::Directory;
use super::named::Named;
use super::{Site, registry};
use crate::base::clock;
use crate::base::sync::const_unless_loom;
use crate::breaker::{Breaker, BreakerSettings, Keyed};

/// Which breaker watches over a function's attempts.
// The tag in a byte of its own: the usual case is one comparison.
#[repr(u8)]
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives in a static, and the large one is the usual one"
)]
pub enum SiteBreaker {
    /// None.
    None,
    /// One of its own, with the function's name.
    Own(Breaker),
    /// One that the program has declared.
    Shared(&'static Breaker),
    /// The one of this name.
    Named(Named<Breaker, BreakerSettings>),
    /// One for each key, in a table of this name.
    Keyed(KeyedBreakers),
}

/// Breakers by key, in a table of the function's own or one that is shared by name.
#[derive(Debug)]
pub struct KeyedBreakers {
    name: &'static str,
    shared: bool,
    settings: Option<BreakerSettings>,
    limit: usize,
    found: OnceLock<&'static Keyed<String>>,
}

/// That of all functions that have none.
#[doc(hidden)]
pub static NO_BREAKER: SiteBreaker = SiteBreaker::None;

static BREAKERS: Directory<Breaker> = Directory::new();
static CONFIGURED: Configured<Breaker> = Configured::new();
static TABLES: Directory<Keyed<String>> = Directory::new();

/// Keys that a table holds unless `keys = …` says otherwise.
const KEYS: usize = 1024;

impl KeyedBreakers {
    /// The name of the table.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether other functions have the same table.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// What this attribute sets the breakers to.
    pub fn settings(&self) -> Option<&BreakerSettings> {
        self.settings.as_ref()
    }
}

impl SiteBreaker {
    const_unless_loom! {
        #[doc(hidden)]
        #[track_caller]
        pub fn own(name: &'static str, settings: BreakerSettings) -> Self {
            SiteBreaker::Own(Breaker::new(name, settings).with_clock(clock::now))
        }
    }

    #[doc(hidden)]
    #[track_caller]
    pub const fn named(name: &'static str, settings: Option<BreakerSettings>) -> Self {
        check(&settings);
        SiteBreaker::Named(Named::new(name, settings))
    }

    #[doc(hidden)]
    #[track_caller]
    pub const fn keyed(
        name: &'static str,
        shared: bool,
        settings: Option<BreakerSettings>,
        limit: Option<usize>,
    ) -> Self {
        check(&settings);
        let limit = match limit {
            Some(0) => panic!("`keys` must be at least 1"),
            Some(limit) => limit,
            None => KEYS,
        };
        SiteBreaker::Keyed(KeyedBreakers { name, shared, settings, limit, found: OnceLock::new() })
    }

    /// The breaker; `None` when there is none, or one for each key.
    #[inline(always)]
    pub(crate) fn get(&'static self) -> Option<&'static Breaker> {
        match self {
            SiteBreaker::Own(breaker) => Some(breaker),
            other => other.get_other(),
        }
    }

    /// All but the usual case, out of line.
    #[cold]
    #[inline(never)]
    fn get_other(&'static self) -> Option<&'static Breaker> {
        match self {
            SiteBreaker::Own(breaker) => Some(breaker),
            SiteBreaker::Shared(breaker) => Some(breaker),
            SiteBreaker::Named(named) => Some(named.get(by_name)),
            SiteBreaker::None | SiteBreaker::Keyed(_) => None,
        }
    }

    /// The breakers by key.
    pub(crate) fn table(&'static self) -> Option<&'static Keyed<String>> {
        let SiteBreaker::Keyed(keyed) = self else { return None };
        Some(keyed.table())
    }

    /// The name by which a configuration replaces it, as the breaker of `site`.
    pub(super) fn name_in(&self, site: &Site) -> Option<&'static str> {
        match self {
            SiteBreaker::Own(_) => Some(site.name()),
            SiteBreaker::Named(named) => Some(named.name()),
            SiteBreaker::None | SiteBreaker::Shared(_) | SiteBreaker::Keyed(_) => None,
        }
    }

    /// What an attribute sets the breaker of this name to: `None` when it does not name it.
    fn declares(&self, name: &str) -> Option<Option<BreakerSettings>> {
        match self {
            SiteBreaker::Named(named) if named.name() == name => Some(named.settings().copied()),
            SiteBreaker::Keyed(keyed) if keyed.shared && keyed.name == name => Some(keyed.settings),
            _ => None,
        }
    }
}

impl KeyedBreakers {
    /// The table, made when it is first asked for.
    fn table(&'static self) -> &'static Keyed<String> {
        if let (None, true) = (self.found.get(), self.shared) {
            // Not inside of the cell: whoever is warned may call the function.
            let make = |settings| table(self.name, self.limit, settings);
            let found = TABLES.find_or_make("breaker", self.name, declared(self.name), make);
            return self.found.get_or_init(|| found);
        }
        self.found.get_or_init(|| {
            Box::leak(Box::new(table(self.name, self.limit, self.settings.unwrap_or_default())))
        })
    }
}

#[track_caller]
const fn check(settings: &Option<BreakerSettings>) {
    if let Some(settings) = settings {
        if let Err(error) = settings.validate() {
            panic!("{}", error.message());
        }
    }
}

/// What the attributes set the breaker of this name to.
fn declared(name: &str) -> impl Iterator<Item = BreakerSettings> {
    registry::sites().filter_map(move |site| site.breaker_source().declares(name)).flatten()
}

fn by_name(name: &'static str) -> &'static Breaker {
    let make = |settings| Breaker::new(name, settings).with_clock(clock::now);
    BREAKERS.find_or_make("breaker", name, declared(name), make)
}

/// What the attributes have under this name: a shared breaker, or those of the functions of this name.
pub(super) fn written_breakers(name: &str) -> Vec<&'static Breaker> {
    let of_name =
        registry::sites().filter(|site| site.breaker_source().name_in(site) == Some(name));
    each_once(of_name.filter_map(|site| site.breaker_source().get()))
}

fn table(name: &str, limit: usize, settings: BreakerSettings) -> Keyed<String> {
    // The attributes' settings were checked when they were compiled.
    match Keyed::try_new(name, limit, settings) {
        Ok(table) => table.with_clock(clock::now),
        Err(error) => unreachable!("{error}"),
    }
}

/// The tables of functions that keep one of their own, as far as they have been used.
fn own_tables() -> impl Iterator<Item = &'static Keyed<String>> {
    registry::sites().filter_map(|site| match site.breaker_source() {
        SiteBreaker::Keyed(keyed) if !keyed.shared => keyed.found.get().copied(),
        _ => None,
    })
}

/// The breaker of this name: a shared one, the one of the function of this name, or `table[key]`.
pub(crate) fn find_breaker(name: &str) -> Option<Found> {
    if let Some(breaker) = CONFIGURED.find(name).or_else(|| BREAKERS.find(name)) {
        return Some(Found::Static(breaker));
    }
    let declared = registry::sites().find_map(|site| match site.breaker_source() {
        source @ SiteBreaker::Named(named) if named.name() == name => source.get(),
        source if site.name() == name => source.get(),
        SiteBreaker::Shared(breaker) if breaker.name() == name => Some(*breaker),
        _ => None,
    });
    if let Some(breaker) = declared {
        return Some(Found::Static(breaker));
    }
    let (table, _) = name.split_once('[')?;
    let tables = TABLES.find(table).into_iter().chain(own_tables());
    let mut breakers = tables.flat_map(Keyed::breakers);
    breakers.find(|breaker| breaker.name() == name).map(Found::Keyed)
}

/// Every breaker that has been used by name, by function or by key.
pub(crate) fn all_breakers() -> Vec<Found> {
    let configured = CONFIGURED.all();
    let replaced = |found: &Found| configured.contains_key(found.name());
    let named = BREAKERS.all().into_iter().map(Found::Static);
    let own = registry::sites().filter_map(|site| match site.breaker_source() {
        SiteBreaker::Own(breaker) => Some(Found::Static(breaker)),
        SiteBreaker::Shared(breaker) => Some(Found::Static(breaker)),
        _ => None,
    });
    let tables = TABLES.all().into_iter().chain(own_tables());
    let keyed = tables.flat_map(Keyed::breakers).map(Found::Keyed);
    let written = named.chain(own).chain(keyed).filter(|found| !replaced(found));
    let configured = configured.values().map(|breaker| Found::Static(breaker));
    let mut seen = BTreeSet::new();
    // A static of the program belongs to each function that has it.
    let once = |found: &Found| seen.insert(std::ptr::from_ref::<Breaker>(found).addr());
    written.chain(configured).filter(once).collect()
}

/// Gives the breakers of these names these settings, which were checked, and all others those of the
/// attributes.
pub(super) fn configure_breakers(
    settings: &BTreeMap<String, BreakerSettings>,
) -> Replaced<Breaker> {
    CONFIGURED.replace(
        settings,
        written_breakers,
        |breaker, settings| breaker.settings() == settings,
        |name, settings| {
            let breaker = Breaker::try_new(name.to_owned(), *settings).ok()?;
            Some(breaker.with_clock(clock::now))
        },
    )
}

/// The one breaker of this name, not one of a table.
pub(super) fn breaker_named(name: &str) -> Option<&'static Breaker> {
    match find_breaker(name)? {
        Found::Static(breaker) => Some(breaker),
        Found::Keyed(_) => None,
    }
}

/// A breaker that was found by its name.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Static(&'static Breaker),
    Keyed(Arc<Breaker>),
}

impl std::ops::Deref for Found {
    type Target = Breaker;

    fn deref(&self) -> &Breaker {
        match self {
            Found::Static(breaker) => breaker,
            Found::Keyed(breaker) => breaker,
        }
    }
}
