//! Functions that are declared while the program runs: by their name, for code that has no attribute.

use std::panic::Location;

use super::breaker::{NO_BREAKER, SiteBreaker};
use super::budget::SiteBudget;
use super::directory::Directory;
use super::function::Site;
use super::meta::Meta;
use super::registry;
use super::source::Source;
use crate::breaker::{Breaker, BreakerSettings};
use crate::budget::{Budget, BudgetSettings};
use crate::event;
use crate::policy::Policy;

/// How many names a program can declare. A name is often a value of the program, such as a host.
const MOST: usize = 1024;

/// The name of the one site that stands for all names beyond the limit.
const OTHERS: &str = "(other names)";

static DECLARED: Directory<Site> = Directory::new();

impl Site {
    /// The site of this name; made now, if the name is new.
    ///
    /// A site has what an annotated function has: counts, a history, live calls, events, a section in the configuration, a
    /// place in the doctor's findings. It stays for the life of the process and is listed at once by
    /// [`sites`](crate::sites); a configuration that is in force applies to it. Declare it before a configuration with a
    /// section `[op."name"]` is loaded: the section of a name that does not exist is a mistake.
    ///
    /// The first declaration of a name gives the settings. A later one that differs gets the site as it is, and a warning
    /// tells both places. A program can declare 1024 names; the names beyond share one site, `(other names)`.
    ///
    /// `budget`: `Some(BudgetSettings::new())` is the default of annotated functions, `None` charges nobody for retries.
    ///
    /// ```
    /// use retry_runtime::budget::BudgetSettings;
    /// use retry_runtime::{Policy, Site};
    ///
    /// let site = Site::declare("github", Policy::new().max(2), Some(BudgetSettings::new()), None);
    /// assert_eq!(site.name(), "github");
    /// assert!(retry_runtime::site("github").is_some());
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy or the settings are invalid: [`Policy::validate`], [`BudgetSettings::validate`] and
    /// [`BreakerSettings::validate`] check settings that come from outside.
    #[track_caller]
    #[inline]
    pub fn declare(
        name: &str,
        policy: Policy,
        budget: Option<BudgetSettings>,
        breaker: Option<BreakerSettings>,
    ) -> &'static Site {
        let place = Location::caller();
        Site::declare_at(place, name, policy.checked(), budget, breaker)
    }

    /// [`declare`](Site::declare) for a policy that has been checked, at this place.
    #[inline]
    pub(crate) fn declare_at(
        place: &'static Location<'static>,
        name: &str,
        policy: Policy,
        budget: Option<BudgetSettings>,
        breaker: Option<BreakerSettings>,
    ) -> &'static Site {
        if let Some(known) = DECLARED.find(name) {
            known.warn_if_different(place, &policy, budget, breaker);
            return known;
        }
        if DECLARED.len() >= MOST && name != OTHERS {
            return Site::declare_at(place, OTHERS, policy, budget, breaker);
        }
        let (site, is_new) =
            DECLARED.keep_made(name, || made(place, name, policy, budget, breaker));
        if is_new {
            // Not under the lock: whoever applies the configuration asks for the list of sites.
            registry::declared(site);
        }
        site
    }

    /// Warns that another declaration of the name has other settings.
    #[inline]
    fn warn_if_different(
        &'static self,
        place: &'static Location<'static>,
        policy: &Policy,
        budget: Option<BudgetSettings>,
        breaker: Option<BreakerSettings>,
    ) {
        let has_budget = self.budget.made().map(|own| *own.made());
        let has_breaker = self.breaker.made().map(|own| *own.declared());
        if self.policy == *policy && has_budget == budget && has_breaker == breaker {
            return;
        }
        if self.name() != OTHERS && self.warn_of_declaration() {
            let other = format!("{}:{}", place.file(), place.line());
            event::declared_twice(self.name(), &self.place(), &other);
        }
    }
}

#[inline]
fn made(
    place: &'static Location<'static>,
    name: &str,
    policy: Policy,
    budget: Option<BudgetSettings>,
    breaker: Option<BreakerSettings>,
) -> Site {
    let name: &'static str = Box::leak(name.into());
    let budget: SiteBudget = match budget {
        Some(settings) => Source::Own(Budget::new(settings)),
        None => Source::None,
    };
    let breaker: &'static SiteBreaker = match breaker {
        Some(settings) => Box::leak(Box::new(Source::Own(Breaker::new(name, settings)))),
        None => &NO_BREAKER,
    };
    // The whole policy counts as written: a configuration's `[defaults]` are below it.
    let meta = Meta::new(name, place.file(), place.line(), "policy").awaited(true).declared();
    Site::new(meta, policy, budget, breaker)
}
