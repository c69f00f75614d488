//! Settings from outside of the program, for whoever reads a configuration: applied to all sites, budgets and
//! breakers in one step.

use std::sync::OnceLock;

use super::applied::{self, Effective};
use super::breaker::{self, SiteBreaker, find_breaker};
use super::budget::SiteBudget;
use super::{Site, shared};
use crate::base::by_name::ByName;
use crate::breaker::{Breaker, BreakerSettings};
use crate::budget::{Budget, BudgetSettings};
use crate::policy::Policy;
use crate::policy::fields::Fields;

/// Applies the configuration in force again.
static ON_DECLARED: OnceLock<fn()> = OnceLock::new();

/// Sets the function that applies the configuration in force again, for functions that are declared after it. The first
/// call sets it for the life of the process. The function is called without a lock.
#[inline]
pub fn on_declared(reapply: fn()) {
    ON_DECLARED.get_or_init(|| reapply);
}

/// A function has been declared, which may be named in the configuration in force.
#[inline]
pub(super) fn apply_to_declared() {
    if let Some(reapply) = ON_DECLARED.get() {
        reapply();
    }
}

/// Checked settings. Functions, budgets and breakers without an entry keep the settings of their attributes.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Functions.
    pub sites: Vec<(&'static Site, SiteSettings)>,
    /// Budgets by name.
    pub budgets: ByName<BudgetSettings>,
    /// Breakers by name.
    pub breakers: ByName<BreakerSettings>,
}

/// Settings of one function.
#[derive(Debug)]
pub struct SiteSettings {
    /// How calls are retried.
    pub policy: Policy,
    /// The settings of the policy that are above those of the attribute.
    pub above: Fields,
    /// `false`: one plain attempt, without limits in time, breaker and budget.
    pub enabled: bool,
    /// Whether every call is timed, also a call that succeeds at once.
    pub measure: bool,
    /// Which budget pays for retries.
    pub budget: Choice<String>,
    /// Which breaker watches over attempts, for a function that has one.
    pub breaker: Choice<String>,
    /// Whether the installed interceptor is asked for faults.
    pub intercepted: bool,
}

/// The budget or the breaker of a function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice<T> {
    /// The one of the attribute.
    AsWritten,
    /// None.
    None,
    /// Another one.
    This(T),
}

impl Choice<String> {
    /// The name of the other one.
    #[inline]
    fn name(&self) -> Option<&str> {
        match self {
            Choice::This(name) => Some(name),
            Choice::AsWritten | Choice::None => None,
        }
    }

    /// The one that is named, else the one that replaces the attribute's.
    fn found<T>(
        &self,
        find: impl FnOnce(&str) -> Option<&'static T>,
        instead: impl FnOnce() -> Option<&'static T>,
    ) -> Choice<&'static T> {
        let found = match self {
            Choice::None => return Choice::None,
            Choice::This(name) => find(name),
            Choice::AsWritten => instead(),
        };
        found.map_or(Choice::AsWritten, Choice::This)
    }
}

impl<T> Choice<&'static T> {
    /// Whether both are the same one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Choice::AsWritten, Choice::AsWritten) | (Choice::None, Choice::None) => true,
            (Choice::This(one), Choice::This(other)) => std::ptr::eq(*one, *other),
            _ => false,
        }
    }
}

/// The part of a change that tells listeners: the breakers follow their sections.
#[derive(Debug)]
#[must_use = "breakers get their settings by `run`"]
pub struct Restart(());

impl Restart {
    /// Gives the breakers their settings. A breaker tells its listeners, so the caller must not hold a lock.
    #[inline]
    pub fn run(self) {
        breaker::follow_sections();
    }
}

/// The budget and the breaker of a function, as its attribute has them.
#[inline]
pub fn protection(site: &Site) -> (&SiteBudget, &SiteBreaker) {
    (site.budget_source(), site.breaker_source())
}

/// Whether calls of the function that start now may make more than one attempt.
#[inline]
pub fn is_retried(site: &'static Site) -> bool {
    let effective = site.effective();
    let is_enabled = effective.is_none_or(|effective| effective.enabled);
    is_enabled && site.policy_under(effective).limit() != Some(1)
}

/// The name of a method without its type; `None` for a function that has no other name.
#[inline]
pub fn short_name(site: &Site) -> Option<&'static str> {
    let short = site.name_without_type();
    (short != site.name()).then_some(short)
}

/// The settings of a budget without any configuration.
#[inline]
pub fn made(budget: &Budget) -> &BudgetSettings {
    budget.made()
}

impl Configuration {
    /// Makes the budgets and breakers that are named and that only attributes have declared so far. Attributes
    /// that disagree are told to listeners, so the caller must not hold a lock.
    #[inline]
    pub fn prepare(&self) {
        let budgets = self.sites.iter().filter_map(|(_, settings)| settings.budget.name());
        for name in budgets.chain(self.budgets.names()) {
            shared::written::<Budget>(name);
        }
        let breakers = self.sites.iter().filter_map(|(_, settings)| settings.breaker.name());
        for name in breakers.chain(self.breakers.names()) {
            shared::written::<Breaker>(name);
        }
    }

    /// Replaces the settings of the whole program. Calls in flight keep the settings that they started with.
    #[inline]
    pub fn apply(&self) -> Restart {
        let budgets = super::budget::configure(&self.budgets);
        breaker::take_sections(&self.breakers);
        let named = |name: &str| find_breaker(name)?.as_static();
        let sites = self.sites.iter().filter_map(|(site, settings)| {
            let effective = Effective {
                policy: if settings.enabled { settings.policy } else { settings.policy.once() },
                above: settings.above,
                enabled: settings.enabled,
                // The attribute's own budget and breaker are changed in place.
                budget: settings.budget.found(
                    |name| budgets.get(name).copied().or_else(|| shared::find(name)),
                    || None,
                ),
                breaker: settings.breaker.found(named, || None),
                measure: settings.measure,
                intercepted: settings.intercepted && settings.enabled,
            };
            (effective != Effective::of(site)).then_some((*site, effective))
        });
        // Gathered first: they are taken over under a lock.
        applied::apply(sites.collect::<Vec<_>>());
        super::budget::count_anew();
        Restart(())
    }
}
