//! A call whose first attempt has limits, a configuration or a caller who wants a report of a failure, and nothing else: no
//! memory is reserved before it fails.

use std::time::Duration;

use super::context;
use super::mode::Mode;
use super::state::{Call, CallState};
use crate::base::clock::{self, Moment};
use crate::base::counters;
use crate::base::time::Instant;
use crate::site::Effective;

impl Call<'_> {
    /// The flags of such a call.
    #[inline]
    pub(super) fn light_mode(&self) -> Mode {
        match self.state {
            CallState::Light { mode, .. } | CallState::Configured { mode, .. } => mode,
            _ => Mode::default(),
        }
    }

    /// The facts that its trail takes over: the start, the configuration and the flags.
    #[inline]
    pub(super) fn noted(&self) -> (Option<Moment>, Option<&'static Effective>, Mode) {
        match self.state {
            CallState::Light { started, mode } => (Some(Moment::of(started)), None, mode),
            CallState::Configured { started, effective, mode } => (started, Some(effective), mode),
            _ => (None, None, Mode::default()),
        }
    }

    /// Notes these flags of a call without a trail, and when the call started, unless that is known.
    pub(super) fn note_start_at(&mut self, now: impl FnOnce() -> Instant, flags: Mode) {
        match &mut self.state {
            CallState::Light { mode, .. } => mode.add(flags),
            CallState::Configured { started, mode, .. } => {
                started.get_or_insert_with(|| Moment::of(now()));
                mode.add(flags);
            }
            state => *state = CallState::Light { started: now(), mode: flags },
        }
    }

    /// Prepares a call about which one thing is special: a configuration without limits in time, or a caller who wants a
    /// report. False for any other call.
    #[inline]
    pub(super) fn becomes_light(&mut self) -> bool {
        if !self.is_plain() || self.policy.is_some() {
            return false;
        }
        match context::is_present() {
            false => self.is_merely_configured(),
            true => self.is_merely_observed(),
        }
    }

    #[inline]
    fn is_merely_configured(&mut self) -> bool {
        if !self.site.is_merely_configured() {
            return false;
        }
        let effective = self.site.configured().filter(|effective| effective.is_quiet());
        if let Some(effective) = effective {
            self.set_configured(effective);
        }
        effective.is_some()
    }

    #[inline]
    fn is_merely_observed(&mut self) -> bool {
        let policy = self.site.policy();
        let is_usual = self.site.is_as_written() && policy.inherits() && !policy.is_timed();
        if !(is_usual && context::merely_observes()) {
            return false;
        }
        self.state = CallState::Light { started: clock::now(), mode: Mode::OBSERVED_HERE };
        true
    }

    /// The call starts under the settings of a configuration.
    #[inline]
    pub(super) fn set_configured(&mut self, effective: &'static Effective) {
        self.state = CallState::Configured { started: None, effective, mode: Mode::default() };
    }

    /// The first attempt of a light call succeeded: makes the deposit and counts the call.
    #[inline]
    pub(super) fn succeeded_lightly(&mut self) {
        if let Some(budget) = self.site.budget_under(self.effective()) {
            budget.pay_off();
        }
        // Both ask for the time: one test for calls of which nobody does.
        if self.light_mode().has(Mode::OBSERVED_HERE.with(Mode::MEASURED)) {
            self.told_lightly();
        }
        counters::increment(self.site.number());
        self.close();
    }

    /// Tells how long the first attempt ran.
    #[cold]
    #[inline(never)]
    fn told_lightly(&self) {
        let took = match self.state {
            CallState::Light { started, .. } => clock::now().saturating_duration_since(started),
            CallState::Configured { started: Some(started), .. } => Moment::now().since(started),
            _ => Duration::ZERO,
        };
        if self.light_mode().has(Mode::MEASURED) {
            self.site.measure(took);
        }
        if self.light_mode().has(Mode::OBSERVED_HERE) {
            context::publish_first_try(self.site, took);
        }
    }

    /// Starts the clock of a plain call whose policy limits its time.
    pub(crate) fn limit(&mut self) {
        if self.is_plain() && self.may_be_limited() {
            self.start_clock_at(clock::now());
        }
    }

    /// The call and its first attempt started at this instant.
    #[cold]
    #[inline(never)]
    pub(crate) fn start_clock_at(&mut self, started: Instant) {
        let limit = self.policy().time_limit();
        match &mut self.state {
            CallState::WithTrail(trail) => trail.start_clock(Moment::of(started), limit),
            _ => self.note_start_at(|| started, Mode::TIMED),
        }
    }

    /// The first attempt is pending: it may end in another context than the one in which the call started, so the call
    /// remembers its observer.
    pub(crate) fn keep_observer(&mut self) {
        if self.light_mode().has(Mode::OBSERVED_HERE) {
            self.trail_mut();
        }
    }
}
