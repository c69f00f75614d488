//! The annotated function itself: one static for each.

mod breaker;
mod budget;
mod directory;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub use breaker::SiteBreaker;
pub(crate) use breaker::{Found, all_breakers, find_breaker};
pub use budget::SiteBudget;
pub(crate) use budget::find_budget;

use crate::Policy;
use crate::budget::Refused;

/// No site warns of its empty budget more often.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Where an annotated function is written, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    name: &'static str,
    file: &'static str,
    line: u32,
}

impl Meta {
    #[doc(hidden)]
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Meta { name, file, line }
    }
}

/// An annotated function: its name, its place in the source, its policy, budget and breaker.
///
/// There is one static for each annotated function of the source, also for generic ones.
/// [`sites`](crate::sites) lists them all.
#[derive(Debug)]
pub struct Site {
    meta: Meta,
    policy: Policy,
    budget: SiteBudget,
    breaker: SiteBreaker,
    warned: AtomicBool,
    warned_of_budget: Mutex<Option<Instant>>,
}

impl Site {
    #[doc(hidden)]
    pub const fn new(meta: Meta, policy: Policy, budget: SiteBudget, breaker: SiteBreaker) -> Self {
        let warned_of_budget = Mutex::new(None);
        Site { meta, policy, budget, breaker, warned: AtomicBool::new(false), warned_of_budget }
    }

    /// The name in configuration, events and pages: `name = …`, else the module's path and the function.
    pub fn name(&self) -> &'static str {
        self.meta.name
    }

    /// The source file, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.meta.file
    }

    /// The line of the attribute, from 1.
    pub fn line(&self) -> u32 {
        self.meta.line
    }

    /// How calls of the function are retried.
    #[inline]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[inline]
    pub(crate) fn budget_source(&self) -> &SiteBudget {
        &self.budget
    }

    #[inline]
    pub(crate) fn breaker_source(&self) -> &SiteBreaker {
        &self.breaker
    }

    /// Says once how to declare idempotency, after an `Ambiguous` failure that had to end the call.
    #[cold]
    pub(crate) fn warn_undeclared(&self) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            crate::event::undeclared(self.name());
        }
    }

    /// Says once a minute that the budget has refused a retry.
    #[cold]
    pub(crate) fn warn_budget(&self, now: Instant, refused: &Refused) {
        // Whoever finds the lock taken need not warn: somebody else is about to.
        let Ok(mut last) = self.warned_of_budget.try_lock() else { return };
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= WARN_EVERY);
        if due {
            *last = Some(now);
            crate::event::budget_refused(self.name(), refused);
        }
    }
}
