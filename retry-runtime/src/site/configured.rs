//! Budgets and breakers that a configuration has put in the place of those of the attributes, by name.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a configuration has settings for, by name.
///
/// Everything that was ever made stays in memory, since calls in flight may hold it for as long as they
/// like; the same settings of the same name are made once.
#[derive(Debug)]
pub(super) struct Configured<T: 'static>(Mutex<Names<T>>);

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

    /// From now on these are the ones of their names. One whose settings stay the same stays as it is; one
    /// that comes back starts anew.
    #[cfg(feature = "config")]
    pub(super) fn replace<S>(
        &self,
        settings: &BTreeMap<String, S>,
        has: impl Fn(&T, &S) -> bool,
        make: impl Fn(&str, &S) -> Option<T>,
        restart: impl Fn(&T),
    ) -> BTreeMap<String, &'static T> {
        let mut names = self.lock();
        let mut next = BTreeMap::new();
        for (name, settings) in settings {
            let is_it = |(known, one): &&(String, &'static T)| known == name && has(one, settings);
            let known = names.kept.iter().find(is_it).map(|(_, one)| *one);
            let stays =
                |one: &&'static T| names.now.get(name).is_some_and(|now| std::ptr::eq(*now, *one));
            let one = match known {
                Some(one) if stays(&one) => one,
                Some(one) => {
                    restart(one);
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
        names.now.clone_from(&next);
        next
    }

    fn lock(&self) -> MutexGuard<'_, Names<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
