//! The program's own functions, and what a configuration makes of them.

use std::collections::BTreeMap;

use super::chaos;
use super::layers::Resolved;
use super::overrides::Overrides;
use super::protect::{BreakerOverrides, BudgetOverrides};
use super::resolve::Resolution;
use super::settings::Settings;
use super::sites::{Declared, SiteInfo, SiteList};
use super::value::Named;
use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::policy::Parts;
use crate::policy::Policy;
use crate::site;
use crate::site::{Choice, Effective, Replaced, SiteBreaker, SiteBudget};
use crate::site::{Site, registry};

/// The functions of this program: as they are, and as data, in the same order.
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

    /// Hands over what each function is set to, all at once.
    pub(crate) fn apply(&self, resolution: &Resolution, protection: &Protection) {
        let both = self.sites.iter().zip(self.list.sites.iter().zip(&resolution.sites));
        let changed = both.filter_map(|(site, (info, resolved))| {
            let effective = effective(site, info, resolved, protection)?;
            Some((*site, effective))
        });
        let both = self.sites.iter().zip(&resolution.sites);
        chaos::replace(both.filter_map(|(site, resolved)| Some((*site, resolved.chaos?))));
        // Gathered first: they are taken over under a lock.
        site::apply(changed.collect::<Vec<_>>());
    }

    /// Makes the shared budgets and breakers that the configuration names, as their attributes have them.
    ///
    /// Listeners hear of attributes that disagree, so nothing may be locked.
    pub(crate) fn prepare(&self, resolution: &Resolution) {
        let name = |named: &Option<Named>| match named {
            Some(Named::Name(name)) => Some(name.clone()),
            _ => None,
        };
        let budgets = resolution.sites.iter().filter_map(|site| name(&site.budget));
        for name in budgets.chain(resolution.budgets.keys().cloned()) {
            site::written::<Budget>(&name);
        }
        let breakers = resolution.sites.iter().filter_map(|site| name(&site.breaker));
        for name in breakers.chain(resolution.breakers.keys().cloned()) {
            site::written::<Breaker>(&name);
        }
    }
}

/// Budgets and breakers that the configuration has settings for.
pub(crate) struct Protection {
    budgets: Replaced<Budget>,
    breakers: Replaced<Breaker>,
}

impl Protection {
    /// From now on these are the ones of their names.
    pub(crate) fn set(resolution: &Resolution) -> Self {
        Protection {
            budgets: site::configure::<Budget>(&resolution.budgets),
            breakers: site::configure::<Breaker>(&resolution.breakers),
        }
    }

    /// Those that are in use again start anew. A breaker tells everybody who listens, so nothing may be
    /// locked.
    pub(crate) fn restart(&self) {
        self.budgets.restart.iter().for_each(|budget| budget.reset());
        self.breakers.restart.iter().for_each(|breaker| breaker.reset());
    }
}

/// `None` when everything is as the attribute says.
fn effective(
    site: &Site,
    info: &SiteInfo,
    resolved: &Resolved,
    protection: &Protection,
) -> Option<Effective> {
    let budget = choice(&resolved.budget, site::find::<Budget>, || {
        replaced(&protection.budgets.now, &info.name, &info.budget)
    });
    let named = |name: &str| site::find_breaker(name)?.as_static();
    let breaker = choice(&resolved.breaker, named, || {
        replaced(&protection.breakers.now, &info.name, &info.breaker)
    });
    let policy = if resolved.enabled { resolved.policy } else { once(&resolved.policy) };
    let Resolved { enabled, measure, .. } = *resolved;
    let effective = Effective {
        policy,
        enabled,
        budget,
        breaker,
        measure,
        intercepted: enabled && resolved.chaos.is_some(),
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

/// One plain attempt, without a limit in time; what a failure means stays as it is.
fn once(policy: &Policy) -> Policy {
    let parts = policy.parts();
    Policy::of_parts(Parts { attempts: Some(1), deadline: None, timeout: None, ..parts })
}

/// The one that the function is told to have, else the one in the place of the attribute's.
fn choice<T>(
    told: &Option<Named>,
    find: impl FnOnce(&str) -> Option<&'static T>,
    instead: impl FnOnce() -> Option<&'static T>,
) -> Choice<T> {
    let this = match told {
        Some(Named::None) => return Choice::None,
        Some(Named::Name(name)) => find(name),
        None => instead(),
    };
    this.map_or(Choice::AsWritten, Choice::This)
}

/// The one that the configuration has put in the place of the attribute's.
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
            policy: Settings::of(&site.policy().parts()),
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
        SiteBudget::Keyed(keyed) => match *keyed {},
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
