//! The budget and the breaker of a call: the function's own, or what a configuration has put in their place.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::Arc;

use super::{Call, Trail};
use crate::breaker::Breaker;
use crate::budget::Budget;
use crate::site::{Effective, SiteBreaker, switched_off};

impl Call<'_> {
    /// A configuration may have changed the function's settings.
    pub(super) fn configure(&mut self, site: &'static crate::site::Site) {
        let Some(effective) = site.effective() else { return };
        let trail = self.early_trail_mut();
        if effective.measure {
            trail.mode.add(super::Mode::TIMED);
        }
        trail.effective = Some(effective);
    }

    /// What a configuration has made of the function.
    pub(super) fn effective(&self) -> Option<&'static Effective> {
        self.trail()?.effective
    }

    /// Opens the call like [`open`](Call::open), and finds the breaker of the annotated function; for generated
    /// code, which names again what the site was made with: its address is a constant there.
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

    #[cold]
    fn breaker_here(&self) -> Option<&'static Breaker> {
        #[cfg(feature = "testing")]
        if let Some(within) = self.within() {
            return self.chosen_breaker().map(|breaker| within.shared.breaker(breaker));
        }
        self.chosen_breaker()
    }

    fn chosen_breaker(&self) -> Option<&'static Breaker> {
        self.site()?.breaker_under(self.effective())
    }

    /// The breaker of the annotated function for this key; for generated code that has declared one.
    ///
    /// # Panics
    ///
    /// When the function has no keyed breaker.
    pub fn breaker_of(&self, key: &(impl fmt::Display + ?Sized)) -> Arc<Breaker> {
        if self.effective().is_some_and(Effective::has_no_breaker) {
            return Arc::clone(switched_off());
        }
        let table = self.site().and_then(|site| site.breaker_source().table());
        let table = table.unwrap_or_else(|| no_breaker());
        #[cfg(feature = "testing")]
        if let Some(within) = self.within() {
            return written(key, |key| within.shared.breaker_of_key(table, key));
        }
        written(key, |key| table.get(key))
    }
}

impl Trail {
    /// The budget that pays for retries.
    #[inline(always)]
    pub(super) fn budget(&self) -> Option<&'static Budget> {
        let usual = self.site.budget_under(self.effective);
        #[cfg(feature = "testing")]
        if let Some(within) = self.within() {
            return usual.and_then(|budget| within.shared.budget(budget));
        }
        usual
    }
}

/// Hands on the text of a key, written into a buffer that the thread keeps: a key that is known costs no
/// allocation.
fn written<T>(key: &(impl fmt::Display + ?Sized), use_it: impl FnOnce(&str) -> T) -> T {
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    // Taken out while it is used: the key's `Display` may make calls of its own.
    let mut text = BUFFER.try_with(Cell::take).unwrap_or_default();
    text.clear();
    // Writing to a `String` cannot fail; a `Display` that fails has written what it could.
    let _ = write!(text, "{key}");
    let result = use_it(&text);
    let _ = BUFFER.try_with(|buffer| buffer.set(text));
    result
}

#[cold]
fn no_breaker() -> ! {
    panic!("generated code asked for a breaker that its attribute has not declared")
}
