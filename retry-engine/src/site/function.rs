//! The annotated function itself: one static for each.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, OnceLock};

use super::applied::{self, Effective};
use super::breaker::{NO_BREAKER, SiteBreaker};
use super::budget::SiteBudget;
use super::flags::Flags;
use super::labels::Labels;
use super::ledger::Ledger;
use super::measure::Measured;
use super::meta::Meta;
use super::source::Source;
use crate::base::clock::Moment;
use crate::budget::Budget;
use crate::event::Rates;
use crate::policy::Policy;

/// An annotated function: its name, its place in the source, its policy, budget and breaker, and the counts and
/// the history of its calls.
///
/// There is one static for each annotated function of the source, also for generic ones.
/// [`sites`](crate::sites) lists them all.
#[derive(Debug)]
pub struct Site {
    pub(super) meta: Meta,
    // Everything that a first-try success reads stands together.
    pub(super) flags: Flags,
    pub(super) policy: Policy,
    pub(super) budget: SiteBudget,
    /// Whether the attribute has not turned the budget off.
    has_budget: bool,
    // Elsewhere: it is large, and most functions have none.
    pub(super) breaker: &'static SiteBreaker,
    pub(super) ledger: Mutex<Option<Box<Ledger>>>,
    /// Whether the budget has refused the last retry.
    pub(super) refusing: AtomicBool,
    /// The moment of the first call.
    pub(super) called_since: OnceLock<Moment>,
    /// The limit of its events in `tracing`.
    pub(super) rates: Rates,
    pub(super) labels: Labels,
    pub(super) measured: Measured,
}

/// The site of all calls that have no function: it is not listed, and nobody sees its counts.
pub(crate) static NOBODY: Site =
    Site::new(Meta::new("", file!(), line!(), ""), Policy::new(), Source::None, &NO_BREAKER);

impl Site {
    #[doc(hidden)]
    #[inline]
    pub const fn new(
        meta: Meta,
        policy: Policy,
        budget: SiteBudget,
        breaker: &'static SiteBreaker,
    ) -> Self {
        Site {
            meta,
            flags: Flags::of(&policy, meta.measured),
            policy,
            has_budget: !matches!(budget, Source::None),
            budget,
            breaker,
            ledger: Mutex::new(None),
            refusing: AtomicBool::new(false),
            called_since: OnceLock::new(),
            rates: Rates::new(),
            labels: Labels::new(),
            measured: Measured::new(),
        }
    }

    /// A function with the default budget. Not an argument of [`new`](Self::new): the compiler would check for each function
    /// how a budget is dropped.
    #[cfg(not(all(test, retry_loom)))]
    #[doc(hidden)]
    #[inline]
    pub const fn with_budget(meta: Meta, policy: Policy, breaker: &'static SiteBreaker) -> Self {
        Site::new(meta, policy, SiteBudget::OWN, breaker)
    }

    /// The name in configurations and events: `name = …`, else the module's path and the function, for a method with
    /// the name of its type between them.
    pub fn name(&self) -> &'static str {
        match self.meta.method {
            Some(method) => method.get(),
            None => self.meta.name,
        }
    }

    /// The source file, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.meta.file
    }

    /// The line of the attribute, from 1.
    pub fn line(&self) -> u32 {
        self.meta.line
    }

    /// The name, for a method without the name of its type.
    pub(super) fn name_without_type(&self) -> &'static str {
        self.meta.name
    }

    /// The file and the line: `src/pay.rs:12`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file(), self.line())
    }

    /// The policy of the attribute. `retry_config::explain` tells the one that a configuration makes of it.
    #[inline]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[inline]
    pub(crate) fn budget_source(&self) -> &SiteBudget {
        match self.meta.whole {
            Some(whole) => &whole.budget,
            None => &self.budget,
        }
    }

    /// The budget of a plain call. That there is none is asked of a byte of its own: a second comparison of the source's
    /// tag would cost three instructions where there is one.
    #[inline(always)]
    pub(crate) fn plain_budget(&'static self) -> Option<&'static Budget> {
        match &self.budget {
            Source::Own(own) => Some(own),
            other if self.has_budget => other.get_other(),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn breaker_source(&self) -> &'static SiteBreaker {
        self.breaker
    }

    /// The names of the arguments that the attribute gives, in their order.
    #[inline]
    pub fn written(&self) -> impl Iterator<Item = &'static str> + use<> {
        let words = self.meta.written.split_whitespace();
        words.map(|word| word.split_once('=').map_or(word, |(name, _)| name))
    }

    /// The names of the settings that each call computes from its arguments.
    pub fn per_call(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.meta.per_call.split_whitespace()
    }

    /// Whether every failure is retried, of whatever kind: `on = any`.
    #[inline]
    pub fn retries_any(&self) -> bool {
        self.meta.written.split_whitespace().any(|word| word == "on=any")
    }

    /// Whether it is an `async` function, or one that returns a future.
    pub fn is_async(&self) -> bool {
        self.meta.awaited
    }

    /// Whether a limit can cut off an attempt that is running: the function is `async`, and its attribute
    /// gives a `deadline`, a `timeout` or a `cancel`.
    #[inline]
    pub fn is_interruptible(&self) -> bool {
        self.meta.interrupted
    }

    /// Whether it stands for a function: [`NOBODY`] does not.
    #[inline]
    pub(crate) fn is_listed(&self) -> bool {
        !std::ptr::eq(self, &raw const NOBODY)
    }

    /// The settings of a configuration, for a call that starts now.
    pub(crate) fn effective(&'static self) -> Option<&'static Effective> {
        if self.is_configured() { self.configured() } else { None }
    }

    /// [`effective`](Self::effective) for a function that is configured, and so has a number.
    #[inline(always)]
    pub(crate) fn configured(&'static self) -> Option<&'static Effective> {
        applied::effective(self.whole().number())
    }
}
