//! The protection of one client: its budget and its breaker.

use retry_runtime::breaker::Breaker;
use retry_runtime::budget::Budget;

use super::clock;
use super::scheme::Scheme;

pub(super) struct Client {
    pub(super) budget: Option<Budget>,
    pub(super) breaker: Option<Breaker>,
}

impl Client {
    pub(super) fn of(scheme: &Scheme, seed: u64) -> Self {
        let budget = scheme.budget.map(|settings| Budget::new(settings).with_clock(clock::now));
        let breaker = scheme.breaker.map(|settings| {
            // A program that simulates has events of its own breakers alone.
            Breaker::new("", settings).with_clock(clock::now).with_seed(seed).unheard()
        });
        Client { budget, breaker }
    }

    /// Whether the breaker would refuse an attempt now.
    pub(super) fn refuses(&self) -> bool {
        let admission = self.breaker.as_ref().map(Breaker::next_admission);
        admission.is_some_and(|at| at.is_none_or(|at| at > clock::now()))
    }
}
