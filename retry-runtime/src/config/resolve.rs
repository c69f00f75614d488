//! A configuration meets the functions of a program.

use std::collections::{BTreeMap, BTreeSet};

use super::check;
use super::environment::Environment;
use super::layers::Resolved;
use super::mistake::{ConfigErrors, Mistake, Mistakes};
use super::model::{Config, Draft};
use super::names::{self, Shared};
use super::origin::below;
use super::rules::{self, Found};
use super::sites::{Declared, SiteInfo, SiteList};
use crate::breaker::BreakerSettings;
use crate::budget::BudgetSettings;

/// What a configuration makes of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolution {
    /// In the order of the site list.
    pub(crate) sites: Vec<Resolved>,
    /// Of the names that the configuration has a section for.
    pub(crate) budgets: BTreeMap<String, BudgetSettings>,
    /// Of the names that the configuration has a section for.
    pub(crate) breakers: BTreeMap<String, BreakerSettings>,
}

impl Draft {
    /// Checks the configuration against the program, and says what it makes of it.
    pub(crate) fn resolve(
        mut self,
        sites: &SiteList,
    ) -> Result<(Config, Resolution), ConfigErrors> {
        let environment = Environment::read(&self.config, &mut self.mistakes);
        let Draft { config, mut mistakes, faulty } = self;
        names::profile(&config, &environment, &mut mistakes);
        names::operations(&config, sites, &mut mistakes);
        environment.check_names(&sites.names(), &mut mistakes);
        budget_names(&config, sites).check(&config, &environment, sites, &mut mistakes);
        breaker_names(&config, sites).check(&config, &environment, sites, &mut mistakes);
        let mut found = Found::default();
        let resolved = sites
            .sites
            .iter()
            .map(|site| rules::check(&config, &environment, &faulty, site, &mut found))
            .collect();
        found.report(&mut mistakes);
        let resolution = Resolution {
            sites: resolved,
            budgets: budgets(&config, sites, &faulty, &mut mistakes),
            breakers: breakers(&config, sites, &faulty, &mut mistakes),
        };
        mistakes.or((config, resolution))
    }
}

fn budget_names<'a>(config: &'a Config, sites: &'a SiteList) -> Shared<'a> {
    Shared {
        what: "budget",
        sections: config.budget.keys().map(String::as_str).collect(),
        declared: declared(sites, |site| &site.budget),
        used: |settings| settings.budget.as_ref(),
        refused: |_, _| None,
    }
}

fn breaker_names<'a>(config: &'a Config, sites: &'a SiteList) -> Shared<'a> {
    Shared {
        what: "breaker",
        sections: config.breaker.keys().map(String::as_str).collect(),
        declared: declared(sites, |site| &site.breaker),
        used: |settings| settings.breaker.as_ref(),
        refused: keyed,
    }
}

/// Tables of breakers keep what their attribute says.
fn keyed(sites: &SiteList, name: &str) -> Option<String> {
    let is_it = |site: &SiteInfo| matches!(&site.breaker, Declared::Keyed { name: table, .. } if table == name);
    sites.sites.iter().any(is_it).then(|| {
        format!(
            "`{name}` has a breaker for each key, whose settings are those of the attribute; remove the \
             section, or take them away by `breaker = \"none\"` in the operation's"
        )
    })
}

/// The names that attributes share, and those of functions that have one of their own.
fn declared<'a, S: 'a>(
    sites: &'a SiteList,
    of: fn(&'a SiteInfo) -> &'a Declared<S>,
) -> BTreeSet<&'a str> {
    let names = sites.sites.iter().filter_map(|site| match of(site) {
        Declared::Own { .. } => Some(site.name.as_str()),
        shared => shared.name(),
    });
    names.collect()
}

/// What the attributes set the one of this name to.
fn settings<'a, S>(
    sites: &'a SiteList,
    name: &str,
    of: fn(&'a SiteInfo) -> &'a Declared<S>,
) -> Option<&'a S> {
    let named = sites.sites.iter().filter(|site| {
        of(site).name() == Some(name) || (site.name == name && of(site).name().is_none())
    });
    named.filter_map(|site| of(site).settings()).next()
}

/// Whether a section or one of its keys has a mistake.
fn is_faulty(faulty: &BTreeSet<String>, section: &str) -> bool {
    let key = format!("{section}.");
    faulty.iter().any(|path| path == section || path.starts_with(&key))
}

/// What the attributes set the budget of this name to; `None` when they do not know it.
pub(crate) fn written_budget(sites: &SiteList, name: &str) -> Option<BudgetSettings> {
    let known = declared(sites, |site| &site.budget).contains(name);
    let written = settings(sites, name, |site| &site.budget);
    known.then(|| written.map_or_else(BudgetSettings::new, |set| set.over(BudgetSettings::new())))
}

/// What the attributes set the breaker of this name to; `None` when they do not know it.
pub(crate) fn written_breaker(sites: &SiteList, name: &str) -> Option<BreakerSettings> {
    let known = declared(sites, |site| &site.breaker).contains(name);
    let written = settings(sites, name, |site| &site.breaker);
    known.then(|| written.map_or_else(BreakerSettings::new, |set| set.over(BreakerSettings::new())))
}

fn budgets(
    config: &Config,
    sites: &SiteList,
    faulty: &BTreeSet<String>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, BudgetSettings> {
    let mut budgets = BTreeMap::new();
    for (name, overrides) in &config.budget {
        let settings = overrides.over(written_budget(sites, name).unwrap_or_default());
        let path = below("budget", name);
        if let Err(error) = settings.validate() {
            if !is_faulty(faulty, &path) {
                let origin = config.text.origin(&below(&path, check::budget_key(&error)));
                mistakes.push(Mistake::new(origin, error.to_string()));
            }
        }
        budgets.insert(name.clone(), settings);
    }
    budgets
}

fn breakers(
    config: &Config,
    sites: &SiteList,
    faulty: &BTreeSet<String>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, BreakerSettings> {
    let mut breakers = BTreeMap::new();
    for (name, overrides) in &config.breaker {
        let settings = overrides.over(written_breaker(sites, name).unwrap_or_default());
        let path = below("breaker", name);
        if let Err(error) = settings.validate() {
            if !is_faulty(faulty, &path) {
                let origin = config.text.origin(&below(&path, error.field()));
                mistakes.push(Mistake::new(origin, error.to_string()));
            }
        }
        breakers.insert(name.clone(), settings);
    }
    breakers
}
