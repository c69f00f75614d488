//! Budgets or breakers by name.
//!
//! There are as many as the source and the configuration name; all of them stay in memory, since calls in
//! flight may hold them.

use crate::base::sync::unpoisoned;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

pub(super) type ByName<T> = BTreeMap<String, &'static T>;

/// All budgets or all breakers that have a name.
#[derive(Debug)]
pub struct Names<T: 'static> {
    /// The attributes' ones.
    pub(super) written: Directory<T>,
    configured: Mutex<Configured<T>>,
}

/// Named things, made when they are first asked for.
#[derive(Debug)]
pub(super) struct Directory<T: 'static>(Mutex<ByName<T>>);

/// Those of a configuration.
#[derive(Debug)]
pub(super) struct Configured<T: 'static> {
    /// In the place of the attributes' ones.
    pub(super) now: ByName<T>,
    /// Everything that was ever made: the same settings of the same name are made once.
    pub(super) kept: Vec<(String, &'static T)>,
}

impl<T> Names<T> {
    pub(super) const fn new() -> Self {
        let configured = Configured { now: BTreeMap::new(), kept: Vec::new() };
        Names { written: Directory::new(), configured: Mutex::new(configured) }
    }

    pub(super) fn configured(&self) -> MutexGuard<'_, Configured<T>> {
        lock(&self.configured)
    }
}

impl<T> Directory<T> {
    pub(super) const fn new() -> Self {
        Directory(Mutex::new(BTreeMap::new()))
    }

    /// The one of this name, if it has been made.
    pub(super) fn find(&self, name: &str) -> Option<&'static T> {
        lock(&self.0).get(name).copied()
    }

    /// All of them, in the order of their names.
    pub(super) fn all(&self) -> Vec<&'static T> {
        lock(&self.0).values().copied().collect()
    }

    /// Keeps the one that was made for this name, or returns the one that another thread has made meanwhile;
    /// and whether it was kept.
    pub(super) fn keep(&self, name: &str, made: T) -> (&'static T, bool) {
        let mut known = lock(&self.0);
        if let Some(found) = known.get(name) {
            return (found, false);
        }
        let made: &'static T = Box::leak(Box::new(made));
        known.insert(name.to_owned(), made);
        (made, true)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}
