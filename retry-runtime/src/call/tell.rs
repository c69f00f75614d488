//! What a call tells those who listen.
//!
//! Each of these asks first whether anybody would hear it: no text is made and nothing is copied otherwise.

use std::sync::Arc;

use super::{Call, Mode};
use crate::event::{
    self, AttemptFinished, AttemptStarted, CallFinished, CallSpan, CallStarted, Event, EventKind,
    RetryScheduled, RetrySuppressed,
};
use crate::{Class, Delay, Kind, Site, StopReason};

impl Call<'_> {
    /// The call's number, given now if it has none.
    pub(super) fn number(&mut self) -> u64 {
        let trail = self.trail_mut();
        if trail.number == 0 {
            trail.number = event::next_call();
        }
        trail.number
    }

    fn name(&self) -> &'static str {
        self.site().map_or("", Site::name)
    }

    /// The span of a later attempt, which starts now.
    pub(super) fn open_span(&mut self) {
        if !CallSpan::is_wanted() {
            self.trail_mut().span = None;
            return;
        }
        let (site, attempt, limit) = (self.name(), self.attempt_number(), self.policy().limit());
        let span = CallSpan::retry(site, self.number(), attempt, limit);
        self.trail_mut().span = Some(span);
    }

    pub(super) fn tell_started(&mut self) {
        // One that is resumed has been told of before.
        if self.has(Mode::OBSERVED) && self.attempt_number() == 0 {
            let (site, limit) = (self.name(), self.policy().limit());
            let call = self.number();
            event::emit(&Event::CallStarted(CallStarted { site, call, limit }));
        }
    }

    pub(super) fn tell_attempt_started(&mut self) {
        let hears = || event::hears(EventKind::AttemptStarted);
        if self.has(Mode::OBSERVED) || (self.attempt_number() > 1 && hears()) {
            let (site, attempt, limit) =
                (self.name(), self.attempt_number(), self.policy().limit());
            let call = self.number();
            event::emit(&Event::AttemptStarted(AttemptStarted { site, call, attempt, limit }));
        }
    }

    /// The attempt that was recorded last.
    pub(super) fn tell_attempt(&mut self) {
        if !event::hears(EventKind::AttemptFinished) {
            return;
        }
        let (site, limit) = (self.name(), self.policy().limit());
        let call = self.number();
        let Some(attempt) = self.trail().and_then(|trail| trail.report.last()) else {
            return;
        };
        event::emit(&Event::AttemptFinished(AttemptFinished {
            site,
            call,
            attempt: attempt.number,
            limit,
            duration: attempt.duration,
            kind: attempt.kind,
            error: attempt.error.clone().map(Into::into),
        }));
    }

    pub(super) fn tell_retry(&mut self, kind: Kind, delay: Delay, error: &Arc<str>) {
        if !event::hears(EventKind::RetryScheduled) {
            return;
        }
        let (site, attempt, limit) = (self.name(), self.attempt_number(), self.policy().limit());
        let (call, error) = (self.number(), Arc::clone(error).into());
        let retry = RetryScheduled { site, call, attempt, limit, delay, kind, error };
        event::emit(&Event::RetryScheduled(retry));
    }

    pub(super) fn tell_suppressed(&mut self, reason: StopReason, class: Class, error: &Arc<str>) {
        if !(RetrySuppressed::is_due(reason) && event::hears(EventKind::RetrySuppressed)) {
            return;
        }
        let (site, attempt, limit) = (self.name(), self.attempt_number(), self.policy().limit());
        let (call, error) = (self.number(), Arc::clone(error).into());
        let Class { kind, retry_after, .. } = class;
        event::emit(&Event::RetrySuppressed(RetrySuppressed {
            site,
            call,
            attempt,
            limit,
            reason,
            kind,
            error,
            retry_after,
        }));
    }

    pub(super) fn tell_finished(&mut self, reason: StopReason) {
        // A success at once is told only where somebody listens.
        let at_once = reason == StopReason::Success && self.attempt_number() == 1;
        if (at_once && !self.has(Mode::OBSERVED)) || !event::hears(EventKind::CallFinished) {
            return;
        }
        let (site, attempts) = (self.name(), self.attempt_number());
        let call = self.number();
        let report = &self.trail_mut().report;
        let last = report.last().filter(|_| reason != StopReason::Success);
        event::emit(&Event::CallFinished(CallFinished {
            site,
            call,
            attempts,
            reason,
            total: report.attempts.first().and_then(|first| first.duration).map(|_| report.total),
            kind: last.and_then(|attempt| attempt.kind),
            error: last.and_then(|attempt| attempt.error.clone()).map(Into::into),
        }));
    }
}
