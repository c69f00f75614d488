//! A call whose first attempt has limits, a configuration or a caller who wants a report of a failure, and nothing else: no
//! memory is reserved before it fails.

use super::context::{self, Entered};
use super::mode::Mode;
use super::resume::Handover;
use super::state::{Call, CallState};
use crate::base::clock::{self, Moment};
use crate::base::counters;
use crate::base::time::Instant;
use crate::site::Effective;

/// The state of such a call during its first attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Light {
    /// When the call and its first attempt started, if the policy limits their time or a report tells them.
    pub(super) started: Option<Moment>,
    /// The settings of the function as the configuration changed them.
    pub(super) effective: Option<&'static Effective>,
    /// Whether the policy limits its time, and who reads the report, if the call fails.
    pub(super) mode: Mode,
}

impl Call<'_> {
    #[inline]
    pub(super) fn light(&self) -> Option<Light> {
        match self.state {
            CallState::Light { started, effective, mode } => {
                Some(Light { started, effective, mode })
            }
            _ => None,
        }
    }

    #[inline]
    pub(super) fn set_light(&mut self, Light { started, effective, mode }: Light) {
        self.state = CallState::Light { started, effective, mode };
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
        if effective.is_some() {
            self.set_light(Light { effective, ..Light::default() });
        }
        effective.is_some()
    }

    #[inline]
    fn is_merely_observed(&mut self) -> bool {
        let policy = self.site.policy();
        let is_usual = self.site.is_as_written() && policy.inherits() && !policy.is_timed();
        if !(is_usual && context::merely_observes() && !Handover::is_expected()) {
            return false;
        }
        let (started, mode) = (Some(Moment::now()), Mode::OBSERVED_HERE);
        self.set_light(Light { started, effective: None, mode });
        true
    }

    /// Notes that the call is configured or limited. A call that has a trail notes it there.
    pub(super) fn note_settings(&mut self, set: impl FnOnce(&mut Light)) {
        let mut light = self.light().unwrap_or_default();
        set(&mut light);
        self.set_light(light);
    }

    /// The first attempt of a light call succeeded: makes the deposit and counts the call.
    #[inline]
    pub(super) fn succeeded_lightly(&self, light: &Light) {
        if let Some(budget) = self.site.budget_under(light.effective) {
            budget.pay_off();
        }
        // Both ask for the time: one test for calls of which nobody does.
        if light.mode.has(Mode::OBSERVED_HERE.with(Mode::MEASURED)) {
            self.told_lightly(light);
        }
        if let Some(site) = self.site() {
            counters::increment(site.number());
        }
    }

    /// Tells how long the first attempt ran.
    #[cold]
    #[inline(never)]
    fn told_lightly(&self, light: &Light) {
        let nanos = light.started.map_or(0, |started| Moment::now().nanos_since(started));
        if light.mode.has(Mode::MEASURED) {
            self.site.measure(nanos);
        }
        if light.mode.has(Mode::OBSERVED_HERE) {
            context::publish_first_try(self.site, nanos);
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
        let (now, limit) = (Moment::of(started), self.policy().time_limit());
        match &mut self.state {
            CallState::WithTrail(trail) => trail.start_clock(now, limit),
            _ => self.note_settings(|light| {
                light.started = Some(now);
                light.mode.add(Mode::TIMED);
            }),
        }
    }

    /// Hides the receiver of this call's report from the calls inside, for one poll: the receiver may be read while the call
    /// goes on.
    #[inline]
    pub(crate) fn hide_receiver(&self) -> Option<Entered> {
        match self.state {
            CallState::Light { mode, .. } if mode.has(Mode::OBSERVED_HERE) => {
                context::enter_unobserved()
            }
            _ => None,
        }
    }

    /// The first attempt is pending: it may end in another context than the one in which the call started, so the call
    /// remembers its observer.
    pub(crate) fn keep_observer(&mut self) {
        if self.light().is_some_and(|light| light.mode.has(Mode::OBSERVED_HERE)) {
            self.trail_mut();
        }
    }
}
