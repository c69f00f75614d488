//! Names in a configuration: patterns, and whether the named operations, profiles, budgets and breakers exist.

use std::collections::{BTreeMap, BTreeSet};

use retry_text::nearest;

use super::check::unknown_profile;
use super::environment::Environment;
use super::keys;
use super::mistake::{Mistake, Mistakes};
use super::model::Config;
use super::origin::{Origin, below};
use super::settings::Settings;
use super::sites::SiteList;
use super::value::Named;

/// The profile that is chosen exists: in a file, and by the environment.
pub(crate) fn profile(config: &Config, environment: &Environment, mistakes: &mut Mistakes) {
    let choices = [
        (&config.global.profile, config.text.origin("global.profile")),
        (&environment.profile, Origin::Environment { variable: "RETRY_PROFILE".to_owned() }),
    ];
    for (chosen, origin) in choices {
        if let Some(message) = unknown_profile(config, chosen.as_deref()) {
            mistakes.push(Mistake::new(origin, message));
        }
    }
}

/// Every operation and every pattern is one of the program's.
pub(crate) fn operations(config: &Config, sites: &SiteList, mistakes: &mut Mistakes) {
    let known = sites.names();
    for name in config.op.keys() {
        let message = if is_pattern(name) {
            if known.iter().any(|known| matches(name, known)) {
                continue;
            }
            unmatched(name, &known)
        } else if known.contains(&name.as_str()) {
            continue;
        } else {
            unknown_operation(name, &known)
        };
        mistakes.push(Mistake::new(config.text.origin(&below("op", name)), message));
    }
}

/// "unknown operation", with the nearest name, or the one that ends in it.
pub(crate) fn unknown_operation(name: &str, known: &[&str]) -> String {
    let end = format!("::{name}");
    match known.iter().find(|known| known.ends_with(&end)) {
        Some(whole) => format!("unknown operation `{name}`; did you mean `{whole}`?"),
        None => keys::unknown("operation", name, known),
    }
}

fn unmatched(pattern: &str, known: &[&str]) -> String {
    // The nearest prefix of a name, cut where the pattern has its star.
    let parts = pattern.matches("::").count();
    let starts: BTreeSet<String> = known
        .iter()
        .filter_map(|name| {
            let start: Vec<&str> = name.split("::").take(parts).collect();
            (start.len() == parts && parts > 0).then(|| start.join("::") + "::*")
        })
        .collect();
    let starts: Vec<&str> = starts.iter().map(String::as_str).collect();
    match nearest(pattern, &starts) {
        Some(meant) => format!("`{pattern}` matches no operation; did you mean `{meant}`?"),
        None if known.is_empty() => {
            format!("`{pattern}` matches no operation; there is none; remove it")
        }
        None => {
            format!("`{pattern}` matches no operation; the known ones are {}", keys::some(known))
        }
    }
}

/// What is shared by name: budgets, or breakers.
pub(crate) struct Shared<'a> {
    /// `budget`, `breaker`: the setting, and the table of sections.
    pub(crate) what: &'static str,
    /// The names of the configuration's sections.
    pub(crate) sections: Vec<&'a str>,
    /// The names that the program's attributes know.
    pub(crate) declared: BTreeSet<&'a str>,
    /// What a section says.
    pub(crate) used: fn(&Settings) -> Option<&Named>,
    /// Why one that the program has cannot be set.
    pub(crate) refused: fn(&SiteList, &str) -> Option<String>,
}

impl Shared<'_> {
    /// Every name that is used has a section or an attribute, and every section a use.
    pub(crate) fn check(
        &self,
        config: &Config,
        environment: &Environment,
        sites: &SiteList,
        mistakes: &mut Mistakes,
    ) {
        let mut uses: BTreeMap<&str, Origin> = BTreeMap::new();
        let sections = [("defaults".to_owned(), &config.defaults)].into_iter();
        let sections = sections
            .chain(config.profile.iter().map(|(name, settings)| (below("profile", name), settings)))
            .chain(config.op.iter().map(|(name, settings)| (below("op", name), settings)));
        for (path, settings) in sections {
            if let Some(Named::Name(name)) = (self.used)(settings) {
                uses.insert(name, config.text.origin(&below(&path, self.what)));
            }
        }
        for overrides in sites.names().into_iter().flat_map(|name| environment.of(name)) {
            if let Some(Named::Name(name)) = (self.used)(&overrides.settings) {
                uses.insert(name, overrides.origin(self.what));
            }
        }
        let known: Vec<&str> = self.sections.iter().chain(&self.declared).copied().collect();
        for (name, origin) in &uses {
            if !known.contains(name) {
                mistakes.push(Mistake::new(origin.clone(), keys::unknown(self.what, name, &known)));
            }
        }
        for name in &self.sections {
            // What stands for none was refused already.
            if !self.declared.contains(name) && !uses.contains_key(name) && *name != "none" {
                if let Some(message) = (self.refused)(sites, name) {
                    mistakes
                        .push(Mistake::new(config.text.origin(&below(self.what, name)), message));
                    continue;
                }
                let known: Vec<&str> = self.declared.iter().chain(uses.keys()).copied().collect();
                let message = keys::unknown(self.what, name, &known);
                let origin = config.text.origin(&below(self.what, name));
                mistakes.push(Mistake::new(origin, message));
            }
        }
    }
}

/// Whether the section's name is a pattern.
pub(crate) fn is_pattern(name: &str) -> bool {
    name.contains('*')
}

/// Whether `pattern`, in which each `*` stands for any text, matches the whole name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    // `split` gives at least one part.
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("billing::*", "billing::charge", true),
            ("billing::*", "billing::v2::charge", true),
            ("billing::*", "billing", false),
            ("*", "anything", true),
            ("*::charge", "billing::charge", true),
            ("*::charge", "billing::recharge", false),
            ("a*b*c", "a_b_c", true),
            ("a*b*c", "a_c_b", false),
            ("a*a", "a", false),
            ("**", "", true),
            ("charge", "charge", true),
            ("charge", "charges", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} on {name}");
        }
    }
}
