//! The budget and the breaker of a call: the function's own, or those that a configuration or an interceptor replaced.

use std::mem::{self, ManuallyDrop};
use std::sync::Arc;

use super::key::{Key, with_text};
use super::known::{self, KeyedBreaker, Known, Whose};
use super::mode::Mode;
use super::state::{Call, CallState};
use super::trail::Trail;
use crate::base::clock;
use crate::breaker::{Breaker, is_short, short};
use crate::budget::Budget;
use crate::site::configuration::Choice;
use crate::site::{Effective, Site, switched_off};

impl Call<'_> {
    /// Reads the settings of the function that a configuration changed, if any.
    pub(super) fn configure(&mut self, site: &'static Site) {
        let effective = site.effective();
        if let Some(effective) = effective {
            self.set_configured(effective);
        }
        if site.is_measured_under(effective) {
            self.note_start_at(clock::now, Mode::MEASURED);
        }
    }

    /// The settings of the function as the configuration changed them; `None` without a configuration.
    pub(super) fn effective(&self) -> Option<&'static Effective> {
        match &self.state {
            CallState::WithTrail(trail) => trail.effective,
            CallState::Configured { effective, .. } => Some(effective),
            _ => None,
        }
    }

    /// The breaker of the function, for a call with settings of its own.
    ///
    /// # Panics
    ///
    /// If the function has no breaker.
    pub fn own_breaker(&self) -> &'static Breaker {
        self.breaker_here().unwrap_or_else(|| no_breaker())
    }

    /// Whether neither a configuration nor an interceptor replaces the breaker of the function.
    #[inline]
    pub(crate) fn keeps_breaker(&self) -> bool {
        let keeps =
            |effective: &Effective| effective.enabled && effective.breaker.is(&Choice::AsWritten);
        match &self.state {
            CallState::Light { .. } => true,
            CallState::Configured { effective, .. } => keeps(effective),
            _ => false,
        }
    }

    #[cold]
    pub(crate) fn breaker_here(&self) -> Option<&'static Breaker> {
        let own = self.site()?.breaker_under(self.effective())?;
        let interceptor = self.trail().and_then(Trail::interceptor);
        Some(interceptor.map_or(own, |interceptor| interceptor.breaker(own)))
    }

    /// The breaker of the annotated function for this key, whose text is `text` if it has one. Generated code calls this for
    /// functions with a keyed breaker. A default budget has the same key.
    ///
    /// # Panics
    ///
    /// If the function has no keyed breaker.
    #[inline(always)]
    pub fn breaker_of(&mut self, key: &(impl Key + ?Sized), text: Option<&str>) -> KeyedBreaker {
        with_text(key, text, |key| match self.recall(Whose::Breaker, key) {
            Some(known) => known.into(),
            None => self.breaker_of_text(key).into(),
        })
    }

    #[cold]
    fn breaker_of_text(&mut self, key: &str) -> Arc<Breaker> {
        // A key is untrusted input: no longer text of it is kept.
        let cut = short(key);
        let key = &*cut;
        self.pick_budget(key, true);
        if self.effective().is_some_and(Effective::has_no_breaker) {
            return Arc::clone(switched_off());
        }
        let table = self.site.breaker_source().table();
        let table = table.unwrap_or_else(|| no_breaker());
        match self.trail().and_then(Trail::interceptor) {
            Some(interceptor) => interceptor.keyed_breaker(table, key),
            None => table.get(key),
        }
    }

    /// The call's retries owe to the budget of this key as well. Generated code calls this for functions with a keyed
    /// budget.
    pub fn budget_of(&mut self, key: &(impl Key + ?Sized), text: Option<&str>) {
        with_text(key, text, |key| {
            if self.recall(Whose::Budget, key).is_none() {
                self.pick_budget(key, false);
            }
        });
    }

    /// The call's retries owe to the default budget of its label as well. Generated code calls this for functions with a label.
    pub fn budget_of_label(&mut self, label: &(impl Key + ?Sized), text: Option<&str>) {
        with_text(label, text, |label| {
            if self.recall(Whose::Label, label).is_none() {
                self.pick_budget(&short(label), true);
            }
        });
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
            budget.count();
            self.early_trail_mut().rare_mut().key = Some(budget);
        }
    }

    /// The key of a plain call, which stays without a trail; its retries owe to the budget of the key as well.
    #[inline(never)]
    fn recall(&mut self, whose: Whose, key: &str) -> Option<Arc<Known>> {
        if !self.is_plain() || self.may_be_limited() || !is_short(key) {
            return None;
        }
        let known = known::find(self.site, whose, key)?;
        if let Some(budget) = known.budget() {
            // Nobody else counts the calls of a key.
            budget.count();
            self.state = CallState::Keyed(ManuallyDrop::new(Arc::clone(&known)));
        }
        Some(known)
    }

    /// The key of the call, which leaves the call plain.
    #[inline]
    pub(super) fn take_key(&mut self) -> Option<Arc<Known>> {
        let CallState::Keyed(_) = self.state else { return None };
        match mem::replace(&mut self.state, CallState::Plain) {
            CallState::Keyed(key) => Some(ManuallyDrop::into_inner(key)),
            _ => None,
        }
    }
}

impl Trail {
    /// The budget that the program gave the call.
    #[inline(always)]
    pub(super) fn own_budget(&self) -> Option<&'static Budget> {
        self.own()?.budget
    }

    /// The budget that pays for retries.
    #[inline(always)]
    pub(super) fn budget(&self) -> Option<&'static Budget> {
        let usual = match self.own_budget() {
            None => self.site.budget_under(self.effective),
            own => own,
        };
        match self.interceptor() {
            Some(interceptor) => usual.and_then(|budget| interceptor.budget(budget)),
            None => usual,
        }
    }
}

impl Site {
    /// The part of the function for a label, whose text is `text` if it has one. Generated code calls this for functions with
    /// a label.
    #[doc(hidden)]
    pub fn labelled(
        &'static self,
        label: &(impl Key + ?Sized),
        text: Option<&str>,
    ) -> &'static Site {
        with_text(label, text, |label| self.part(label))
    }
}

#[cold]
pub(crate) fn no_breaker() -> ! {
    panic!("generated code asked for a breaker that its attribute does not declare")
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::report::reason::StopReason;
    use crate::site::{Meta, NO_BREAKER, SiteBudget};

    static SITE: Site = Site::new(
        Meta::new("keyed", file!(), line!(), ""),
        Policy::new(),
        SiteBudget::by_breaker(),
        &NO_BREAKER,
    );

    #[test]
    fn a_call_gives_its_keys_budget_back_however_it_ends() {
        let ends: [&dyn Fn(Call<'_>); 4] = [
            &|mut call| call.succeeded(),
            &|mut call| call.end(StopReason::Exhausted),
            &|mut call| {
                call.watch();
                call.succeeded();
            },
            // Dropped in its first attempt.
            &|call| drop(call),
        ];
        for (number, end) in ends.iter().enumerate() {
            let mut call = Call::start(&SITE);
            call.budget_of_label("eu", Some("eu"));
            assert!(matches!(call.state, CallState::Keyed(_)), "end {number}");
            let key = SITE.budget_source().table(true).map(|table| table.get("eu"));
            let key = key.expect("the function has a budget for each key");
            assert_eq!(Arc::strong_count(&key), 2, "the table and this test");
            call.begin();
            end(call);
            assert_eq!(Arc::strong_count(&key), 2, "end {number}");
        }
    }
}
