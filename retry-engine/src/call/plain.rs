//! The first try of a plain call: everything that keeps the usual call cheap.
//!
//! A call is *plain* as long as it has no configuration, listener, failure or context around it. It then consists of its
//! site, which is a constant in generated code, and one byte of state. A plain call that succeeds at its first try makes a
//! deposit into its budget, increments a counter of its thread, and has nothing to drop. If its policy limits its time,
//! whoever runs the attempt remembers when it started, and tells the call only when that matters.
//!
//! The steps that look like a second way to do a thing, and the instructions of a first try that each saves (callgrind,
//! `cargo xtask bench --check`; with a breaker in brackets):
//!
//! | step | saves |
//! |---|---|
//! | a blocking call begins as its site alone (`Site::blocking`): there is no `Call` before something goes wrong | 38 (50) |
//! | an `async` turn leaves through one function unless it succeeds at once (`turn::running`) | 12 (24) |
//! | each thread remembers the keys that it has used (`call::known`) | 214, with a breaker and a budget for each key |
//! | [`Limits`]: the clock's reading is kept as it is, and the deadline is computed when somebody asks for it | 110 |
//! | the description of the first attempt is made of constants (`first_attempt`) | 81, with a body that takes an [`Attempt`] |

use super::attempt::Limits;
use super::protection::no_breaker;
use super::state::{Call, CallState};
use crate::base::counters;
use crate::base::time::Instant;
use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};
use crate::site::{Site, SiteBreaker};

impl<'p> Call<'p> {
    /// Opens a call.
    #[inline(always)]
    pub fn open(&mut self) {
        if !self.site.is_quiet() {
            self.prepare();
        }
    }

    /// Opens a call and finds the breaker of its function with one read of the site. Generated code passes the site's
    /// declared breaker again, whose address is a constant there.
    ///
    /// # Panics
    ///
    /// If the function has no breaker.
    #[inline(always)]
    pub fn open_with(&mut self, declared: &'static SiteBreaker) -> &'static Breaker {
        let found =
            if self.site.is_quiet() { declared.get() } else { self.prepare_with_breaker(declared) };
        match found {
            Some(breaker) => breaker,
            None => no_breaker(),
        }
    }

    /// Whether the policy of a plain call limits its time.
    #[inline(always)]
    pub(crate) fn may_be_limited(&self) -> bool {
        self.given_policy().is_timed()
    }

    /// The description of the first attempt of a plain call.
    #[inline(always)]
    pub(super) fn first_attempt(&self, call_id: CallId) -> Attempt {
        let limit = self.given_policy().limit();
        Attempt { number: 1, limit, deadline: None, last_kind: None, call_id }
    }

    /// The policy of a plain call.
    #[inline(always)]
    pub(crate) fn given_policy(&self) -> &Policy {
        self.policy.unwrap_or(self.site.policy())
    }

    /// The limits of the first attempt of a plain call, which started at this instant.
    #[inline(always)]
    pub(crate) fn enter_limits(&self, started: Instant) -> Limits {
        Limits::enter(started, self.site)
    }

    #[cold]
    #[inline(never)]
    fn prepare_with_breaker(&mut self, declared: &'static SiteBreaker) -> Option<&'static Breaker> {
        self.prepare();
        if self.keeps_breaker() { declared.get() } else { self.breaker_here() }
    }

    /// Whether the call is plain.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.state, CallState::Plain)
    }

    /// Whether a first attempt needs neither a clock nor a trail: the call is plain, except for a key, and not limited.
    #[inline(always)]
    pub(crate) fn is_quick(&self) -> bool {
        match self.state {
            CallState::Plain => !self.may_be_limited(),
            CallState::Keyed(_) => true,
            _ => false,
        }
    }

    #[inline(always)]
    pub(crate) fn begin(&mut self) {
        if let CallState::WithTrail(_) = self.state {
            self.note_start();
        }
    }

    /// [`Site::count_success`] of the call's function.
    #[inline(always)]
    pub(crate) fn count_success(&self) {
        self.site.count_success();
    }

    /// The first attempt of a [quick](Self::is_quick) call succeeded: ends the call.
    #[inline(always)]
    pub(crate) fn succeeded_quickly(&mut self) {
        self.count_success();
        if let CallState::Keyed(_) = self.state {
            self.pay_by_key();
        }
        self.close();
    }

    /// Makes the deposit into the budget of the call's key, and gives the key back.
    #[inline(always)]
    pub(super) fn pay_by_key(&mut self) {
        if let Some(key) = self.take_key() {
            if let Some(budget) = key.budget() {
                budget.pay_off();
            }
        }
    }

    /// Ends a plain call after its success. The owner of the call does this, and not the turn, so that the compiler can
    /// remove the drop of the call.
    #[inline(always)]
    pub fn close(&mut self) {
        self.state = CallState::Ended;
    }
}

impl Site {
    /// The first attempt of a plain call succeeded: makes the deposit and counts the call.
    // Every annotated function compiles these lines: one call for all that is rare.
    #[inline(always)]
    pub(crate) fn count_success(&'static self) {
        let is_paid = self.plain_budget().is_none_or(Budget::is_full);
        match if is_paid { counters::cell(self.number()) } else { None } {
            Some(counter) => counters::add(counter),
            None => self.settle_success(),
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_success(&'static self) {
        if let Some(budget) = self.plain_budget() {
            budget.pay_off();
        }
        counters::increment(self.number());
    }
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !matches!(self.state, CallState::Ended) {
            self.leave();
        }
    }
}
