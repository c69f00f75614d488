//! Breakers and budgets by name: made when they are first asked for, and kept for the process's life.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What has a name, by name. There are as many as the source and the configuration name, so nothing is
/// ever taken out.
#[derive(Debug)]
pub(crate) struct Directory<T: 'static>(Mutex<BTreeMap<String, &'static T>>);

impl<T> Directory<T> {
    pub(crate) const fn new() -> Self {
        Directory(Mutex::new(BTreeMap::new()))
    }

    /// The one of this name, if it has been made.
    pub(crate) fn find(&self, name: &str) -> Option<&'static T> {
        self.lock().get(name).copied()
    }

    /// The one of this name, made now if it has not been.
    pub(crate) fn find_or_make(&self, name: &str, make: impl FnOnce() -> T) -> &'static T {
        let mut known = self.lock();
        if let Some(found) = known.get(name) {
            return found;
        }
        let made: &'static T = Box::leak(Box::new(make()));
        known.insert(name.to_owned(), made);
        made
    }

    /// All that have a name, in the order of the names.
    pub(crate) fn all(&self) -> Vec<&'static T> {
        self.lock().values().copied().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, &'static T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The settings that a name was given: the first that were declared, and a warning when others differ.
pub(super) fn agreed<T: Default + PartialEq>(
    what: &str,
    name: &str,
    mut declared: impl Iterator<Item = T>,
) -> T {
    let Some(first) = declared.next() else { return T::default() };
    if declared.any(|other| other != first) {
        crate::event::conflicting_settings(what, name);
    }
    first
}
