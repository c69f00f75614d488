//! What a call tells those who listen.
//!
//! Each of these asks first whether anybody would hear it: no text is made and nothing is copied otherwise.

use super::mode::Mode;
use super::trail::Trail;
use crate::event;
use crate::event::{
    AttemptFinished, AttemptStarted, CallFinished, CallSpan, CallStarted, Event, EventKind,
    RetryScheduled, RetrySuppressed,
};
use crate::failure::class::{Class, Kind};
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::report::record::Delay;

impl Trail {
    /// The call's number, given now if it has none.
    pub(super) fn number(&mut self) -> u64 {
        if self.number == 0 {
            self.number = event::next_call();
        }
        self.number
    }

    /// The function's name; that of `NOBODY` is empty.
    fn name(&self) -> &'static str {
        self.site.name()
    }

    /// An attempt has started, and there is somebody to hear it: the span of a later one, and its event.
    #[cold]
    pub(super) fn tell_start(&mut self, policy: &Policy) {
        let (name, attempt, limit) = (self.name(), self.attempt, policy.limit());
        if attempt > 1 && CallSpan::is_wanted() {
            self.span = Some(Box::new(CallSpan::retry(name, self.number(), attempt, limit)));
        }
        let has_listener = || event::has_listener(EventKind::AttemptStarted);
        if self.mode.has(Mode::OBSERVED) || (attempt > 1 && has_listener()) {
            let call = self.number();
            let started = AttemptStarted { site: name, call, attempt, limit };
            event::emit(&Event::AttemptStarted(started));
        }
    }

    /// Of a call that is observed.
    pub(super) fn tell_started(&mut self, policy: &Policy) {
        let (site, call, limit) = (self.name(), self.number(), policy.limit());
        event::emit(&Event::CallStarted(CallStarted { site, call, limit }));
    }

    /// The attempt that was recorded last.
    #[cold]
    pub(super) fn tell_attempt(&mut self, policy: &Policy) {
        if !event::has_listener(EventKind::AttemptFinished) {
            return;
        }
        let (site, limit) = (self.name(), policy.limit());
        let call = self.number();
        let Some(attempt) = self.report.last() else { return };
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

    #[cold]
    pub(super) fn tell_retry(&mut self, policy: &Policy, kind: Kind, delay: Delay) {
        if !event::has_listener(EventKind::RetryScheduled) {
            return;
        }
        let (site, attempt, limit) = (self.name(), self.attempt, policy.limit());
        let (call, error) = (self.number(), self.last_words().into());
        let retry = RetryScheduled { site, call, attempt, limit, delay, kind, error };
        event::emit(&Event::RetryScheduled(retry));
    }

    #[cold]
    pub(super) fn tell_suppressed(&mut self, policy: &Policy, reason: StopReason, class: Class) {
        if !(RetrySuppressed::is_due(reason) && event::has_listener(EventKind::RetrySuppressed)) {
            return;
        }
        let (site, attempt, limit) = (self.name(), self.attempt, policy.limit());
        let (call, error) = (self.number(), self.last_words().into());
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

    #[inline]
    pub(super) fn tell_finished(&mut self, reason: StopReason) {
        // A success at once is told only where somebody listens.
        let at_once = reason == StopReason::Success && self.attempt == 1;
        if (!at_once || self.mode.has(Mode::OBSERVED))
            && event::has_listener(EventKind::CallFinished)
        {
            self.tell_finished_heard(reason);
        }
    }

    #[cold]
    fn tell_finished_heard(&mut self, reason: StopReason) {
        let (site, attempts, call) = (self.name(), self.attempt, self.number());
        let report = &self.report;
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
