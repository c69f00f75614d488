//! The budget and the breaker of a call: the function's own, or those that a configuration or an interceptor replaced.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::Arc;

use super::mode::Mode;
use super::state::Call;
use super::trail::Trail;
use crate::base::border::contained;
use crate::breaker::{Breaker, short};
use crate::budget::Budget;
use crate::site::configuration::Choice;
use crate::site::{Effective, switched_off};

impl Call<'_> {
    /// Reads the settings of the function that a configuration changed, if any.
    pub(super) fn configure(&mut self, site: &'static crate::site::Site) {
        let Some(effective) = site.effective() else { return };
        let trail = self.early_trail_mut();
        if effective.measure {
            trail.mode.add(Mode::TIMED);
        }
        trail.effective = Some(effective);
    }

    /// The settings of the function as the configuration changed them; `None` without a configuration.
    pub(super) fn effective(&self) -> Option<&'static Effective> {
        self.trail()?.effective
    }

    #[cold]
    pub(super) fn breaker_here(&self) -> Option<&'static Breaker> {
        let own = self.site()?.breaker_under(self.effective())?;
        let interceptor = self.trail().and_then(Trail::interceptor);
        Some(interceptor.map_or(own, |interceptor| interceptor.breaker(own)))
    }

    /// The breaker of the annotated function for this key. Generated code calls this for functions with a keyed breaker.
    /// A default budget has the same key.
    ///
    /// # Panics
    ///
    /// If the function has no keyed breaker.
    pub fn breaker_of(&mut self, key: &(impl fmt::Display + ?Sized)) -> Arc<Breaker> {
        with_text(key, |key| {
            // A key is untrusted input: no longer text of it is kept.
            let cut = short(key);
            let key = &*cut;
            self.pick_budget(key, true);
            if self.effective().is_some_and(Effective::has_no_breaker) {
                return Arc::clone(switched_off());
            }
            let table = self.site().and_then(|site| site.breaker_source().table());
            let table = table.unwrap_or_else(|| no_breaker());
            match self.trail().and_then(Trail::interceptor) {
                Some(interceptor) => interceptor.keyed_breaker(table, key),
                None => table.get(key),
            }
        })
    }

    /// The call's retries owe to the budget of this key as well. Generated code calls this for functions with a keyed
    /// budget.
    pub fn budget_of(&mut self, key: &(impl fmt::Display + ?Sized)) {
        with_text(key, |key| self.pick_budget(key, false));
    }

    fn pick_budget(&mut self, key: &str, by_breaker: bool) {
        let Some(table) = self.site().and_then(|site| site.budget_source().table(by_breaker))
        else {
            return;
        };
        // A configuration may have given the function another budget, or none.
        let is_own =
            |effective: &Effective| effective.enabled && effective.budget.is(&Choice::AsWritten);
        if !self.effective().is_none_or(is_own) {
            return;
        }
        let budget = match self.trail().and_then(Trail::interceptor) {
            Some(interceptor) => interceptor.keyed_budget(table, key),
            None => Some(table.get(key)),
        };
        if let Some(budget) = budget {
            // Nobody else counts the calls of a key.
            budget.count();
            self.early_trail_mut().key = Some(budget);
        }
    }
}

impl Trail {
    /// The budget that pays for retries.
    #[inline(always)]
    pub(super) fn budget(&self) -> Option<&'static Budget> {
        let usual = self.site.budget_under(self.effective);
        match self.interceptor() {
            Some(interceptor) => usual.and_then(|budget| interceptor.budget(budget)),
            None => usual,
        }
    }
}

/// Calls `use_text` with the text of a key, formatted into a thread-local buffer: a known key costs no allocation.
fn with_text<T>(key: &(impl fmt::Display + ?Sized), use_text: impl FnOnce(&str) -> T) -> T {
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    // Taken out of the cell during its use: the key's `Display` may make retryable calls.
    let mut text = BUFFER.try_with(Cell::take).unwrap_or_default();
    text.clear();
    write_key(&mut text, format_args!("{key}"));
    let result = use_text(&text);
    if text.capacity() > 4096 {
        return result;
    }
    let _ = BUFFER.try_with(|buffer| buffer.set(text));
    result
}

// Not generic: compiled once, and not for every type of key.
fn write_key(text: &mut String, key: fmt::Arguments<'_>) {
    let write = || {
        // Writing to a `String` cannot fail. A `Display` that returns an error leaves the text written so far.
        let _ = text.write_fmt(key);
    };
    if contained(write).is_none() {
        // All keys that cannot be written share one breaker.
        text.clear();
        text.push_str("<the key's Display panicked>");
    }
}

#[cold]
pub(super) fn no_breaker() -> ! {
    panic!("generated code asked for a breaker that its attribute does not declare")
}
