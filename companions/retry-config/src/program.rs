//! The functions of the running program: read as data, and set by a configuration.

use retry_runtime::control::{
    self, Choice, Configuration, Fields, Parts, SiteBreaker, SiteBudget, SiteSettings,
};
use retry_runtime::{Backoff, Policy, Site, sites};

use super::chaos::Chaos;
use super::layers::Resolved;
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides};
use super::resolve::Resolution;
use super::settings::{Settings, Values};
use super::sites::{Declared, SiteInfo, SiteList};
use super::value::Named;

/// The functions of this program, and the same functions as data, in the same order.
pub(crate) struct Program {
    pub(crate) sites: Vec<&'static Site>,
    pub(crate) list: SiteList,
}

impl Program {
    /// The functions that are listed now, by name.
    pub(crate) fn now() -> Self {
        let mut sites: Vec<&'static Site> = sites().collect();
        sites.sort_by_key(|site| (site.name(), site.file(), site.line()));
        let list = SiteList { sites: sites.iter().map(|site| SiteInfo::from(*site)).collect() };
        Program { sites, list }
    }

    /// The faults of a resolution.
    pub(crate) fn faults(
        &self,
        resolution: &Resolution,
    ) -> impl Iterator<Item = (&'static Site, Chaos)> {
        let sites = self.sites.iter().zip(&resolution.sites);
        sites.filter_map(|(site, resolved)| Some((*site, resolved.values.others.chaos?)))
    }

    /// The values of a resolution, for the engine.
    pub(crate) fn configuration(&self, resolution: &Resolution) -> Configuration {
        let sites = self.sites.iter().zip(&resolution.sites);
        Configuration {
            sites: sites.map(|(site, resolved)| (*site, settings(site, resolved))).collect(),
            budgets: resolution.budgets.clone().into_iter().collect(),
            breakers: resolution.breakers.clone().into_iter().collect(),
        }
    }
}

fn settings(site: &Site, resolved: &Resolved) -> SiteSettings {
    let others = &resolved.values.others;
    let mut parts = resolved.values.policy;
    if let Backoff::Custom(_) = parts.backoff {
        // As data it is only known that there is a function; the attribute has the function itself.
        parts.backoff = Parts::from(site.policy()).backoff;
    }
    SiteSettings {
        policy: Policy::from(parts),
        above: Fields::named(resolved.above()),
        enabled: others.enabled != Some(false),
        measure: others.measure == Some(true),
        budget: choice(&others.budget),
        breaker: choice(&others.breaker),
        intercepted: others.chaos.is_some(),
    }
}

fn choice(named: &Option<Named>) -> Choice<String> {
    match named {
        None => Choice::AsWritten,
        Some(Named::None) => Choice::None,
        Some(Named::Name(name)) => Choice::This(name.clone()),
    }
}

impl From<&Site> for SiteInfo {
    fn from(site: &Site) -> Self {
        let (budget_source, breaker_source) = control::protection(site);
        SiteInfo {
            name: site.name().to_owned(),
            short_name: control::short_name(site).map(str::to_owned),
            file: site.file().to_owned(),
            line: site.line(),
            is_async: site.is_async(),
            interruptible: site.is_interruptible(),
            written: site.written().map(str::to_owned).collect(),
            per_call: site.per_call().map(str::to_owned).collect(),
            any: site.retries_any(),
            policy: attribute(site),
            budget: budget(budget_source),
            breaker: breaker(breaker_source),
        }
    }
}

/// The settings of the attribute.
fn attribute(site: &Site) -> Settings {
    let policy = Settings::of(&Values::from(site.policy()));
    // No part of a policy: a preset does not set it.
    let is_written = site.written().any(|word| word == "measure");
    Settings { measure: is_written.then(|| site.is_measured()), ..policy }
}

fn budget(source: &SiteBudget) -> Declared<BudgetOverrides> {
    match source {
        SiteBudget::None => Declared::None,
        SiteBudget::Own(budget) => own(control::made(budget)),
        SiteBudget::Shared(_) => Declared::Static,
        SiteBudget::Keyed(keyed) => match keyed.shared_name() {
            Some(name) => of_name(name, keyed.settings()),
            None => own(&keyed.settings().copied().unwrap_or_default()),
        },
        SiteBudget::Named(named) => of_name(named.name(), named.settings()),
    }
}

fn breaker(source: &SiteBreaker) -> Declared<BreakerOverrides> {
    match source {
        SiteBreaker::None => Declared::None,
        SiteBreaker::Own(breaker) => own(breaker.declared()),
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
