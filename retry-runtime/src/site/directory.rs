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

    /// The one of this name, made now if it has not been: of the first settings that were declared, and with
    /// a warning when others differ.
    ///
    /// Nothing is locked while it is made and while somebody is warned, who may ask for it.
    pub(super) fn find_or_make<S: Default + PartialEq>(
        &self,
        what: &str,
        name: &str,
        mut declared: impl Iterator<Item = S>,
        make: impl FnOnce(S) -> T,
    ) -> &'static T {
        if let Some(found) = self.find(name) {
            return found;
        }
        let first = declared.next();
        let disagree = first.as_ref().is_some_and(|first| declared.any(|other| other != *first));
        let made = make(first.unwrap_or_default());
        let mut known = self.lock();
        // Somebody else may have made it in the meantime.
        if let Some(found) = known.get(name) {
            return found;
        }
        let made: &'static T = Box::leak(Box::new(made));
        known.insert(name.to_owned(), made);
        drop(known);
        if disagree {
            crate::event::conflicting_settings(what, name);
        }
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
