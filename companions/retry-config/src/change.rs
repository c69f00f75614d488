//! The values that an applied configuration has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use retry_runtime::control::{self, OneLine};
use retry_runtime::events;
use serde::Serialize;

use super::explain::{Explained, rows};
use super::origin::{Origin, below};
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides};
use super::resolve::{Resolution, declared};
use super::sites::SiteList;

/// A value that changed.
///
/// ```
/// use retry_config::Config;
///
/// let applied = retry_config::apply(Config::default())?;
/// for change in &applied.changes {
///     println!("{} {}: {:?} -> {:?} by {}", change.name, change.setting, change.before, change.after, change.origin);
/// }
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The operation's name, or `budget.NAME`, `breaker.NAME`.
    pub name: String,
    /// The setting.
    pub setting: &'static str,
    /// The value before, as a file would write it; `None` when the setting was not set.
    pub before: Option<String>,
    /// The value now.
    pub after: Option<String>,
    /// Where the new value comes from.
    pub origin: Origin,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { name, setting, origin, .. } = self;
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let (before, after) = (shown(&self.before), shown(&self.after));
        write!(f, "{}", OneLine(format_args!("{name}: {setting} {before} -> {after} ({origin})")))
    }
}

/// The differences between two states of a program.
pub(crate) fn changes(
    sites: &SiteList,
    before: &Resolution,
    after: &Resolution,
    origin: impl Fn(&str) -> Origin,
) -> Vec<Change> {
    let mut changes = Vec::new();
    for (i, site) in sites.sites.iter().enumerate() {
        let (Some(old), Some(new)) = (before.sites.get(i), after.sites.get(i)) else { continue };
        if old != new {
            operation(&site.name, &rows(site, old), &rows(site, new), &mut changes);
        }
    }
    shared::<BudgetOverrides>(sites, &before.budgets, &after.budgets, &origin, &mut changes);
    shared::<BreakerOverrides>(sites, &before.breakers, &after.breakers, &origin, &mut changes);
    changes
}

fn operation(name: &str, before: &[Explained], after: &[Explained], changes: &mut Vec<Change>) {
    for row in after {
        let old = before.iter().find(|old| old.setting == row.setting);
        let before = old.map(|old| old.value.clone());
        if before.as_ref() != Some(&row.value) {
            changes.push(Change {
                name: name.to_owned(),
                setting: row.setting,
                before,
                after: Some(row.value.clone()),
                origin: row.origin.clone(),
            });
        }
    }
}

/// The changed settings of budgets, or of breakers.
fn shared<O: Overrides>(
    sites: &SiteList,
    before: &BTreeMap<String, O::Settings>,
    after: &BTreeMap<String, O::Settings>,
    origin: &impl Fn(&str) -> Origin,
    changes: &mut Vec<Change>,
) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let of = |set: &BTreeMap<String, O::Settings>| -> BTreeMap<&'static str, String> {
            let settings = set.get(name).copied().or_else(|| declared::<O>(sites, name));
            let entries = settings.map(|settings| O::of(&settings).entries()).unwrap_or_default();
            entries.into_iter().map(|(key, value)| (key, value.to_string())).collect()
        };
        let name = below(O::SECTION, name);
        let (old, new) = (of(before), of(after));
        let settings: BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for setting in settings {
            let (before, after) = (old.get(setting).cloned(), new.get(setting).cloned());
            if before != after {
                let origin = origin(&format!("{name}.{setting}"));
                changes.push(Change { name: name.clone(), setting, before, after, origin });
            }
        }
    }
}

/// Emits the event `config.applied`.
pub(super) fn announce(file: Option<&str>, changes: &[Change]) {
    let changes = changes.iter().map(|change| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        events::Change::new(
            change.name.clone(),
            change.setting,
            text(&change.before),
            text(&change.after),
        )
    });
    control::config_applied(file.unwrap_or("the program").to_owned(), changes);
}
