//! The first try of a plain call: everything that keeps the usual call cheap.
//!
//! A call is *plain* as long as it has no configuration, listener, limit or failure. It then consists of its site, which
//! is a constant in generated code, and one byte of state. A plain call that succeeds at its first try makes a deposit
//! into its budget, increments a counter of its thread, and has nothing to drop.
//!
//! The steps that look like a second way to do a thing, and the instructions of a first try that each saves (callgrind,
//! `cargo xtask bench --check`, each step left out by itself; sync / `async`):
//!
//! | step | saves |
//! |---|---|
//! | [`by_value`](Call::by_value): rare work runs on a copy, so that a plain call stays in registers | 15 / 0 |
//! | [`open_with`](Call::open_with): opens the call and finds its breaker with one read of the site | 4 / 4 |
//! | [`close`](Call::close) by the owner of the call, which `Turned::Quick` asks for | 0 / 3, with a breaker 0 / 12 |

use std::mem;

use super::protection::no_breaker;
use super::state::{Call, CallState};
use crate::base::counters;
use crate::breaker::Breaker;
use crate::site::SiteBreaker;

impl<'p> Call<'p> {
    /// Opens a call.
    #[inline(always)]
    pub fn open(&mut self) {
        if !self.site.is_quiet() {
            self.by_value(Call::prepare);
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
        let found = if self.site.is_quiet() {
            declared.get()
        } else {
            self.by_value(|call| {
                call.prepare();
                call.breaker_here()
            })
        };
        match found {
            Some(breaker) => breaker,
            None => no_breaker(),
        }
    }

    /// Runs rare work on a copy of the call and stores the result: a plain call to which no pointer exists stays in
    /// registers.
    #[inline(always)]
    pub(crate) fn by_value<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (state, result) = aside(self.take(), work);
        self.state = state;
        result
    }

    #[inline(always)]
    fn take(&mut self) -> Self {
        let state = mem::replace(&mut self.state, CallState::Ended);
        Call { site: self.site, policy: self.policy, state }
    }

    /// Whether the call is plain.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.state, CallState::Plain)
    }

    #[inline(always)]
    pub(crate) fn begin(&mut self) {
        if !self.is_plain() {
            self.note_start();
        }
    }

    /// Runs code of the attempt. The calls inside inherit this call's limits.
    #[inline(always)]
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.is_plain() { work() } else { self.run_noted(work) }
    }

    /// The first attempt of a plain call succeeded: makes the deposit and counts the call.
    #[inline(always)]
    pub(crate) fn succeeded_plainly(&mut self) {
        if let Some(budget) = self.site.budget_source().get() {
            budget.pay_off();
        }
        counters::increment(self.site.number());
    }

    /// Ends a plain call after its success. The owner of the call does this, and not the turn, so that the compiler can
    /// remove the drop of the call.
    #[inline(always)]
    pub fn close(&mut self) {
        self.state = CallState::Ended;
    }
}

#[cold]
#[inline(never)]
fn aside<'p, T>(mut call: Call<'p>, work: impl FnOnce(&mut Call<'p>) -> T) -> (CallState, T) {
    let result = work(&mut call);
    (mem::replace(&mut call.state, CallState::Ended), result)
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !matches!(self.state, CallState::Ended) {
            self.take().leave();
        }
    }
}
