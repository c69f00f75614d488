//! Names of methods without their types: `billing::charge` for `billing::Client::charge`.
//!
//! A section or a variable may leave the type out where only one operation can be meant. Such a name is replaced by the
//! whole one before anything else reads it; its origin stays as it is written.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Draft;
use super::environment::{Environment, mangled};
use super::model::Config;
use super::names::is_pattern;
use super::origin::below;
use super::protect::{BreakerOverrides, BudgetOverrides, Overrides};
use super::sites::SiteList;

impl SiteList {
    /// The operations that this name stands for: the one that has the name, else the methods that have it without their
    /// types.
    pub(crate) fn meant(&self, name: &str) -> Vec<&str> {
        match self.get(name) {
            Some(site) => vec![&site.name],
            None => self.methods(|short| short == name),
        }
    }

    /// The operations whose name without the type is one of these, each once.
    pub(crate) fn methods(&self, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
        let meant = self.sites.iter().filter(|site| is_meant(site.without_type()));
        let names: BTreeSet<&str> = meant.map(|site| site.name.as_str()).collect();
        names.into_iter().collect()
    }

    /// The whole name, where `name` leaves out the type of one operation's.
    fn whole(&self, name: &str) -> Option<&str> {
        match self.meant(name)[..] {
            [only] if only != name && !is_pattern(name) => Some(only),
            _ => None,
        }
    }
}

impl Draft {
    /// Replaces names without a type by whole ones.
    pub(crate) fn complete(&mut self, sites: &SiteList) {
        let mut renamed = Vec::new();
        let Config { op, budget, breaker, .. } = &mut self.config;
        rename(op, "op", &BTreeSet::new(), sites, &mut renamed);
        let declared = sites.declared::<BudgetOverrides>();
        rename(budget, BudgetOverrides::SECTION, &declared, sites, &mut renamed);
        let declared = sites.declared::<BreakerOverrides>();
        rename(breaker, BreakerOverrides::SECTION, &declared, sites, &mut renamed);
        for (written, whole) in renamed {
            let faulty: Vec<String> =
                self.faulty.iter().filter_map(|path| moved(path, &written, &whole)).collect();
            self.faulty.extend(faulty);
            self.config.text.written.insert(whole, written);
        }
    }
}

/// The message for a name without a type beside the whole name.
pub(crate) fn both_written(whole: &str) -> String {
    format!("it stands for `{whole}`, which is set, too; write both under `{whole}`")
}

/// Renames sections; `renamed` gets the old and the new path of each.
fn rename<S>(
    sections: &mut BTreeMap<String, S>,
    what: &str,
    declared: &BTreeSet<&str>,
    sites: &SiteList,
    renamed: &mut Vec<(String, String)>,
) {
    let short: Vec<(String, String)> = sections
        .keys()
        .filter(|name| !declared.contains(name.as_str()))
        .filter_map(|name| Some((name.clone(), sites.whole(name)?.to_owned())))
        .collect();
    for (name, whole) in short {
        if sections.contains_key(&whole) {
            continue;
        }
        if let Some(section) = sections.remove(&name) {
            renamed.push((below(what, &name), below(what, &whole)));
            sections.insert(whole, section);
        }
    }
}

/// The path below `to`, if it is `from` or below it.
pub(crate) fn moved(path: &str, from: &str, to: &str) -> Option<String> {
    let rest = path.strip_prefix(from)?;
    (rest.is_empty() || rest.starts_with('.')).then(|| format!("{to}{rest}"))
}

impl Environment {
    /// Replaces names without a type by whole ones.
    pub(crate) fn complete(&mut self, sites: &SiteList) {
        let names = sites.names();
        let whole = |name: &String| {
            let is_known = names.iter().any(|known| mangled(known) == *name);
            let meant = sites.methods(|short| mangled(short) == *name);
            match meant[..] {
                [only] if !is_known => Some((name.clone(), mangled(only))),
                _ => None,
            }
        };
        let short: Vec<(String, String)> = self.operations.keys().filter_map(whole).collect();
        for (name, whole) in short {
            if self.operations.contains_key(&whole) {
                continue;
            }
            if let Some(variables) = self.operations.remove(&name) {
                self.operations.insert(whole, variables);
            }
        }
    }
}
