//! The budget of an annotated function: its own, a shared one, or none.

use std::collections::BTreeMap;

use super::configured::Configured;
use super::configured::{Replaced, each_once};
use super::directory::Directory;
use super::named::Named;
use super::{Site, registry};
use crate::base::sync::const_unless_loom;
use crate::budget::{Budget, BudgetSettings};

/// Which budget pays for a function's retries.
// The tag in a byte of its own: the usual case is one comparison.
#[repr(u8)]
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives in a static, and the large one is the usual one"
)]
pub enum SiteBudget {
    /// None: retries are limited by the call alone.
    None,
    /// One of its own.
    Own(Budget),
    /// One that the program has declared.
    Shared(&'static Budget),
    /// The one of this name.
    Named(Named<Budget, BudgetSettings>),
}

static BUDGETS: Directory<Budget> = Directory::new();
static CONFIGURED: Configured<Budget> = Configured::new();

impl SiteBudget {
    const_unless_loom! {
        #[doc(hidden)]
        #[track_caller]
        pub fn own(settings: BudgetSettings) -> Self {
            SiteBudget::Own(Budget::new(settings))
        }
    }

    /// One of its own, as it is where nothing is said: evaluated once, not for each function.
    #[cfg(not(all(test, retry_loom)))]
    #[doc(hidden)]
    #[allow(clippy::declare_interior_mutable_const, reason = "each static has its own copy")]
    pub const OWN: SiteBudget = SiteBudget::own(BudgetSettings::new());

    #[doc(hidden)]
    #[track_caller]
    pub const fn named(name: &'static str, settings: Option<BudgetSettings>) -> Self {
        if let Some(settings) = &settings {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
        }
        SiteBudget::Named(Named::new(name, settings))
    }

    /// The budget; `None` when there is none.
    #[inline(always)]
    pub(crate) fn get(&'static self) -> Option<&'static Budget> {
        match self {
            SiteBudget::Own(budget) => Some(budget),
            other => other.get_other(),
        }
    }

    /// All but the usual case, out of line.
    #[cold]
    #[inline(never)]
    fn get_other(&'static self) -> Option<&'static Budget> {
        match self {
            SiteBudget::None => None,
            SiteBudget::Own(budget) => Some(budget),
            SiteBudget::Shared(budget) => Some(budget),
            SiteBudget::Named(named) => Some(named.get(by_name)),
        }
    }

    /// The name under which functions share it, if they do.
    const fn shared_name(&self) -> Option<&'static str> {
        match self {
            SiteBudget::Named(named) => Some(named.name()),
            _ => None,
        }
    }

    /// The name by which a configuration replaces it, as the budget of `site`.
    pub(super) fn name_in(&self, site: &Site) -> Option<&'static str> {
        match self {
            SiteBudget::Own(_) => Some(site.name()),
            SiteBudget::Named(named) => Some(named.name()),
            SiteBudget::None | SiteBudget::Shared(_) => None,
        }
    }

    /// What an attribute sets the budget of this name to: `None` when it does not name it.
    fn declares(&self, name: &str) -> Option<Option<BudgetSettings>> {
        match self {
            SiteBudget::Named(named) if named.name() == name => Some(named.settings().copied()),
            _ => None,
        }
    }
}

/// The budget of this name, as the attributes set it.
fn by_name(name: &str) -> &'static Budget {
    let declared = registry::sites().filter_map(|site| site.budget_source().declares(name));
    BUDGETS.find_or_make("budget", name, declared.flatten(), Budget::new)
}

/// What the attributes have under this name: a shared budget, or those of the functions of this name.
pub(super) fn written_budgets(name: &str) -> Vec<&'static Budget> {
    let of_name = registry::sites().filter(|site| site.budget_source().name_in(site) == Some(name));
    each_once(of_name.filter_map(|site| site.budget_source().get()))
}

/// Every budget that pays now, by its name: the shared one's, or that of its function.
pub(crate) fn all_budgets() -> BTreeMap<String, &'static Budget> {
    let mut budgets = BTreeMap::new();
    for site in registry::sites() {
        let source = site.budget_source();
        if let Some(budget) = source.get() {
            budgets.insert(source.shared_name().unwrap_or(site.name()).to_owned(), budget);
        }
    }
    budgets.extend(CONFIGURED.all());
    budgets
}

/// The budget of this name, or the one that belongs to the function of this name.
pub(crate) fn find_budget(name: &str) -> Option<&'static Budget> {
    let own = || registry::site(name).and_then(|site| site.budget_source().get());
    let declared = || registry::sites().any(|site| site.budget_source().declares(name).is_some());
    let written = || BUDGETS.find(name).or_else(|| declared().then(|| by_name(name))).or_else(own);
    CONFIGURED.find(name).or_else(written)
}

/// Gives the budgets of these names these settings, which were checked, and all others those of the attributes.
pub(super) fn configure_budgets(settings: &BTreeMap<String, BudgetSettings>) -> Replaced<Budget> {
    CONFIGURED.replace(
        settings,
        written_budgets,
        |budget, settings| budget.settings() == settings,
        |_, settings| Budget::try_new(*settings).ok(),
    )
}
