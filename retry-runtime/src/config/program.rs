//! The functions of the running program: read as data, and set by a configuration.

use std::collections::BTreeMap;

use super::chaos;
use super::layers::Resolved;
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides};
use super::resolve::Resolution;
use super::settings::{Settings, Values};
use super::sites::{Declared, SiteInfo, SiteList};
use super::value::Named;
use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::policy::Parts;
use crate::site::{self, Choice, Effective, Replaced, SiteBreaker, SiteBudget};
use crate::base::clock;
use crate::site::registry;
use crate::{Policy, Site};

/// The functions of this program, and the same functions as data, in the same order.
pub(crate) struct Program {
    sites: Vec<&'static Site>,
    pub(crate) list: SiteList,
}

impl Program {
    /// The functions that are listed now, by name.
    pub(crate) fn now() -> Self {
        let mut sites: Vec<&'static Site> = registry::sites().collect();
        sites.sort_by_key(|site| (site.name(), site.file(), site.line()));
        let list = SiteList { sites: sites.iter().map(|site| SiteInfo::from(*site)).collect() };
        Program { sites, list }
    }

    /// Sets all functions at once.
    pub(crate) fn apply(&self, resolution: &Resolution, protection: &Protection) {
        let both = self.sites.iter().zip(self.list.sites.iter().zip(&resolution.sites));
        let changed = both.filter_map(|(site, (info, resolved))| {
            let effective = effective(site, info, resolved, protection)?;
            Some((*site, effective))
        });
        let faults = self.sites.iter().zip(&resolution.sites);
        let faults = faults.filter_map(|(site, it)| Some((*site, it.values.others.chaos?)));
        chaos::replace(faults);
        // Collected first, since `site::apply` holds a lock while it iterates.
        site::apply(changed.collect::<Vec<_>>());
    }

    /// Creates the shared budgets and breakers that the configuration names, with the settings of their attributes.
    ///
    /// Attributes that disagree are reported to listeners, so the caller must not hold a lock.
    pub(crate) fn prepare(&self, resolution: &Resolution) {
        let name = |named: &Option<Named>| match named {
            Some(Named::Name(name)) => Some(name.clone()),
            _ => None,
        };
        let budgets = resolution.sites.iter().filter_map(|site| name(&site.values.others.budget));
        for name in budgets.chain(resolution.budgets.keys().cloned()) {
            site::written_budgets(&name);
        }
        let breakers = resolution.sites.iter().filter_map(|site| name(&site.values.others.breaker));
        for name in breakers.chain(resolution.breakers.keys().cloned()) {
            site::written_breakers(&name);
        }
    }
}

/// The budgets and breakers that replace those of the attributes.
pub(crate) struct Protection {
    budgets: Replaced<Budget>,
    breakers: Replaced<Breaker>,
}

impl Protection {
    /// Puts the configured budgets and breakers in place.
    pub(crate) fn set(resolution: &Resolution) -> Self {
        Protection {
            budgets: site::configure_budgets(&resolution.budgets),
            breakers: site::configure_breakers(&resolution.breakers),
        }
    }

    /// Resets those that are in use again. A breaker calls listeners, so the caller must not hold a lock.
    pub(crate) fn restart(&self) {
        self.budgets.restart.iter().for_each(|budget| budget.reset());
        self.breakers.restart.iter().for_each(|breaker| breaker.reset(clock::now));
    }
}

/// The values for a function; `None` when they are those of its attribute.
fn effective(
    site: &Site,
    info: &SiteInfo,
    resolved: &Resolved,
    protection: &Protection,
) -> Option<Effective> {
    let Values { policy, others } = &resolved.values;
    let budget = choice(&others.budget, site::find_budget, || {
        replaced(&protection.budgets.now, &info.name, &info.budget)
    });
    let breaker = choice(&others.breaker, site::breaker_named, || {
        replaced(&protection.breakers.now, &info.name, &info.breaker)
    });
    let enabled = resolved.enabled();
    let effective = Effective {
        policy: Policy::of_parts(if enabled { *policy } else { once(*policy) }),
        enabled,
        budget,
        breaker,
        measure: others.measure == Some(true),
        intercepted: enabled && others.chaos.is_some(),
    };
    let plain = Effective {
        policy: *site.policy(),
        enabled: true,
        budget: Choice::AsWritten,
        breaker: Choice::AsWritten,
        measure: false,
        intercepted: false,
    };
    (effective != plain).then_some(effective)
}

/// One plain attempt without a limit in time; failures keep their meaning.
fn once(parts: Parts) -> Parts {
    Parts { attempts: Some(1), deadline: None, timeout: None, ..parts }
}

/// The budget or breaker that the configuration names, else the replacement of the attribute's.
fn choice<T>(
    named: &Option<Named>,
    find: impl FnOnce(&str) -> Option<&'static T>,
    instead: impl FnOnce() -> Option<&'static T>,
) -> Choice<T> {
    let this = match named {
        Some(Named::None) => return Choice::None,
        Some(Named::Name(name)) => find(name),
        None => instead(),
    };
    this.map_or(Choice::AsWritten, Choice::This)
}

/// The budget or breaker that replaces the attribute's.
fn replaced<T, S>(
    configured: &BTreeMap<String, &'static T>,
    site: &str,
    declared: &Declared<S>,
) -> Option<&'static T> {
    let name = match declared {
        Declared::Own { .. } => site,
        Declared::Named { name, .. } => name,
        _ => return None,
    };
    configured.get(name).copied()
}

impl From<&Site> for SiteInfo {
    fn from(site: &Site) -> Self {
        SiteInfo {
            name: site.name().to_owned(),
            file: site.file().to_owned(),
            line: site.line(),
            is_async: site.is_async(),
            interruptible: site.is_interruptible(),
            written: site.written().map(str::to_owned).collect(),
            any: site.retries_any(),
            policy: Settings::of(&Values::from(site.policy())),
            budget: budget(site.budget_source()),
            breaker: breaker(site.breaker_source()),
        }
    }
}

fn budget(source: &SiteBudget) -> Declared<BudgetOverrides> {
    match source {
        SiteBudget::None => Declared::None,
        SiteBudget::Own(budget) => own(budget.settings()),
        SiteBudget::Shared(_) => Declared::Static,
        SiteBudget::Named(named) => of_name(named.name(), named.settings()),
    }
}

fn breaker(source: &SiteBreaker) -> Declared<BreakerOverrides> {
    match source {
        SiteBreaker::None => Declared::None,
        SiteBreaker::Own(breaker) => own(breaker.settings()),
        SiteBreaker::Shared(_) => Declared::Static,
        SiteBreaker::Named(named) => of_name(named.name(), named.settings()),
        SiteBreaker::Keyed(keyed) => Declared::Keyed {
            name: keyed.name().to_owned(),
            shared: keyed.is_shared(),
            settings: keyed.settings().map(BreakerOverrides::of),
        },
    }
}

fn own<O: Overrides>(settings: &O::Settings) -> Declared<O> {
    Declared::Own { settings: O::of(settings) }
}

fn of_name<O: Overrides>(name: &str, settings: Option<&O::Settings>) -> Declared<O> {
    Declared::Named { name: name.to_owned(), settings: settings.map(O::of) }
}
