//! The budget of an annotated function, and budgets by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::OnceLock;

use super::configuration::Choice;
use super::directory::{Directory, Names};
use super::function::Site;
use super::registry;
use super::shared;
use super::source::{self, Named, Protection, Source};
use crate::base::by_name::ByName;
use crate::base::sync::const_unless_loom;
use crate::budget::{Budget, BudgetSettings, Calls, Keyed};

/// Which budget pays for a function's retries.
pub type SiteBudget = Source<Budget>;

/// Budgets by key, in a table of the function's own or one that is shared by name, and one budget above all keys.
#[derive(Debug)]
pub struct KeyedBudgets {
    above: Above,
    /// The settings of each key's budget.
    settings: Option<BudgetSettings>,
    limit: usize,
    /// Whether the key is the one of the function's breaker, or its label.
    by_breaker: bool,
    found: OnceLock<&'static Keyed>,
}

/// The budget above all keys, to which every retry owes as well.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "it lives in a static, and the large one is usual")]
enum Above {
    Own(Budget),
    Shared(&'static str, OnceLock<&'static Budget>),
}

static BUDGETS: Names<Budget> = Names::new();
static TABLES: Directory<Keyed> = Directory::new();
/// The budgets above shared tables, by their names. Their settings are the defaults: those of attributes are for keys.
static ABOVE: Directory<Budget> = Directory::new();

/// The default of `keys`: how many keys a table holds.
const KEYS: usize = 1024;

impl Protection for Budget {
    type Settings = BudgetSettings;
    type Keyed = KeyedBudgets;
    const WORD: &'static str = "budget";

    fn names() -> &'static Names<Self> {
        &BUDGETS
    }

    fn source(site: &'static Site) -> &'static SiteBudget {
        site.budget_source()
    }

    fn make(_: Cow<'static, str>, settings: BudgetSettings) -> Self {
        Budget::new(settings)
    }

    #[inline]
    fn settings(&self) -> &BudgetSettings {
        self.made()
    }

    fn shared_table(keyed: &KeyedBudgets) -> Option<(&'static str, Option<BudgetSettings>)> {
        Some((keyed.shared_name()?, keyed.settings))
    }

    fn above(keyed: &'static KeyedBudgets) -> Option<&'static Self> {
        Some(keyed.above())
    }
}

impl SiteBudget {
    const_unless_loom! {
        #[doc(hidden)]
        #[track_caller]
        pub fn own(settings: BudgetSettings) -> Self {
            Source::Own(Budget::new(settings))
        }
    }

    /// The default: a budget of the function's own. A constant, so that it is evaluated once for all functions.
    #[cfg(not(all(test, retry_loom)))]
    #[doc(hidden)]
    #[allow(clippy::declare_interior_mutable_const, reason = "each static has its own copy")]
    pub const OWN: SiteBudget = SiteBudget::own(BudgetSettings::new());

    #[doc(hidden)]
    #[track_caller]
    #[inline]
    pub const fn named(name: &'static str, settings: Option<BudgetSettings>) -> Self {
        check(&settings);
        Source::Named(Named::new(name, settings))
    }

    const_unless_loom! {
        /// One for each key, and one above them: shared by `name`, or the function's own.
        #[doc(hidden)]
        #[track_caller]
        pub fn keyed(
            name: Option<&'static str>,
            settings: Option<BudgetSettings>,
            limit: Option<usize>,
        ) -> Self {
            check(&settings);
            let above = match name {
                Some(name) => Above::Shared(name, OnceLock::new()),
                None => Above::Own(Budget::new(BudgetSettings::new())),
            };
            let limit = match limit {
                Some(0) => panic!("`keys` must be at least 1"),
                Some(limit) => limit,
                None => KEYS,
            };
            Source::Keyed(KeyedBudgets {
                above,
                settings,
                limit,
                by_breaker: false,
                found: OnceLock::new(),
            })
        }
    }

    const_unless_loom! {
        /// The default of a function whose breaker has a key, or whose calls have a label: one for each.
        #[doc(hidden)]
        pub fn by_breaker() -> Self {
            Source::Keyed(KeyedBudgets {
                above: Above::Own(Budget::new(BudgetSettings::new())),
                settings: None,
                limit: KEYS,
                by_breaker: true,
                found: OnceLock::new(),
            })
        }
    }

    /// The budgets by key; with `by_breaker`, only those that have the key of the breaker.
    #[inline]
    pub(crate) fn table(&'static self, by_breaker: bool) -> Option<&'static Keyed> {
        let Source::Keyed(keyed) = self else { return None };
        (keyed.by_breaker == by_breaker).then(|| keyed.table())
    }
}

impl KeyedBudgets {
    /// The name of the table that functions share; `None` for a table of the function's own.
    pub fn shared_name(&self) -> Option<&'static str> {
        match &self.above {
            Above::Shared(name, _) => Some(name),
            Above::Own(_) => None,
        }
    }

    /// The settings of this attribute for the budget of each key.
    #[inline]
    pub fn settings(&self) -> Option<&BudgetSettings> {
        self.settings.as_ref()
    }

    fn above(&'static self) -> &'static Budget {
        match &self.above {
            Above::Own(budget) => budget,
            Above::Shared(name, found) => {
                found.get_or_init(|| ABOVE.keep(name, Budget::new(BudgetSettings::new())).0)
            }
        }
    }

    /// The table, made when it is first asked for.
    #[inline]
    fn table(&'static self) -> &'static Keyed {
        if let Some(found) = self.found.get() {
            return found;
        }
        let name = self.shared_name().unwrap_or_default();
        let make = |settings| Keyed::checked(name.to_owned(), self.limit, settings);
        if self.shared_name().is_some() {
            // Not inside of the cell: a listener that is warned may call the function.
            let found = source::find_or_make::<Budget, _>(&TABLES, name, make);
            return self.found.get_or_init(|| found);
        }
        self.found.get_or_init(|| Box::leak(Box::new(make(self.settings.unwrap_or_default()))))
    }
}

#[track_caller]
#[inline]
const fn check(settings: &Option<BudgetSettings>) {
    if let Some(settings) = settings {
        if let Err(error) = settings.validate() {
            panic!("{}", error.message());
        }
    }
}

/// The budget in use under this name; of those by key, the one above them.
#[inline]
pub(crate) fn find_budget(name: &str) -> Option<&'static Budget> {
    let above = || {
        let site = registry::sites().find(|site| name_of(site) == name)?;
        site.budget_source().get()
    };
    shared::find(name).or_else(above).map(counted)
}

/// Every budget that pays for retries now, by its shared name or by the name of its function. The budgets of single keys
/// are in [`budget_keys`].
///
/// ```
/// for (name, budget) in retry_runtime::budgets() {
///     println!("{name}: {} of {} tokens left", budget.available(), budget.capacity());
/// }
/// ```
// Inline: the map is compiled in programs that ask for it.
#[inline]
pub fn budgets() -> BTreeMap<String, &'static Budget> {
    let mut budgets = BTreeMap::new();
    for site in registry::sites() {
        if let Some(budget) = site.budget_source().get() {
            budgets.insert(name_of(site).to_owned(), counted(budget));
        }
    }
    let configured = BUDGETS.configured();
    for (name, budget) in configured.now.entries() {
        budgets.insert(name.clone(), *budget);
    }
    budgets
}

/// The budgets of single keys in the table of this name, or of the function of this name, by key.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(on = any, budget(key = host), name = "docs::budget_keys")]
/// fn fetch(host: &str) -> std::io::Result<u32> { Ok(1) }
///
/// fetch("eu.example.com")?;
/// for (host, budget) in retry_runtime::budget_keys("docs::budget_keys") {
///     println!("{host}: {} tokens left", budget.available());
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
// Inline: the map is compiled in programs that ask for it.
#[inline]
pub fn budget_keys(name: &str) -> BTreeMap<String, std::sync::Arc<Budget>> {
    let tables = registry::sites().filter(|site| name_of(site) == name).filter_map(|site| {
        let Source::Keyed(keyed) = site.budget_source() else { return None };
        Some(keyed.table())
    });
    tables.flat_map(Keyed::budgets).collect()
}

/// The name by which a configuration sets the budget of the function.
#[inline]
fn name_of(site: &'static Site) -> &'static str {
    let shared = match site.budget_source() {
        Source::Keyed(keyed) => keyed.shared_name(),
        other => other.shared_name(),
    };
    shared.unwrap_or(site.name())
}

/// Applies valid settings by name; all other names go back to the settings of their attributes. Every budget goes on
/// owing its debt. Returns the budgets that only the configuration names.
#[inline]
pub(super) fn configure(settings: &ByName<BudgetSettings>) -> ByName<&'static Budget> {
    let mut declared = Vec::new();
    for site in registry::sites() {
        let name = name_of(site);
        let own = settings.get(name).copied();
        if own.is_some() {
            declared.push(name);
        }
        match site.budget_source() {
            // The settings of a key's budget: the budget above has none in the attribute.
            Source::Keyed(keyed) if !keyed.by_breaker => keyed.table().change(own),
            Source::Named(named) if own.is_none() && named.made().is_none() => {}
            Source::Shared(_) | Source::None => {}
            other => other.get().into_iter().for_each(|budget| budget.change(own)),
        }
    }
    let mut configured = BUDGETS.configured();
    let mut now = ByName::new();
    for (name, settings) in settings.entries() {
        if declared.contains(&name.as_str()) {
            continue;
        }
        let budget = configured.kept_or(name, || Budget::new(*settings));
        budget.change(Some(*settings));
        now.insert(name.clone(), budget);
    }
    configured.now = now.clone();
    now
}

/// The budget, which knows from now on the functions whose calls it counts.
#[inline]
pub(crate) fn counted(budget: &'static Budget) -> &'static Budget {
    if !budget.has_sources() {
        count_users(budget);
    }
    budget
}

#[cold]
fn count_users(budget: &'static Budget) {
    budget.set_sources(&users(budget));
}

/// A configuration has given functions other budgets: each budget counts the calls of those that have it now.
#[inline]
pub(super) fn count_anew() {
    let written = registry::sites().filter_map(|site| site.budget_source().made());
    let configured = BUDGETS.configured().kept.clone();
    let mut known: Vec<_> = written.collect();
    known.extend(configured.entries().iter().map(|(_, budget)| *budget));
    for budget in known {
        if budget.has_sources() {
            budget.set_sources(&users(budget));
        }
    }
}

/// The functions that have this budget.
fn users(budget: &'static Budget) -> Vec<&'static dyn Calls> {
    let has = |site: &&'static Site| {
        let chosen = site.effective().map_or(Choice::AsWritten, |effective| effective.budget);
        match chosen {
            Choice::AsWritten => {
                site.budget_source().made().is_some_and(|own| ptr::eq(own, budget))
            }
            Choice::None => false,
            Choice::This(other) => ptr::eq(other, budget),
        }
    };
    registry::sites().filter(has).map(|site| site as &dyn Calls).collect()
}
