//! Finds the budget or the breaker of a name.

use std::ptr;

use super::registry;
use super::source::Protection;

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
