//! Names in a configuration: patterns, and whether the named operations, profiles, budgets and breakers exist.

use std::collections::{BTreeMap, BTreeSet};

use retry_text::nearest;

use super::check::unknown_profile;
use super::environment::Environment;
use super::keys;
use super::mistake::{Mistake, Mistakes};
use super::model::Config;
use super::origin::{Origin, below};
use super::protect::Overrides;
use super::short::both_written;
use super::sites::SiteList;
use super::value::Named;

/// Checks that the profiles that the file and the environment choose exist.
pub(crate) fn profile(config: &Config, environment: &Environment, mistakes: &mut Mistakes) {
    let choices = [
        (&config.global.profile, config.text.origin("global.profile")),
        (&environment.profile, Origin::variable("RETRY_PROFILE")),
    ];
    for (chosen, origin) in choices {
        if let Some(message) = unknown_profile(config, chosen.as_deref()) {
            mistakes.push(Mistake::new(origin, message));
        }
    }
}

/// Checks that each name and each pattern matches an operation of the program.
pub(crate) fn operations(config: &Config, sites: &SiteList, mistakes: &mut Mistakes) {
    let known = sites.names();
    for name in config.op.keys() {
        let message = if is_pattern(name) {
            if sites.sites.iter().any(|site| site.matches(name)) {
                continue;
            }
            unmatched(name, &known)
        } else if known.contains(&name.as_str()) {
            continue;
        } else {
            unknown_operation(name, sites)
        };
        mistakes.push(Mistake::new(config.text.origin(&below("op", name)), message));
    }
}

/// "unknown operation", with the nearest name, or the one that ends in this name; or the methods of several types that
/// the name stands for.
pub(crate) fn unknown_operation(name: &str, sites: &SiteList) -> String {
    let known = &sites.names();
    match sites.meant(name)[..] {
        [] => {}
        [whole] => return both_written(whole),
        ref methods => {
            let methods = keys::some(methods);
            return format!("`{name}` stands for each of {methods}; write a section for each");
        }
    }
    let end = format!("::{name}");
    match known.iter().find(|known| known.ends_with(&end)) {
        Some(whole) => format!("unknown operation `{name}`; did you mean `{whole}`?"),
        None => keys::unknown("operation", name, known),
    }
}

fn unmatched(pattern: &str, known: &[&str]) -> String {
    // The names cut to as many parts as the pattern has before its star; the nearest is proposed.
    let parts = pattern.matches("::").count();
    let starts: BTreeSet<String> = known
        .iter()
        .filter_map(|name| {
            let start: Vec<&str> = name.split("::").take(parts).collect();
            (start.len() == parts && parts > 0).then(|| start.join("::") + "::*")
        })
        .collect();
    let starts: Vec<&str> = starts.iter().map(String::as_str).collect();
    let problem = format!("`{pattern}` matches no operation");
    keys::meant_or_known(&problem, nearest(pattern, &starts), known)
}

/// Checks the names of budgets, or of breakers: every name that is used must have a section or an attribute, and every
/// section must be used.
pub(crate) fn shared<O: Overrides>(
    config: &Config,
    environment: &Environment,
    sites: &SiteList,
    mistakes: &mut Mistakes,
) {
    let what = O::SECTION;
    let mut uses: BTreeMap<&str, Origin> = BTreeMap::new();
    let profiles = config.profile.iter().map(|(name, settings)| (below("profile", name), settings));
    let operations = config.op.iter().map(|(name, settings)| (below("op", name), settings));
    let defaults = [("defaults".to_owned(), &config.defaults)].into_iter();
    for (path, settings) in defaults.chain(profiles).chain(operations) {
        if let Some(Named::Name(name)) = O::used(settings) {
            uses.insert(name, config.text.origin(&below(&path, what)));
        }
    }
    for variables in sites.names().into_iter().flat_map(|name| environment.of(name)) {
        if let Some(Named::Name(name)) = O::used(&variables.settings) {
            uses.insert(name, variables.origin(what));
        }
    }
    let (declared, tables) = (sites.declared::<O>(), sites.tables::<O>());
    let sections = || O::sections(config).keys().map(String::as_str);
    let known: Vec<&str> =
        sections().chain(declared.iter().copied()).filter(|name| !tables.contains(name)).collect();
    for (name, origin) in &uses {
        if !known.contains(name) {
            mistakes.push(Mistake::new(origin.clone(), keys::unknown(what, name, &known)));
        }
    }
    // A section with the name `none` is refused when it is read.
    for name in sections().filter(|name| *name != "none") {
        if !declared.contains(name) && !uses.contains_key(name) {
            let known: Vec<&str> = declared.iter().chain(uses.keys()).copied().collect();
            let message = keys::unknown(what, name, &known);
            mistakes.push(Mistake::new(config.text.origin(&below(what, name)), message));
        }
    }
}

/// Whether the name of a section is a pattern.
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
