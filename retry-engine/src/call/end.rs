//! The end of a call, and its report.

use std::mem::{self, ManuallyDrop};

use super::intercept::Note;
use super::mode::Mode;
use super::spare;
use super::state::{Call, CallState};
use super::trail::Trail;
use crate::base::border;
use crate::base::clock::{self, Moment};
use crate::base::counters;
use crate::event;
use crate::failure::interruption::Cause;
use crate::failure::outcome::Outcome;
use crate::policy::Policy;
use crate::report::error::RetryError;
use crate::report::reason::StopReason;
use crate::report::stats::Ended;

impl Call<'_> {
    #[cold]
    pub(crate) fn succeeded(&mut self) {
        match &self.state {
            CallState::Plain | CallState::Keyed(_) => self.succeeded_quickly(),
            CallState::Light { .. } | CallState::Configured { .. } => self.succeeded_lightly(),
            _ => self.succeeded_with_trail(),
        }
    }

    #[inline(never)]
    fn succeeded_with_trail(&mut self) {
        let policy = self.policy();
        self.trail_mut().succeeded(&policy);
    }

    /// The call was interrupted between two attempts, or before the first one.
    #[cold]
    pub(crate) fn interrupted(&mut self, cut: Cause) {
        // No retry follows that would owe to the budget of the key.
        drop(self.take_key());
        let trail = self.early_trail_mut();
        trail.mode.add(Mode::FAILED);
        let reason = match cut {
            Cause::CircuitOpen { retry_after } => {
                trail.draft.set_retry_after(retry_after);
                trail.hand_over_refusal(retry_after);
                StopReason::CircuitOpen
            }
            Cause::Cancelled => {
                // The caller is not served by a substitute.
                trail.mode.remove(Mode::RECOVERS);
                StopReason::Cancelled
            }
            Cause::TimedOut { .. } | Cause::DeadlinePassed => StopReason::Deadline,
        };
        // A call whose first attempt was refused has no duration.
        let now = trail.started.map(|_| Moment::now());
        trail.end_at(reason, now);
    }

    #[cold]
    pub(super) fn end(&mut self, reason: StopReason) {
        self.trail_mut().end_at(reason, Some(Moment::now()));
    }

    /// Converts the call's outcome to a `Result`, and adds the report to a failure.
    ///
    /// # Errors
    ///
    /// The call's own failure.
    pub fn settle<R: Outcome>(mut self, out: R) -> Result<R::Value, RetryError<R::Error>> {
        out.into_result().map_err(|error| {
            let name = self.site.name();
            RetryError::new(error, Box::new(self.trail_mut().draft.report(name)))
        })
    }
}

impl Call<'_> {
    /// Ends a call that is dropped before its end, and frees the trail.
    #[cold]
    #[inline(never)]
    pub(super) fn leave(&mut self) {
        if !matches!(self.state, CallState::WithTrail(_)) || self.has(Mode::RUNNING) {
            let trail = self.trail_mut();
            trail.record_dropped(Moment::now());
            // The queue decides about an aborted attempt of a resumed call, also after a panic.
            if trail.is_resumed() {
                trail.mark_continued();
            }
            self.end(StopReason::Aborted);
        }
        if let CallState::WithTrail(trail) = mem::replace(&mut self.state, CallState::Ended) {
            spare::keep(ManuallyDrop::into_inner(trail));
        }
    }
}

impl Trail {
    fn succeeded(&mut self, policy: &Policy) {
        self.account_for_success();
        if !self.mode.has(Mode::REPORTS_SUCCESS.with(Mode::MEASURED)) {
            return self.succeeded_quietly();
        }
        self.succeeded_with_report(policy);
    }

    /// A first-try success of a timed or configured call leaves a count only.
    #[inline]
    fn succeeded_quietly(&mut self) {
        self.mode.remove(Mode::RUNNING);
        if let Some(site) = self.site() {
            counters::increment(site.number());
        }
    }

    /// The attempt succeeded, and the call keeps a report or measures its attempts.
    #[inline(never)]
    fn succeeded_with_report(&mut self, policy: &Policy) {
        let now = Moment::now();
        if self.mode.has(Mode::MEASURED) {
            self.measure(now);
            if !self.mode.has(Mode::REPORTS_SUCCESS) {
                return self.succeeded_quietly();
            }
        }
        self.record(now, None);
        let is_reported = self.attempt > 1 || self.mode.has(Mode::OBSERVED);
        if is_reported && event::has_any_listener() {
            self.emit_attempt_finished(policy);
        }
        self.end_at(StopReason::Success, Some(now));
    }

    /// Ends the fields that few trails use.
    #[cold]
    fn end_rare(&mut self, name: &'static str) {
        self.rare_mut().span = None;
        if let Some(resumed) = self.resumed() {
            resumed.end(self.draft.reason, &self.draft);
        }
        if self.intercepted().is_some() {
            border::contained(|| self.note(Note::End(&self.draft.report(name))));
        }
    }

    /// Ends the sleep of a call that has slept.
    fn end_sleep(&mut self) {
        if let Some(sleep) = self.sleep.take() {
            // A timer's own future; the call may end by a panic, and another one would abort the process.
            self.sleep = border::contained(|| sleep.rested()).flatten();
        }
    }

    /// Ends the call: completes the report, and passes it to the queue, the interceptor, the listeners, the observer and
    /// the site. A call that has started needs `now`.
    pub(super) fn end_at(&mut self, reason: StopReason, now: Option<Moment>) {
        self.mode.remove(Mode::RUNNING);
        self.mode.add(Mode::REPORTED);
        self.drop_debt();
        if self.live.take().is_some() {
            self.end_sleep();
        }
        self.draft.reason = reason;
        let times = self.started.zip(now);
        self.draft.total = times.map_or(0, |(started, now)| now.nanos_since(started));
        if reason == StopReason::Success {
            self.draft.set_retry_after(None);
        }
        let name = self.site.name();
        if self.rare.is_some() {
            self.end_rare(name);
        }
        let is_continued = self.mode.has(Mode::CONTINUED);
        if !is_continued {
            self.emit_call_finished(reason);
        }
        // After the listeners: a call that a listener makes would replace this report.
        if let Some(observer) = self.rare.as_ref().and_then(|rare| rare.observer.as_ref()) {
            observer.publish(self.draft.report(name));
        }
        // The process that makes the last attempt of a resumed call counts all attempts.
        let Some(site) = self.site().filter(|_| !is_continued) else { return };
        // A first-try success is counted, and not remembered among the past calls.
        if reason == StopReason::Success && self.attempt == 1 {
            return counters::increment(site.number());
        }
        let recovered = self.mode.has(Mode::RECOVERS);
        let ended = Ended { reason, attempts: self.attempt, recovered };
        let earlier = self.rare.as_ref().and_then(|rare| rare.failures.as_deref());
        if self.mode.has(Mode::WATCHED) {
            // The draft is the caller's.
            return site.note(ended, earlier, clock::wall(), &mut self.draft.clone());
        }
        site.note(ended, earlier, clock::wall(), &mut self.draft);
        // The next call of this trail takes the memory.
        self.draft.clear(spare::BYTES);
    }
}
