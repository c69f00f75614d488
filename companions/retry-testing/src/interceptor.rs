//! The interceptor of a scope: logs the calls in it, and replaces their clock, policy, sleeps, budgets and breakers.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::base::mixed;
use super::shared::Within;
use super::sleep::VirtualSleep;
use retry_runtime::breaker::{Breaker, Keyed};
use retry_runtime::budget::{self, Budget};
use retry_runtime::control::intercept::{Begun, Can, Fault, Intercept, Note, Passage, Wait};
use retry_runtime::control::lock;
use retry_runtime::timer::Sleep;
use retry_runtime::{Policy, Site, StopReason};

/// The name of the annotated function; empty for a call of a policy alone.
fn name(site: Option<&'static Site>) -> &'static str {
    site.map_or("", Site::name)
}

impl Intercept for Within {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn now(&self) -> Option<Instant> {
        Some(self.shared.time.now())
    }

    fn begin(&self, site: Option<&'static Site>, policy: &Policy) -> Begun {
        let (shared, name) = (&self.shared, name(site));
        shared.check_open(&format!("a call of `{name}` starts"));
        shared.use_it();
        let number = lock(&shared.logs).of(name).begin();
        let seed = mixed(lock(&shared.settings).seed, name, number);
        Begun { number, policy: shared.policy(policy), seed: Some(seed), watched: true }
    }

    fn note(&self, call: &Passage, note: Note<'_>) {
        let (shared, name) = (&self.shared, name(call.site));
        lock(&shared.logs).of(name).note(call.number, note);
        if let Note::End(report) = note {
            if report.reason == StopReason::Success {
                lock(&shared.rules).succeeded(name);
            }
        }
    }

    fn fault(&self, call: &Passage, attempt: u32, can: &Can) -> Option<Fault> {
        let (shared, site) = (&self.shared, call.site?);
        if let Some(exploring) = &mut *lock(&shared.exploring) {
            let fault = exploring.plan(site, attempt, can)?;
            lock(&shared.logs).of(site.name()).injected(call.number, attempt, "explored");
            return Some(fault);
        }
        let seed = lock(&shared.settings).seed;
        let found = lock(&shared.rules).plan(site, attempt, can, seed);
        let (fault, description) = found.unwrap_or_else(|mistake| shared.mistaken(mistake))?;
        lock(&shared.logs).of(site.name()).injected(call.number, attempt, description);
        Some(fault)
    }

    fn sleep(&self, wait: Wait<'_>) -> Option<Sleep> {
        Some(Box::pin(VirtualSleep::new(self.clone(), wait)?))
    }

    fn block(&self, duration: Duration, cancelled: &mut dyn FnMut() -> bool) -> bool {
        self.shared.check_open("a call sleeps");
        if !cancelled() {
            self.shared.time.advance(duration);
        }
        true
    }

    fn budget(&self, own: &'static Budget) -> Option<&'static Budget> {
        let uses_budget = lock(&self.shared.settings).budget;
        uses_budget.then(|| lock(&self.shared.twins).budget(own))
    }

    fn keyed_budget(&self, own: &'static budget::Keyed, key: &str) -> Option<Arc<Budget>> {
        let uses_budget = lock(&self.shared.settings).budget;
        let table = uses_budget.then(|| lock(&self.shared.twins).keyed_budgets(own))?;
        Some(table.get(key))
    }

    fn breaker(&self, own: &'static Breaker) -> &'static Breaker {
        let seed = lock(&self.shared.settings).seed;
        lock(&self.shared.twins).breaker(own, seed)
    }

    fn keyed_breaker(&self, own: &'static Keyed<String>, key: &str) -> Arc<Breaker> {
        let table = lock(&self.shared.twins).table(own);
        table.get(key)
    }
}
