//! What applying a configuration has changed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::explain::{Explained, rows};
use super::origin::{Origin, below};
use super::protect::{BreakerOverrides, BudgetOverrides};
use super::resolve::{Resolution, written};
use super::sites::SiteList;
use super::written::Written;

/// One value that is another one than before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The operation's name, or `budget.NAME`, `breaker.NAME`.
    pub name: String,
    /// The setting.
    pub setting: &'static str,
    /// The value before, as a file would say it; `None` when nothing was said.
    pub before: Option<String>,
    /// The value from now on.
    pub after: Option<String>,
    /// Where the new value comes from.
    pub origin: Origin,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { name, setting, origin, .. } = self;
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        write!(f, "{name}: {setting} {} -> {} ", shown(&self.before), shown(&self.after))?;
        write!(f, "({origin})")
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
    let names = before.budgets.keys().chain(after.budgets.keys());
    let budgets = |of: &Resolution| -> Sections {
        let set = |name| {
            of.budgets.get(name).copied().or_else(|| written::<BudgetOverrides>(sites, name))
        };
        let sections = names.clone().filter_map(|name| {
            Some((below("budget", name), BudgetOverrides::of(&set(name)?).entries()))
        });
        sections.collect()
    };
    let names = before.breakers.keys().chain(after.breakers.keys());
    let breakers = |of: &Resolution| -> Sections {
        let set = |name| {
            of.breakers.get(name).copied().or_else(|| written::<BreakerOverrides>(sites, name))
        };
        let sections = names.clone().filter_map(|name| {
            Some((below("breaker", name), BreakerOverrides::of(&set(name)?).entries()))
        });
        sections.collect()
    };
    shared(&budgets(before), &budgets(after), &origin, &mut changes);
    shared(&breakers(before), &breakers(after), &origin, &mut changes);
    changes
}

fn operation(name: &str, before: &[Explained], after: &[Explained], changes: &mut Vec<Change>) {
    let value = |rows: &[Explained], setting| {
        rows.iter().find(|row| row.setting == setting).map(|row| row.value.clone())
    };
    for row in after {
        let before = value(before, row.setting);
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

type Sections = BTreeMap<String, Vec<(&'static str, Written)>>;

/// Settings of budgets or breakers, each with all of its settings.
fn shared(
    before: &Sections,
    after: &Sections,
    origin: &impl Fn(&str) -> Origin,
    changes: &mut Vec<Change>,
) {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let of = |sections: &Sections| -> BTreeMap<&'static str, String> {
            let entries = sections.get(name).into_iter().flatten();
            entries.map(|(key, value)| (*key, value.to_string())).collect()
        };
        let (old, new) = (of(before), of(after));
        let settings: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for setting in settings {
            let (before, after) = (old.get(setting).cloned(), new.get(setting).cloned());
            if before != after {
                let origin = origin(&format!("{name}.{setting}"));
                changes.push(Change { name: name.clone(), setting, before, after, origin });
            }
        }
    }
}
