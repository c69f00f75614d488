//! The budget and the breaker of a call: the function's own, or what a configuration has put in their place.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::{Arc, OnceLock};

use super::{Call, State};
use crate::breaker::{Breaker, BreakerSettings};
use crate::budget::Budget;
use crate::clock;
use crate::site::{Choice, Effective, SiteBreaker};

/// Stands in for the breakers of functions that are switched off: it admits everything and counts nothing.
static SWITCHED_OFF: OnceLock<Arc<Breaker>> = OnceLock::new();

fn switched_off() -> &'static Arc<Breaker> {
    SWITCHED_OFF.get_or_init(|| {
        let breaker = Breaker::new("switched off", BreakerSettings::new());
        breaker.disable(clock::now);
        Arc::new(breaker)
    })
}

impl Call<'_> {
    /// A configuration may have changed the function's settings.
    pub(super) fn configure(&mut self, site: &'static crate::Site) {
        let Some(effective) = site.effective() else { return };
        let trail = self.trail_mut();
        if effective.measure {
            trail.mode.add(super::Mode::TIMED);
        }
        trail.effective = Some(effective);
    }

    /// The budget that pays for retries.
    pub(super) fn budget(&self) -> Option<&'static Budget> {
        #[cfg(feature = "testing")]
        if let Some(within) = self.within() {
            return self.usual_budget().and_then(|budget| within.shared.budget(budget));
        }
        self.usual_budget()
    }

    fn usual_budget(&self) -> Option<&'static Budget> {
        let written = || self.site()?.budget_source().get();
        let Some(effective) = self.effective() else { return written() };
        match effective.budget {
            _ if !effective.enabled => None,
            Choice::AsWritten => written(),
            Choice::None => None,
            Choice::This(budget) => Some(budget),
        }
    }

    /// What a configuration has made of the function.
    fn effective(&self) -> Option<&'static Effective> {
        self.trail()?.effective
    }

    /// The breaker of the annotated function; for generated code, which names again what the site was made
    /// with: its address is a constant there.
    ///
    /// # Panics
    ///
    /// When the function has no breaker.
    #[inline(always)]
    pub fn breaker(&mut self, declared: &'static SiteBreaker) -> &'static Breaker {
        let found = match self.state {
            State::Fresh(_) => declared.get(),
            _ => self.by_value(|call| call.breaker_here()),
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
        let written = || self.site()?.breaker_source().get();
        let Some(effective) = self.effective() else { return written() };
        match effective.breaker {
            _ if !effective.enabled => Some(switched_off()),
            // It is made all the same: generated code asks every one that it has for a permit.
            Choice::None => Some(switched_off()),
            Choice::This(breaker) => Some(breaker),
            Choice::AsWritten => written(),
        }
    }

    /// The breaker of the annotated function for this key; for generated code that has declared one.
    ///
    /// # Panics
    ///
    /// When the function has no keyed breaker.
    pub fn breaker_of(&self, key: &(impl fmt::Display + ?Sized)) -> Arc<Breaker> {
        let off = |effective: &Effective| !effective.enabled || effective.breaker == Choice::None;
        if self.effective().is_some_and(off) {
            return Arc::clone(switched_off());
        }
        #[cfg(feature = "testing")]
        if let Some(within) = self.within() {
            let table = self.site().and_then(|site| site.breaker_source().table());
            let table = table.unwrap_or_else(|| no_breaker());
            return written(key, |key| within.shared.breaker_of_key(table, key));
        }
        let breaker =
            self.site().and_then(|site| written(key, |key| site.breaker_source().of_key(key)));
        breaker.unwrap_or_else(|| no_breaker())
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
