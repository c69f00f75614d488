//! The budgets and breakers of a scope: fresh copies of the process's, with the same settings.

use std::collections::HashMap;
use std::ptr;
use std::sync::Arc;

use retry_runtime::breaker::{Breaker, Keyed};
use retry_runtime::budget::{self, Budget};

/// The scope's copies, by the address of the original. Budgets and breakers are leaked, since calls that are dropped after
/// the scope may still use them: a few hundred bytes for each tested function.
#[derive(Debug, Default)]
pub(super) struct Twins {
    budgets: HashMap<usize, &'static Budget>,
    breakers: HashMap<usize, &'static Breaker>,
    tables: HashMap<usize, Arc<Keyed<String>>>,
    keyed_budgets: HashMap<usize, Arc<budget::Keyed>>,
}

impl Twins {
    /// The scope's copy of this budget.
    pub(super) fn budget(&mut self, of: &'static Budget) -> &'static Budget {
        let fresh = || &*Box::leak(Box::new(of.twin()));
        self.budgets.entry(ptr::from_ref(of).addr()).or_insert_with(fresh)
    }

    /// The scope's copy of this breaker.
    pub(super) fn breaker(&mut self, of: &'static Breaker, seed: u64) -> &'static Breaker {
        let fresh = || {
            // The settings of an existing breaker are valid.
            let breaker = Breaker::try_new(of.name().to_owned(), *of.settings());
            let breaker = breaker.unwrap_or_else(|error| unreachable!("{error}"));
            &*Box::leak(Box::new(breaker.with_seed(seed)))
        };
        self.breakers.entry(ptr::from_ref(of).addr()).or_insert_with(fresh)
    }

    /// The scope's copy of this table of budgets by key.
    pub(super) fn keyed_budgets(&mut self, of: &'static budget::Keyed) -> Arc<budget::Keyed> {
        let fresh = || Arc::new(of.twin());
        Arc::clone(self.keyed_budgets.entry(ptr::from_ref(of).addr()).or_insert_with(fresh))
    }

    /// The scope's copy of this table of keyed breakers.
    pub(super) fn table(&mut self, of: &'static Keyed<String>) -> Arc<Keyed<String>> {
        let fresh = || Arc::new(of.twin());
        Arc::clone(self.tables.entry(ptr::from_ref(of).addr()).or_insert_with(fresh))
    }
}
