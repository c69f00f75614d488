//! Budgets and breakers that a configuration has put in the place of those of the attributes, by name.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a configuration has settings for, by name.
///
/// Everything that was ever made stays in memory, since calls in flight may hold it for as long as they
/// like; the same settings of the same name are made once.
#[derive(Debug)]
pub(super) struct Configured<T: 'static>(Mutex<Names<T>>);

/// What holds after a change.
#[derive(Debug)]
pub(crate) struct Replaced<T: 'static> {
    /// The ones of their names that stand in the place of those of the attributes.
    pub(crate) now: BTreeMap<String, &'static T>,
    /// Those that are in use again after others: to be restarted when nothing is locked, since a breaker
    /// tells everybody who listens.
    pub(crate) restart: Vec<&'static T>,
}

#[derive(Debug)]
struct Names<T: 'static> {
    now: BTreeMap<String, &'static T>,
    kept: Vec<(String, &'static T)>,
}

impl<T> Configured<T> {
    pub(super) const fn new() -> Self {
        Configured(Mutex::new(Names { now: BTreeMap::new(), kept: Vec::new() }))
    }

    /// The one of this name, if the configuration has settings for it.
    pub(super) fn find(&self, name: &str) -> Option<&'static T> {
        self.lock().now.get(name).copied()
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> BTreeMap<String, &'static T> {
        self.lock().now.clone()
    }

    /// From now on these are the ones of their names. One whose settings stay the same stays as it is, also
    /// one that the attributes have `written`; what comes into use again is to be restarted.
    pub(super) fn replace<S>(
        &self,
        settings: &BTreeMap<String, S>,
        written: impl Fn(&str) -> Vec<&'static T>,
        has: impl Fn(&T, &S) -> bool,
        make: impl Fn(&str, &S) -> Option<T>,
    ) -> Replaced<T> {
        let as_written = |name: &str, settings: &S| {
            let written = written(name);
            !written.is_empty() && written.iter().all(|one| has(one, settings))
        };
        let others: Vec<(&String, &S)> =
            settings.iter().filter(|(name, settings)| !as_written(name, settings)).collect();
        let mut names = self.lock();
        let mut next = BTreeMap::new();
        let mut restart = Vec::new();
        for (name, settings) in others {
            let is_it = |(known, one): &&(String, &'static T)| known == name && has(one, settings);
            let known = names.kept.iter().find(is_it).map(|(_, one)| *one);
            let stays =
                |one: &&'static T| names.now.get(name).is_some_and(|now| std::ptr::eq(*now, *one));
            let one = match known {
                Some(one) if stays(&one) => one,
                Some(one) => {
                    restart.push(one);
                    one
                }
                None => {
                    let Some(made) = make(name, settings) else { continue };
                    let made: &'static T = Box::leak(Box::new(made));
                    names.kept.push((name.clone(), made));
                    made
                }
            };
            next.insert(name.clone(), one);
        }
        let before = std::mem::replace(&mut names.now, next.clone());
        drop(names);
        let back = before.keys().filter(|name| !next.contains_key(*name));
        restart.extend(back.flat_map(|name| written(name)));
        Replaced { now: next, restart }
    }

    fn lock(&self) -> MutexGuard<'_, Names<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the attributes of several functions have, each once.
pub(super) fn each_once<T>(ones: impl Iterator<Item = &'static T>) -> Vec<&'static T> {
    let mut found: Vec<&'static T> = Vec::new();
    for one in ones {
        if !found.iter().any(|known| std::ptr::eq(*known, one)) {
            found.push(one);
        }
    }
    found
}
