//! The first try of a plain call: everything that keeps the usual call cheap.
//!
//! A call is *plain* as long as nothing is special about it: no configuration, no listener, no limit, no failure. It
//! is then its site, a constant in generated code, and one byte of state. A plain call that succeeds at its first try
//! makes a deposit, adds one to a counter of its thread, and leaves nothing to drop.

use std::mem;

use super::protection::no_breaker;
use super::state::Call;
use super::state::State;
use crate::base::counters;
use crate::breaker::Breaker;
use crate::site::SiteBreaker;

impl<'p> Call<'p> {
    /// Opens a call that blocks.
    #[inline(always)]
    pub fn open(&mut self) {
        if !self.site.is_quiet() {
            self.by_value(Call::prepare);
        }
    }

    /// Opens an `async` call. It lives in its future, so a copy would keep nothing in registers.
    #[inline(always)]
    pub fn open_in_future(&mut self) {
        if !self.site.is_quiet() {
            self.prepare();
        }
    }

    /// Opens a call and finds the breaker of its function by one look at the site. Generated code names the breaker
    /// again that the site was made with: its address is a constant there.
    ///
    /// # Panics
    ///
    /// When the function has no breaker.
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

    /// Runs rare work on a copy that is put back: a call that nothing points to while it is plain stays in registers.
    #[inline(always)]
    pub(crate) fn by_value<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (state, result) = aside(self.take(), work);
        self.state = state;
        result
    }

    #[inline(always)]
    fn take(&mut self) -> Self {
        let state = mem::replace(&mut self.state, State::Ended);
        Call { site: self.site, policy: self.policy, state }
    }

    /// Whether nothing is special about the call.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.state, State::Plain)
    }

    /// An attempt starts.
    #[inline(always)]
    pub(crate) fn begin(&mut self) {
        if !self.is_plain() {
            self.note_start();
        }
    }

    /// Runs code of the attempt; the calls inside inherit this call's limits.
    #[inline(always)]
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.is_plain() { work() } else { self.run_noted(work) }
    }

    /// The first attempt of a plain call succeeded: leaves a deposit and a count.
    #[inline(always)]
    pub(crate) fn succeeded_plainly(&mut self) {
        if let Some(budget) = self.site.budget_source().get() {
            budget.deposit_success();
        }
        counters::increment(self.site.number());
    }

    /// Ends a plain call after its success. The owner of the call does this, not the turn: so the compiler sees, where
    /// the call is dropped, that nothing is left to do.
    #[inline(always)]
    pub fn close(&mut self) {
        self.state = State::Ended;
    }
}

#[cold]
#[inline(never)]
fn aside<'p, T>(mut call: Call<'p>, work: impl FnOnce(&mut Call<'p>) -> T) -> (State, T) {
    let result = work(&mut call);
    (mem::replace(&mut call.state, State::Ended), result)
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !matches!(self.state, State::Ended) {
            self.take().leave();
        }
    }
}
