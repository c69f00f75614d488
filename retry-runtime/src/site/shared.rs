//! Budgets and breakers by name: those that functions share, and those that a configuration puts in the place
//! of the attributes' ones.
//!
//! There are as many as the source and the configuration name; all of them stay in memory, since calls in
//! flight may hold them.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::registry;
use super::source::{Protection, Source};

type ByName<T> = BTreeMap<String, &'static T>;

/// All budgets or breakers that have a name.
#[derive(Debug)]
pub struct Shared<T: 'static> {
    /// The attributes' ones.
    pub(super) written: Directory<T>,
    configured: Mutex<Configured<T>>,
}

/// Named things, made when they are first asked for.
#[derive(Debug)]
pub(super) struct Directory<T: 'static>(Mutex<ByName<T>>);

#[derive(Debug)]
struct Configured<T: 'static> {
    /// In the place of the attributes' ones.
    now: ByName<T>,
    /// Everything that was ever made: the same settings of the same name are made once.
    kept: Vec<(String, &'static T)>,
}

/// The result of a change of configuration.
#[derive(Debug)]
pub(crate) struct Replaced<T: 'static> {
    /// In the place of the attributes' ones.
    pub(crate) now: ByName<T>,
    /// Those that are in use again, to be reset when nothing is locked: a breaker tells its listeners.
    pub(crate) restart: Vec<&'static T>,
}

impl<T> Shared<T> {
    pub(super) const fn new() -> Self {
        let configured = Configured { now: BTreeMap::new(), kept: Vec::new() };
        Shared { written: Directory::new(), configured: Mutex::new(configured) }
    }

    /// Those of the configuration.
    pub(super) fn configured(&self) -> ByName<T> {
        lock(&self.configured).now.clone()
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

    /// The one of this name, made of the first settings that an attribute gives to this name; warns when
    /// others differ.
    ///
    /// Nothing is locked during making and warning: a listener may ask for the same name.
    pub(super) fn find_or_make<P: Protection>(
        &self,
        name: &'static str,
        make: impl FnOnce(P::Settings) -> T,
    ) -> &'static T {
        if let Some(found) = self.find(name) {
            return found;
        }
        let mut declared = registry::sites().filter_map(|site| P::source(site).declared_for(name));
        let first = declared.next();
        let disagree = first.is_some_and(|first| declared.any(|other| other != first));
        let made = make(first.unwrap_or_default());
        let mut known = lock(&self.0);
        // Another thread may have made it in the meantime.
        if let Some(found) = known.get(name) {
            return found;
        }
        let made: &'static T = Box::leak(Box::new(made));
        known.insert(name.to_owned(), made);
        drop(known);
        if disagree {
            crate::event::conflicting_settings(P::WORD, name);
        }
        made
    }
}

/// The one that functions share by this name, as their attributes set it.
pub(super) fn of_name<T: Protection>(name: &'static str) -> &'static T {
    T::shared().written.find_or_make::<T>(name, |settings| T::make(name.into(), settings))
}

/// The one that is in use under this name: the configuration's, a shared one, or that of the function of this
/// name.
pub(crate) fn find<T: Protection>(name: &str) -> Option<&'static T> {
    let shared = T::shared();
    let configured = lock(&shared.configured).now.get(name).copied();
    let declared = || {
        let mut sources = registry::sites().map(T::source);
        sources.find(|source| source.shared_name() == Some(name))?.get()
    };
    let own = || registry::sites_named(name).into_iter().find_map(|site| T::source(site).get());
    configured.or_else(|| shared.written.find(name)).or_else(declared).or_else(own)
}

/// The attributes' ones of this name, each once: a shared one, or those of the functions of this name.
pub(crate) fn written<T: Protection>(name: &str) -> Vec<&'static T> {
    let mut found: Vec<&'static T> = Vec::new();
    for site in registry::sites() {
        let source = T::source(site);
        let own = matches!(source, Source::Own(_)) && site.name() == name;
        if own || source.shared_name() == Some(name) {
            let one = source.get().filter(|one| !found.iter().any(|known| ptr::eq(*known, *one)));
            found.extend(one);
        }
    }
    found
}

/// Gives these names these settings, which have passed their check, and all other names those of the
/// attributes. A budget or breaker whose settings stay the same is kept as it is, also an attribute's one.
pub(crate) fn configure<T: Protection>(settings: &BTreeMap<String, T::Settings>) -> Replaced<T> {
    let as_written = |name: &str, settings: &T::Settings| {
        let written = written::<T>(name);
        !written.is_empty() && written.iter().all(|one| one.settings() == settings)
    };
    let others: Vec<_> =
        settings.iter().filter(|(name, settings)| !as_written(name, settings)).collect();
    let mut configured = lock(&T::shared().configured);
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
