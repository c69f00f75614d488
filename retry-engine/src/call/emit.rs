//! The events of a call.
//!
//! Each function first asks whether anybody listens to its event, and formats and copies nothing otherwise.

use std::sync::Arc;
use std::time::Duration;

use super::mode::Mode;
use super::trail::Trail;
use crate::event;
use crate::event::{
    AttemptFinished, AttemptStarted, CallFinished, CallSpan, CallStarted, Event, EventKind, Label,
    RetryScheduled, RetrySuppressed,
};
use crate::failure::class::{Class, Kind};
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::report::record::Delay;

impl Trail {
    /// The call's number, assigned at the first use.
    pub(super) fn number(&mut self) -> u64 {
        if self.number == 0 {
            self.number = event::next_call();
        }
        self.number
    }

    /// An attempt has started: opens its span and emits the event.
    #[cold]
    pub(super) fn emit_attempt_started(&mut self, policy: &Policy) {
        let (site, attempt, limit) = (self.site.name(), self.attempt, self.limit(policy));
        if (attempt > 1 || event::wants_first_span()) && CallSpan::is_wanted() {
            let span = CallSpan::of(site, self.number(), attempt, limit);
            self.rare_mut().span = Some(span);
        }
        let has_listener = || event::has_listener(EventKind::AttemptStarted);
        if self.mode.has(Mode::OBSERVED) || (attempt > 1 && has_listener()) {
            let call = self.number();
            self.site.emit(&Event::AttemptStarted(AttemptStarted { site, call, attempt, limit }));
        }
    }

    pub(super) fn emit_call_started(&mut self, policy: &Policy) {
        let (site, call, limit) = (self.site.name(), self.number(), self.limit(policy));
        self.site.emit(&Event::CallStarted(CallStarted { site, call, limit }));
    }

    /// The attempt that was recorded last has ended.
    #[cold]
    pub(super) fn emit_attempt_finished(&mut self, policy: &Policy) {
        if !event::has_listener(EventKind::AttemptFinished) {
            return;
        }
        let (site, limit) = (self.site.name(), self.limit(policy));
        let call = self.number();
        let Some(attempt) = self.draft.last() else { return };
        self.site.emit(&Event::AttemptFinished(AttemptFinished {
            site,
            call,
            attempt: attempt.number,
            limit,
            duration: attempt.duration,
            kind: attempt.kind,
            error: attempt.error.map(Into::into),
        }));
    }

    #[cold]
    pub(super) fn emit_retry_scheduled(&mut self, policy: &Policy, kind: Kind, delay: Delay) {
        if !event::has_listener(EventKind::RetryScheduled) {
            return;
        }
        let (site, attempt, limit) = (self.site.name(), self.attempt, self.limit(policy));
        let (call, error) = (self.number(), self.error_label());
        let retry = RetryScheduled { site, call, attempt, limit, delay, kind, error };
        self.site.emit(&Event::RetryScheduled(retry));
    }

    #[cold]
    pub(super) fn emit_retry_suppressed(
        &mut self,
        policy: &Policy,
        reason: StopReason,
        class: Class,
    ) {
        if !(RetrySuppressed::is_due(reason) && event::has_listener(EventKind::RetrySuppressed)) {
            return;
        }
        let (site, attempt, limit) = (self.site.name(), self.attempt, self.limit(policy));
        let (call, error) = (self.number(), self.error_label());
        let Class { kind, retry_after } = class;
        let retry =
            RetrySuppressed { site, call, attempt, limit, reason, kind, error, retry_after };
        self.site.emit(&Event::RetrySuppressed(retry));
    }

    fn error_label(&self) -> Label {
        Arc::<str>::from(self.last_error()).into()
    }

    #[inline]
    pub(super) fn emit_call_finished(&mut self, reason: StopReason) {
        // A first-try success is reported only if the call is observed.
        let at_once = reason == StopReason::Success && self.attempt == 1;
        let wanted = !at_once || self.mode.has(Mode::OBSERVED);
        if wanted && event::has_listener(EventKind::CallFinished) {
            self.emit_call_finished_heard(reason);
        }
    }

    #[cold]
    fn emit_call_finished_heard(&mut self, reason: StopReason) {
        let (site, attempts, call) = (self.site.name(), self.attempt, self.number());
        let last = if reason == StopReason::Success { None } else { self.draft.last() };
        self.site.emit(&Event::CallFinished(CallFinished {
            site,
            call,
            attempts,
            reason,
            total: self.draft.is_timed().then(|| Duration::from_nanos(self.draft.total)),
            kind: last.as_ref().and_then(|attempt| attempt.kind),
            error: last.and_then(|attempt| attempt.error).map(Into::into),
        }));
    }
}
