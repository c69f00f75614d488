//! The breaker of an annotated function, and breakers by name.

use std::borrow::Cow;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock};

use super::directory::{Directory, Names};
use super::function::Site;
use super::registry;
use super::shared;
use super::source::{self, Named, Protection, Source};
use crate::base::by_name::ByName;
use crate::base::name::{MethodName, Name};
use crate::base::sync::{const_unless_loom, lock};
use crate::breaker::{Breaker, BreakerSettings, Keyed};

/// Which breaker guards a function's attempts.
pub type SiteBreaker = Source<Breaker>;

/// Breakers by key, in a table of the function's own or one that is shared by name.
#[derive(Debug)]
pub struct KeyedBreakers {
    name: &'static str,
    /// The name of the method whose own table this is, in place of `name`.
    method: Option<&'static MethodName>,
    shared: bool,
    settings: Option<BreakerSettings>,
    limit: usize,
    found: OnceLock<&'static Keyed<String>>,
}

/// The breaker of all functions that have none.
#[doc(hidden)]
pub static NO_BREAKER: SiteBreaker = Source::None;

/// The sections of the configuration in force, by the names of breakers and of tables.
static SECTIONS: Mutex<ByName<BreakerSettings>> = Mutex::new(ByName::new());

static BREAKERS: Names<Breaker> = Names::new();
static TABLES: Directory<Keyed<String>> = Directory::new();

/// The default of `keys`: how many keys a table holds.
const KEYS: usize = 1024;

impl Protection for Breaker {
    type Settings = BreakerSettings;
    type Keyed = KeyedBreakers;
    const WORD: &'static str = "breaker";

    fn names() -> &'static Names<Self> {
        &BREAKERS
    }

    fn source(site: &'static Site) -> &'static SiteBreaker {
        site.breaker_source()
    }

    fn make(name: Cow<'static, str>, settings: BreakerSettings) -> Self {
        Breaker::checked(name, settings)
    }

    fn settings(&self) -> &BreakerSettings {
        self.settings()
    }

    fn found(&self) {
        follow(self);
    }

    fn shared_table(keyed: &KeyedBreakers) -> Option<(&'static str, Option<BreakerSettings>)> {
        keyed.shared.then_some((keyed.name, keyed.settings))
    }
}

impl SiteBreaker {
    const_unless_loom! {
        #[doc(hidden)]
        #[track_caller]
        pub fn own(name: &'static str, settings: BreakerSettings) -> Self {
            Source::Own(Breaker::new(name, settings))
        }
    }

    const_unless_loom! {
        #[doc(hidden)]
        #[track_caller]
        pub fn own_of(name: &'static MethodName, settings: BreakerSettings) -> Self {
            Source::Own(Breaker::named(Name::Method(name), settings))
        }
    }

    #[doc(hidden)]
    #[track_caller]
    pub const fn named(name: &'static str, settings: Option<BreakerSettings>) -> Self {
        check(&settings);
        Source::Named(Named::new(name, settings))
    }

    #[doc(hidden)]
    #[track_caller]
    pub const fn keyed(
        name: &'static str,
        shared: bool,
        settings: Option<BreakerSettings>,
        limit: Option<usize>,
    ) -> Self {
        Source::Keyed(KeyedBreakers::new(name, None, shared, settings, limit))
    }

    /// [`keyed`](Self::keyed) for the own table of a method.
    #[doc(hidden)]
    #[track_caller]
    pub const fn keyed_of(
        method: &'static MethodName,
        settings: Option<BreakerSettings>,
        limit: Option<usize>,
    ) -> Self {
        Source::Keyed(KeyedBreakers::new("", Some(method), false, settings, limit))
    }

    /// The breakers by key.
    pub(crate) fn table(&'static self) -> Option<&'static Keyed<String>> {
        let Source::Keyed(keyed) = self else { return None };
        Some(keyed.table())
    }

    /// The settings in force of the breaker, or of the breakers by key; `None` for one that no call has asked for.
    #[inline]
    pub(super) fn settings_now(&'static self) -> Option<BreakerSettings> {
        match self {
            Source::Keyed(keyed) => Some(keyed.found.get()?.settings()),
            other => Some(*other.made()?.settings()),
        }
    }
}

impl KeyedBreakers {
    #[track_caller]
    const fn new(
        name: &'static str,
        method: Option<&'static MethodName>,
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
        KeyedBreakers { name, method, shared, settings, limit, found: OnceLock::new() }
    }

    /// The name of the table.
    pub fn name(&self) -> &'static str {
        match self.method {
            Some(method) => method.get(),
            None => self.name,
        }
    }

    /// Whether other functions have the same table.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// The settings of this attribute.
    pub fn settings(&self) -> Option<&BreakerSettings> {
        self.settings.as_ref()
    }

    /// The table, made when it is first asked for.
    fn table(&'static self) -> &'static Keyed<String> {
        match self.found.get() {
            Some(found) => found,
            None => self.find(),
        }
    }

    #[cold]
    #[inline]
    fn find(&'static self) -> &'static Keyed<String> {
        let make = |settings| Keyed::checked(self.name().to_owned(), self.limit, settings);
        let found = if self.shared {
            // Not inside of the cell: a listener that is warned may call the function.
            let found = source::find_or_make::<Breaker, _>(&TABLES, self.name, make);
            self.found.get_or_init(|| found)
        } else {
            let made = || &*Box::leak(Box::new(make(self.settings.unwrap_or_default())));
            self.found.get_or_init(made)
        };
        follow_table(found);
        found
    }
}

/// Takes over the sections of a configuration: breakers of these names follow them from now on, all others go back to
/// their attributes. [`follow_sections`] brings the breakers up to date.
#[inline]
pub(super) fn take_sections(sections: &ByName<BreakerSettings>) {
    *lock(&SECTIONS) = sections.clone();
    let mut configured = BREAKERS.configured();
    // Names that no attribute has: operations may choose them. Each is made once.
    configured.now = ByName::new();
    for (name, settings) in sections.entries().iter().filter(|(name, _)| !is_declared(name)) {
        let breaker = configured.kept_or(name, || Breaker::checked(name.clone(), *settings));
        configured.now.insert(name.clone(), breaker);
    }
}

/// Gives every breaker the settings of its name, and keeps its state. It may tell listeners, so the caller must not
/// hold a lock.
#[inline]
pub(super) fn follow_sections() {
    let configured = BREAKERS.configured().now.clone();
    for (_, breaker) in configured.entries() {
        follow(breaker);
    }
    for breaker in BREAKERS.written.all() {
        follow(breaker);
    }
    // Not the statics of the program, which no section is for.
    for site in registry::sites() {
        if let Source::Own(breaker) = site.breaker_source() {
            follow(breaker);
        }
    }
    for table in tables() {
        follow_table(table);
    }
}

#[inline]
fn is_declared(name: &str) -> bool {
    registry::sites().any(|site| match site.breaker_source() {
        Source::Keyed(keyed) => keyed.name() == name,
        source => source.name_in(site) == Some(name),
    })
}

/// The settings of a breaker or a table: its section's, or those that it was made with.
fn in_force(name: &str, made_with: BreakerSettings) -> BreakerSettings {
    lock(&SECTIONS).get(name).copied().unwrap_or(made_with)
}

fn follow(breaker: &Breaker) {
    breaker.configure_checked(in_force(breaker.name(), *breaker.declared()));
}

fn follow_table(table: &Keyed<String>) {
    let settings = in_force(table.name(), table.declared());
    if table.settings() != settings {
        table.configure_checked(settings);
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

/// A breaker that was found by its name.
///
/// ```
/// use retry_runtime::retryable;
///
/// #[retryable(on = any, breaker = "docs::breaker_ref")]
/// fn charge() -> std::io::Result<u32> { Ok(1) }
///
/// let breaker = retry_runtime::breaker("docs::breaker_ref").expect("declared above");
/// println!("{} is {}", breaker.name(), breaker.mode()); // it dereferences to `Breaker`
/// ```
#[derive(Clone, Debug)]
pub struct BreakerRef(Found);

#[derive(Clone, Debug)]
enum Found {
    Static(&'static Breaker),
    Keyed(Arc<Breaker>),
}

impl BreakerRef {
    /// The breaker, unless it is one of a table.
    pub(crate) fn as_static(&self) -> Option<&'static Breaker> {
        match self.0 {
            Found::Static(breaker) => Some(breaker),
            Found::Keyed(_) => None,
        }
    }
}

impl Deref for BreakerRef {
    type Target = Breaker;

    fn deref(&self) -> &Breaker {
        match &self.0 {
            Found::Static(breaker) => breaker,
            Found::Keyed(breaker) => breaker,
        }
    }
}

impl From<&'static Breaker> for BreakerRef {
    fn from(breaker: &'static Breaker) -> Self {
        BreakerRef(Found::Static(breaker))
    }
}

impl From<Arc<Breaker>> for BreakerRef {
    fn from(breaker: Arc<Breaker>) -> Self {
        BreakerRef(Found::Keyed(breaker))
    }
}

/// The breaker of this name: a shared one, the own one of the function of this name, a static that an attribute uses,
/// or `table[key]`.
#[inline]
pub(crate) fn find_breaker(name: &str) -> Option<BreakerRef> {
    let declared = || {
        registry::sites().find_map(|site| match site.breaker_source() {
            Source::Shared(breaker) if breaker.name() == name => Some(*breaker),
            _ => None,
        })
    };
    if let Some(breaker) = shared::find(name).or_else(declared) {
        return Some(breaker.into());
    }
    let (table, _) = name.split_once('[')?;
    for table in TABLES.find(table).into_iter().chain(own_tables()) {
        if let Some(breaker) = table.breakers().into_iter().find(|it| it.name() == name) {
            return Some(breaker.into());
        }
    }
    None
}

/// Every breaker that has been used by its name, by its function or by a key.
///
/// ```
/// for breaker in retry_runtime::breakers() {
///     println!("{} is {}: {:?}", breaker.name(), breaker.mode(), breaker.figures());
/// }
/// ```
#[inline]
pub fn breakers() -> Vec<BreakerRef> {
    let configured = BREAKERS.configured().now.clone();
    let mut written: Vec<BreakerRef> = Vec::new();
    for breaker in BREAKERS.written.all() {
        written.push(breaker.into());
    }
    // Several functions may have the same static of the program.
    let mut shared: Vec<&'static Breaker> = Vec::new();
    for site in registry::sites() {
        match site.breaker_source() {
            Source::Own(breaker) => written.push(breaker.into()),
            Source::Shared(breaker) if !shared.iter().any(|known| ptr::eq(*known, *breaker)) => {
                shared.push(breaker);
                written.push((*breaker).into());
            }
            _ => {}
        }
    }
    for table in tables() {
        for breaker in table.breakers() {
            written.push(breaker.into());
        }
    }
    written.retain(|breaker| configured.get(breaker.name()).is_none());
    for (_, breaker) in configured.entries() {
        written.push((*breaker).into());
    }
    written
}

/// The tables that functions share, and those of [`own_tables`].
#[inline]
fn tables() -> Vec<&'static Keyed<String>> {
    let mut tables = TABLES.all();
    tables.extend(own_tables());
    tables
}

/// The tables of functions that keep one of their own, as far as they have been used.
#[inline]
fn own_tables() -> Vec<&'static Keyed<String>> {
    let mut tables = Vec::new();
    for site in registry::sites() {
        if let Source::Keyed(keyed) = site.breaker_source() {
            tables.extend(keyed.found.get().filter(|_| !keyed.shared));
        }
    }
    tables
}
