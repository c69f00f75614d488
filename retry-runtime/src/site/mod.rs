//! The annotated function itself: one static for each.

mod breaker;
mod budget;
pub(crate) mod configuration;
mod configured;
mod directory;
pub(crate) mod doctor;
mod effective;
mod flags;
pub(crate) mod handle;
pub(crate) mod ledger;
mod meta;
mod named;
pub(crate) mod registry;
mod ring;

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

pub(crate) use breaker::{Found, all_breakers, find_breaker};
pub use breaker::{NO_BREAKER, SiteBreaker};
pub use budget::SiteBudget;
pub(crate) use budget::{all_budgets, find_budget};
pub(crate) use effective::{Effective, switched_off};
use flags::Flags;
use ledger::Ledger;
pub use ledger::{HistoryLimits, limit_history};
pub use meta::Meta;

use crate::policy::Policy;

/// An annotated function: its name, its place in the source, its policy, budget and breaker, and what it
/// remembers of its calls.
///
/// There is one static for each annotated function of the source, also for generic ones.
/// [`sites`](crate::sites) lists them all.
#[derive(Debug)]
pub struct Site {
    meta: Meta,
    // All that a call which succeeds at once looks at stands together.
    flags: Flags,
    policy: Policy,
    budget: SiteBudget,
    // Elsewhere: it is large, and most functions have none.
    breaker: &'static SiteBreaker,
    ledger: Mutex<Option<Box<Ledger>>>,
    /// Whether the budget has refused the last retry.
    refusing: AtomicBool,
}

impl Site {
    #[doc(hidden)]
    pub const fn new(
        meta: Meta,
        policy: Policy,
        budget: SiteBudget,
        breaker: &'static SiteBreaker,
    ) -> Self {
        Site {
            meta,
            flags: Flags::new(policy.is_timed()),
            policy,
            budget,
            breaker,
            ledger: Mutex::new(None),
            refusing: AtomicBool::new(false),
        }
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

    /// How calls of the function are retried, as its attribute says. What a configuration makes of it is told
    /// by `retry_config::explain`.
    #[inline]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[inline]
    pub(crate) fn budget_source(&self) -> &SiteBudget {
        &self.budget
    }

    #[inline]
    pub(crate) fn breaker_source(&self) -> &'static SiteBreaker {
        self.breaker
    }

    /// The names of the arguments that the attribute gives, in their order.
    pub fn written(&self) -> impl Iterator<Item = &'static str> + use<> {
        let words = self.meta.written.split_whitespace();
        words.map(|word| word.split_once('=').map_or(word, |(name, _)| name))
    }

    /// Whether every failure is retried, of whatever kind: `on = any`.
    pub fn retries_any(&self) -> bool {
        self.meta.written.split_whitespace().any(|word| word == "on=any")
    }

    /// Whether it is an `async` function, or one that returns a future.
    pub fn is_async(&self) -> bool {
        self.meta.awaited
    }

    /// Whether a limit can cut off an attempt that is running: the function is `async`, and its attribute
    /// gives a `deadline`, a `timeout` or a `cancel`.
    pub fn is_interruptible(&self) -> bool {
        self.meta.interrupted
    }

    /// What a configuration makes of it, for a call that starts now.
    pub(crate) fn effective(&'static self) -> Option<&'static Effective> {
        if self.is_configured() { effective::effective(self.index()) } else { None }
    }
}
