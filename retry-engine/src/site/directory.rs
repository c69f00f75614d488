//! Budgets or breakers by name.
//!
//! All of them stay in memory, since calls in flight may hold them.

use std::sync::{Mutex, MutexGuard};

use crate::base::by_name::ByName;
use crate::base::sync::lock;

/// All budgets or all breakers that have a name.
#[derive(Debug)]
pub struct Names<T: 'static> {
    /// Declared by attributes.
    pub(super) written: Directory<T>,
    configured: Mutex<Configured<T>>,
}

/// Budgets or breakers by name, each made at its first use.
#[derive(Debug)]
pub(super) struct Directory<T: 'static>(Mutex<ByName<&'static T>>);

/// The budgets or breakers of a configuration.
#[derive(Debug)]
pub(super) struct Configured<T: 'static> {
    /// In use instead of the attributes' budgets or breakers of the same names.
    pub(super) now: ByName<&'static T>,
    /// Everything that was ever made: one is not made twice.
    pub(super) kept: ByName<&'static T>,
}

impl<T> Names<T> {
    pub(super) const fn new() -> Self {
        let configured = Configured { now: ByName::new(), kept: ByName::new() };
        Names { written: Directory::new(), configured: Mutex::new(configured) }
    }

    pub(super) fn configured(&self) -> MutexGuard<'_, Configured<T>> {
        lock(&self.configured)
    }
}

impl<T> Configured<T> {
    /// The one that was made for this name before, or a new one.
    pub(super) fn kept_or(&mut self, name: &str, make: impl FnOnce() -> T) -> &'static T {
        if let Some(known) = self.kept.get(name) {
            return known;
        }
        let made: &'static T = Box::leak(Box::new(make()));
        self.kept.insert(name.to_owned(), made);
        made
    }
}

impl<T> Directory<T> {
    pub(super) const fn new() -> Self {
        Directory(Mutex::new(ByName::new()))
    }

    /// The entry of this name, if it exists.
    pub(super) fn find(&self, name: &str) -> Option<&'static T> {
        lock(&self.0).get(name).copied()
    }

    /// All entries, in the order of their names.
    pub(super) fn all(&self) -> Vec<&'static T> {
        lock(&self.0).entries().iter().map(|(_, known)| *known).collect()
    }

    /// The number of entries.
    pub(super) fn len(&self) -> usize {
        lock(&self.0).entries().len()
    }

    /// Stores `made` under this name, unless another thread has stored one meanwhile; returns the stored one, and
    /// whether it is `made`.
    pub(super) fn keep(&self, name: &str, made: T) -> (&'static T, bool) {
        self.keep_made(name, || made)
    }

    /// [`keep`](Self::keep) for an entry that is made under the lock, and only if it is stored.
    pub(super) fn keep_made(&self, name: &str, make: impl FnOnce() -> T) -> (&'static T, bool) {
        let mut known = lock(&self.0);
        if let Some(found) = known.get(name) {
            return (found, false);
        }
        let made: &'static T = Box::leak(Box::new(make()));
        known.insert(name.to_owned(), made);
        (made, true)
    }
}
