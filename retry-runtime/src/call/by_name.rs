//! Breakers and budgets by name, as the calls here see them: a testing scope has its own.

use super::intercepted;
use crate::site::handle::{BreakerHandle, BudgetHandle};
use crate::site::{Found, find_breaker, find_budget};

impl BreakerHandle {
    /// The breaker of this name: one that attributes share (`breaker = "payments"`), the own one of the
    /// function of this name (`billing::charge`), a static that an attribute uses, or one of a keyed table
    /// (`api[eu.example.com]`), once the key has been used. `None` when there is no such breaker.
    pub fn named(name: &str) -> Option<Self> {
        let found = match (find_breaker(name)?, intercepted::here()) {
            (Found::Static(own), Some(interceptor)) => Found::Static(interceptor.breaker(own)),
            (found, _) => found,
        };
        Some(BreakerHandle::of(found))
    }
}

impl BudgetHandle {
    /// The budget of this name: one that attributes share (`budget = "name"`), or the own one of the
    /// function of this name (`billing::charge`). `None` when there is no such budget.
    pub fn named(name: &str) -> Option<Self> {
        let own = find_budget(name)?;
        let budget = intercepted::here().and_then(|interceptor| interceptor.budget(own));
        Some(BudgetHandle::of(budget.unwrap_or(own)))
    }
}
