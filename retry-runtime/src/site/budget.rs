//! The budget of an annotated function: its own, a shared one, or none.

#[cfg(feature = "config")]
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::configured::Configured;
use super::directory::Directory;
use crate::budget::{Budget, BudgetSettings};
use crate::registry;
use crate::sync::const_unless_loom;

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
    Named(NamedBudget),
}

/// A budget that is shared by name.
#[derive(Debug)]
pub struct NamedBudget {
    name: &'static str,
    /// What this attribute sets it to; `None` leaves that to others of the name, or to the defaults.
    settings: Option<BudgetSettings>,
    found: OnceLock<&'static Budget>,
}

static BUDGETS: Directory<Budget> = Directory::new();
static CONFIGURED: Configured<Budget> = Configured::new();

#[cfg(feature = "config")]
impl NamedBudget {
    /// The shared name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What this attribute sets it to.
    pub(crate) fn settings(&self) -> Option<&BudgetSettings> {
        self.settings.as_ref()
    }
}

impl SiteBudget {
    const_unless_loom! {
        #[doc(hidden)]
        #[track_caller]
        pub fn own(settings: BudgetSettings) -> Self {
            SiteBudget::Own(Budget::new(settings))
        }
    }

    #[doc(hidden)]
    #[track_caller]
    pub const fn named(name: &'static str, settings: Option<BudgetSettings>) -> Self {
        if let Some(settings) = &settings {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
        }
        SiteBudget::Named(NamedBudget { name, settings, found: OnceLock::new() })
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
    #[inline(never)]
    fn get_other(&'static self) -> Option<&'static Budget> {
        match self {
            SiteBudget::None => None,
            SiteBudget::Own(budget) => Some(budget),
            SiteBudget::Shared(budget) => Some(budget),
            SiteBudget::Named(named) => Some(named.found.get_or_init(|| by_name(named.name))),
        }
    }

    /// The name under which functions share it, if they do.
    #[cfg(feature = "metrics")]
    pub(crate) const fn shared_name(&self) -> Option<&'static str> {
        match self {
            SiteBudget::Named(named) => Some(named.name),
            _ => None,
        }
    }

    /// What an attribute sets the budget of this name to: `None` when it does not name it.
    fn declares(&self, name: &str) -> Option<Option<BudgetSettings>> {
        match self {
            SiteBudget::Named(named) if named.name == name => Some(named.settings),
            _ => None,
        }
    }
}

/// The budget of this name, as the attributes set it.
fn by_name(name: &str) -> &'static Budget {
    BUDGETS.find_or_make(name, || {
        let declared = registry::sites().filter_map(|site| site.budget_source().declares(name));
        Budget::new(super::directory::agreed("budget", name, declared.flatten()))
    })
}

/// The budget of this name, or the one that belongs to the function of this name.
pub(crate) fn find_budget(name: &str) -> Option<&'static Budget> {
    let own = || registry::site(name).and_then(|site| site.budget_source().get());
    let declared = || registry::sites().any(|site| site.budget_source().declares(name).is_some());
    let written = || BUDGETS.find(name).or_else(|| declared().then(|| by_name(name))).or_else(own);
    CONFIGURED.find(name).or_else(written)
}

/// Gives the budgets of these names these settings, which were checked, and all others those of the attributes.
#[cfg(feature = "config")]
pub(crate) fn configure_budgets(
    settings: &BTreeMap<String, BudgetSettings>,
) -> BTreeMap<String, &'static Budget> {
    CONFIGURED.replace(
        settings,
        |budget, settings| budget.settings() == settings,
        |_, settings| Budget::try_new(*settings).ok(),
        Budget::reset,
    )
}
