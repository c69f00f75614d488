//! Checks a configuration against the functions of a program.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::environment::Environment;
use super::layers::Resolved;
use super::mistake::{ConfigErrors, Mistake, Mistakes};
use super::model::Config;
use super::names;
use super::origin::below;
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides, key};
use super::rules::{self, Found};
use super::sites::SiteList;
use retry_runtime::breaker::BreakerSettings;
use retry_runtime::budget::BudgetSettings;

/// The values of a program under a configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolution {
    /// In the order of the site list.
    pub(crate) sites: Vec<Resolved>,
    /// Settings of the budgets that have a section, by name.
    pub(crate) budgets: BTreeMap<String, BudgetSettings>,
    /// Settings of the breakers that have a section, by name.
    pub(crate) breakers: BTreeMap<String, BreakerSettings>,
}

impl Draft {
    /// Checks the configuration against the program, and gives the values of the program.
    pub(crate) fn resolve(
        mut self,
        sites: &SiteList,
    ) -> Result<(Config, Resolution), ConfigErrors> {
        let mut environment = Environment::read(&self.config, &mut self.mistakes);
        let written = self.config.clone();
        environment.complete(sites);
        self.complete(sites);
        let Draft { config, mut mistakes, faulty } = self;
        names::profile(&config, &environment, &mut mistakes);
        names::operations(&config, sites, &mut mistakes);
        environment.check_names(sites, &mut mistakes);
        names::shared::<BudgetOverrides>(&config, &environment, sites, &mut mistakes);
        names::shared::<BreakerOverrides>(&config, &environment, sites, &mut mistakes);
        let mut found = Found::default();
        let resolved = sites
            .sites
            .iter()
            .map(|site| rules::check(&config, &environment, &faulty, site, &mut found))
            .collect();
        found.report(&mut mistakes);
        let resolution = Resolution {
            sites: resolved,
            budgets: settings::<BudgetOverrides>(&config, sites, &faulty, &mut mistakes),
            breakers: settings::<BreakerOverrides>(&config, sites, &faulty, &mut mistakes),
        };
        mistakes.or((written, resolution))
    }
}

/// Whether a section or one of its keys has a mistake.
fn is_faulty(faulty: &BTreeSet<String>, section: &str) -> bool {
    let key = format!("{section}.");
    faulty.iter().any(|path| path == section || path.starts_with(&key))
}

/// The settings of the budget or breaker of this name in the attributes; `None` when no attribute has the name.
pub(crate) fn declared<O: Overrides>(sites: &SiteList, name: &str) -> Option<O::Settings> {
    let set = sites.settings_of::<O>(name)?;
    Some(set.map_or_else(Default::default, |set| set.over(Default::default())))
}

/// The settings of all budgets, or of all breakers, that have a section.
fn settings<O: Overrides>(
    config: &Config,
    sites: &SiteList,
    faulty: &BTreeSet<String>,
    mistakes: &mut Mistakes,
) -> BTreeMap<String, O::Settings> {
    let mut settings = BTreeMap::new();
    for (name, overrides) in O::sections(config) {
        let set = overrides.over(declared::<O>(sites, name).unwrap_or_default());
        let path = below(O::SECTION, name);
        if let Err(error) = O::validate(&set) {
            if !is_faulty(faulty, &path) {
                let origin = config.text.origin(&below(&path, key(&error)));
                mistakes.push(Mistake::new(origin, error.to_string()));
            }
        }
        settings.insert(name.clone(), set);
    }
    settings
}
