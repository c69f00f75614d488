//! The budget of an annotated function, and budgets by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::directory::Names;
use super::function::Site;
use super::registry;
use super::source::{Named, Protection, Source};
use crate::base::sync::const_unless_loom;
use crate::budget::{Budget, BudgetSettings};

/// Which budget pays for a function's retries.
pub type SiteBudget = Source<Budget>;

static BUDGETS: Names<Budget> = Names::new();

impl Protection for Budget {
    type Settings = BudgetSettings;
    type Keyed = Infallible;
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

    fn settings(&self) -> &BudgetSettings {
        self.settings()
    }

    fn shared_table(keyed: &Infallible) -> Option<(&'static str, Option<BudgetSettings>)> {
        match *keyed {}
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
    pub const fn named(name: &'static str, settings: Option<BudgetSettings>) -> Self {
        if let Some(settings) = &settings {
            if let Err(error) = settings.validate() {
                panic!("{}", error.message());
            }
        }
        Source::Named(Named::new(name, settings))
    }
}

/// Every budget that pays for retries now, by its shared name or by the name of its function.
pub fn budgets() -> BTreeMap<String, &'static Budget> {
    let mut budgets = BTreeMap::new();
    for site in registry::sites() {
        let source = site.budget_source();
        if let Some(budget) = source.get() {
            budgets.insert(source.shared_name().unwrap_or(site.name()).to_owned(), budget);
        }
    }
    let configured = BUDGETS.configured();
    budgets.extend(configured.now.iter().map(|(name, budget)| (name.clone(), *budget)));
    budgets
}
