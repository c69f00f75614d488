//! Finds the budget or the breaker of a name, and replaces the attributes' budgets and breakers by a
//! configuration's.

use std::collections::BTreeMap;
use std::ptr;

use super::directory::ByName;
use super::registry;
use super::source::Protection;

/// The result of a change of configuration.
#[derive(Debug)]
pub(super) struct Replaced<T: 'static> {
    /// In use instead of the attributes' budgets or breakers of the same names.
    pub(super) now: ByName<T>,
    /// In use again, to be reset when nothing is locked: a breaker calls its listeners.
    pub(super) restart: Vec<&'static T>,
}

/// The budget or breaker in use under this name: the configuration's, a shared one, or the own one of the function
/// of this name.
pub(crate) fn find<T: Protection>(name: &str) -> Option<&'static T> {
    let names = T::names();
    let configured = names.configured().now.get(name).copied();
    let declared = || {
        let mut sources = registry::sites().map(T::source);
        sources.find(|source| source.shared_name() == Some(name))?.get()
    };
    let own = || registry::sites_named(name).into_iter().find_map(|site| T::source(site).get());
    configured.or_else(|| names.written.find(name)).or_else(declared).or_else(own)
}

/// The budgets or breakers that attributes declare under this name, each once: a shared one, or the functions' own.
pub(super) fn written<T: Protection>(name: &str) -> Vec<&'static T> {
    let mut found: Vec<&'static T> = Vec::new();
    let of_name = registry::sites().filter(|site| T::source(site).name_in(site) == Some(name));
    for one in of_name.filter_map(|site| T::source(site).get()) {
        if !found.iter().any(|known| ptr::eq(*known, one)) {
            found.push(one);
        }
    }
    found
}

/// Applies valid settings by name; all other names go back to the settings of their attributes. A budget or breaker
/// whose settings stay the same is kept, also an attribute's.
pub(super) fn configure<T: Protection>(settings: &BTreeMap<String, T::Settings>) -> Replaced<T> {
    let as_written = |name: &str, settings: &T::Settings| {
        let written = written::<T>(name);
        !written.is_empty() && written.iter().all(|one| one.settings() == settings)
    };
    let others: Vec<_> =
        settings.iter().filter(|(name, settings)| !as_written(name, settings)).collect();
    let mut configured = T::names().configured();
    let (mut next, mut restart) = (BTreeMap::new(), Vec::new());
    for (name, settings) in others {
        let mut kept = configured.kept.iter();
        let known = kept.find(|(known, one)| known == name && one.settings() == settings);
        let one = match known {
            Some((_, one)) => {
                if !configured.now.get(name).is_some_and(|now| ptr::eq(*now, *one)) {
                    restart.push(*one);
                }
                *one
            }
            None => {
                let made: &'static T = Box::leak(Box::new(T::make(name.clone().into(), *settings)));
                configured.kept.push((name.clone(), made));
                made
            }
        };
        next.insert(name.clone(), one);
    }
    let before = std::mem::replace(&mut configured.now, next.clone());
    drop(configured);
    let back = before.keys().filter(|name| !next.contains_key(*name));
    restart.extend(back.flat_map(|name| written::<T>(name)));
    Replaced { now: next, restart }
}
