//! A configuration meets the functions of a program.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::environment::Environment;
use super::layers::Resolved;
use super::mistake::{ConfigErrors, Mistake, Mistakes};
use super::model::Config;
use super::names::{self, Shared};
use super::origin::{Text, below};
use super::protect::{BreakerOverrides, BudgetOverrides, key};
use super::rules::{self, Found};
use super::sites::{Declared, Declares, SiteInfo, SiteList};
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
            budgets: settings(&config.budget, &config.text, sites, &faulty, &mut mistakes),
            breakers: settings(&config.breaker, &config.text, sites, &faulty, &mut mistakes),
        };
        mistakes.or((config, resolution))
    }
}

fn budget_names<'a>(config: &'a Config, sites: &'a SiteList) -> Shared<'a> {
    Shared {
        what: "budget",
        sections: config.budget.keys().map(String::as_str).collect(),
        declared: declared::<BudgetOverrides>(sites),
        used: |settings| settings.budget.as_ref(),
        refused: |_, _| None,
    }
}

fn breaker_names<'a>(config: &'a Config, sites: &'a SiteList) -> Shared<'a> {
    Shared {
        what: "breaker",
        sections: config.breaker.keys().map(String::as_str).collect(),
        declared: declared::<BreakerOverrides>(sites),
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
fn declared<O: Declares>(sites: &SiteList) -> BTreeSet<&str> {
    let names = sites.sites.iter().filter_map(|site| match O::declared(site) {
        Declared::Own { .. } => Some(site.name.as_str()),
        shared => shared.name(),
    });
    names.collect()
}

/// Whether a section or one of its keys has a mistake.
fn is_faulty(faulty: &BTreeSet<String>, section: &str) -> bool {
    let key = format!("{section}.");
    faulty.iter().any(|path| path == section || path.starts_with(&key))
}

/// What the attributes set the budget or breaker of this name to; `None` when they do not know it.
pub(crate) fn written<O: Declares>(sites: &SiteList, name: &str) -> Option<O::Settings> {
    let named = sites.sites.iter().filter(|site| {
        let declared = O::declared(site);
        declared.name() == Some(name) || (site.name == name && declared.name().is_none())
    });
    let set = named.filter_map(|site| O::declared(site).settings()).next();
    let known = declared::<O>(sites).contains(name);
    known.then(|| set.map_or_else(Default::default, |set: &O| set.over(Default::default())))
}

/// What the sections of budgets or of breakers come to, by their names.
fn settings<O: Declares>(
    sections: &BTreeMap<String, O>,
    text: &Text,
    sites: &SiteList,
    faulty: &BTreeSet<String>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, O::Settings> {
    let mut settings = BTreeMap::new();
    for (name, overrides) in sections {
        let set = overrides.over(written::<O>(sites, name).unwrap_or_default());
        let path = below(O::SECTION, name);
        if let Err(error) = O::validate(&set) {
            if !is_faulty(faulty, &path) {
                let origin = text.origin(&below(&path, key(&error)));
                mistakes.push(Mistake::new(origin, error.to_string()));
            }
        }
        settings.insert(name.clone(), set);
    }
    settings
}
