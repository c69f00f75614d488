//! The budgets and breakers of a scope: each a fresh one like the process's own.

use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use super::shared::{Shared, lock};
use retry_runtime::breaker::{Breaker, Keyed};
use retry_runtime::budget::Budget;

/// The scope's own, by the address of the process's. They are never freed, since calls that are dropped late
/// may still hold them: a few hundred bytes for each function that is tested, in a process that tests.
#[derive(Default)]
pub(super) struct Twins {
    budgets: HashMap<usize, &'static Budget>,
    breakers: HashMap<usize, &'static Breaker>,
    tables: HashMap<usize, Arc<Keyed<String>>>,
}

impl std::fmt::Debug for Twins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Twins").finish_non_exhaustive()
    }
}

impl Twins {
    /// Everything begins anew.
    pub(super) fn clear(&mut self) {
        *self = Twins::default();
    }
}

impl Shared {
    /// The scope's own budget in the place of this one; `None` when budgets are off.
    pub(crate) fn budget(&self, of: &'static Budget) -> Option<&'static Budget> {
        if !lock(&self.settings).budget {
            return None;
        }
        let mut twins = lock(&self.twins);
        let fresh = || &*Box::leak(Box::new(Budget::new(*of.settings())));
        Some(twins.budgets.entry(ptr::from_ref(of).addr()).or_insert_with(fresh))
    }

    /// The scope's own breaker in the place of this one.
    pub(crate) fn breaker(&self, of: &'static Breaker) -> &'static Breaker {
        let seed = lock(&self.settings).seed;
        let mut twins = lock(&self.twins);
        let fresh = || {
            // The settings of a breaker that exists have passed their check.
            let breaker = Breaker::try_new(of.name().to_owned(), *of.settings());
            let breaker = breaker.unwrap_or_else(|error| unreachable!("{error}"));
            &*Box::leak(Box::new(breaker.with_seed(seed)))
        };
        twins.breakers.entry(ptr::from_ref(of).addr()).or_insert_with(fresh)
    }

    /// The scope's own breaker of this key, in the place of one of this table.
    pub(crate) fn keyed_breaker(&self, of: &'static Keyed<String>, key: &str) -> Arc<Breaker> {
        let table = {
            let mut twins = lock(&self.twins);
            let fresh = || Arc::new(of.twin());
            Arc::clone(twins.tables.entry(ptr::from_ref(of).addr()).or_insert_with(fresh))
        };
        table.get(key)
    }
}
