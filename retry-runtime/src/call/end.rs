//! How a call ends, and what it leaves behind.

use std::mem::{self, ManuallyDrop};
use std::time::Duration;

use super::intercept::Note;
use super::mode::Mode;
use super::spare;
use super::state::Call;
use super::state::State;
use super::trail::Trail;
use crate::base::clock;
use crate::base::clock::Moment;
use crate::base::counters;
use crate::event;
use crate::failure::interruption::Interruption;
use crate::failure::outcome::Outcome;
use crate::policy::Policy;
use crate::report::error::RetryError;
use crate::report::reason::StopReason;
use crate::report::record::Report;
use crate::report::stats::Ended;

impl Call<'_> {
    /// The attempt succeeded.
    pub(crate) fn succeeded(&mut self) {
        if self.is_plain() {
            self.succeeded_plainly();
            self.state = State::Ended;
            return;
        }
        let policy = self.policy();
        self.trail_mut().succeeded(policy);
    }

    /// The call was interrupted between two attempts, or before the first one.
    #[cold]
    pub(crate) fn interrupted(&mut self, cut: Interruption) {
        let trail = self.early_trail_mut();
        trail.mode.add(Mode::FAILED);
        let reason = match cut {
            Interruption::CircuitOpen { retry_after } => {
                trail.report.retry_after = retry_after;
                trail.hand_over_refusal(retry_after);
                StopReason::CircuitOpen
            }
            Interruption::Cancelled => StopReason::Cancelled,
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => StopReason::Deadline,
        };
        trail.end_at(reason, Moment::now());
    }

    /// The call has ended, at a moment that nobody has asked for yet.
    #[cold]
    pub(super) fn end(&mut self, reason: StopReason) {
        self.trail_mut().end_at(reason, Moment::now());
    }

    /// Takes the call's outcome apart; a failure comes with its report.
    #[allow(clippy::missing_errors_doc, reason = "the error is the call's own")]
    pub fn settle<R: Outcome>(mut self, out: R) -> Result<R::Value, RetryError<R::Error>> {
        out.into_result().map_err(|error| {
            let report = mem::replace(&mut self.trail_mut().report, Report::empty(""));
            RetryError::new(error, Box::new(report))
        })
    }
}

impl Call<'_> {
    /// The call is dropped: ends it if it has not ended, and frees its trail.
    #[cold]
    #[inline(never)]
    pub(super) fn leave(mut self) {
        if !matches!(self.state, State::Kept(_)) || self.has(Mode::RUNNING) {
            let trail = self.trail_mut();
            trail.record_dropped(Moment::now());
            // The keeper of a resumed call says what becomes of an attempt that was broken off. A panic is an end
            // like any other.
            if trail.is_resumed() && !std::thread::panicking() {
                trail.goes_on();
            }
            self.end(StopReason::Aborted);
        }
        if let State::Kept(trail) = mem::replace(&mut self.state, State::Ended) {
            spare::keep(ManuallyDrop::into_inner(trail));
        }
    }
}

impl Trail {
    /// The attempt succeeded.
    fn succeeded(&mut self, policy: &Policy) {
        match self.withdrawal.take() {
            Some(withdrawal) => withdrawal.succeeded(),
            None => {
                if let (1, Some(budget)) = (self.attempt, self.budget()) {
                    budget.deposit_success();
                }
            }
        }
        if !self.mode.has(Mode::TOLD) {
            // Timed or configured, and a success at once all the same.
            self.mode.remove(Mode::RUNNING);
            if let Some(site) = self.site() {
                counters::increment(site.number());
            }
            return;
        }
        self.succeeded_told(policy);
    }

    /// There is a report of it.
    #[inline(never)]
    fn succeeded_told(&mut self, policy: &Policy) {
        let now = Moment::now();
        self.record(now, None);
        let told = self.attempt > 1 || self.mode.has(Mode::OBSERVED);
        if told && event::has_any_listener() {
            self.tell_attempt(policy);
        }
        self.end_at(StopReason::Success, now);
    }

    /// The call has ended: completes the report, and hands it to everybody who wants it.
    pub(super) fn end_at(&mut self, reason: StopReason, now: Moment) {
        self.mode.remove(Mode::RUNNING);
        self.mode.add(Mode::REPORTED);
        self.withdrawal = None;
        self.live = None;
        self.sleep = None;
        self.report.reason = reason;
        self.report.total = match self.started {
            Some(started) => now.since(started),
            None => Duration::ZERO,
        };
        if reason == StopReason::Success {
            self.report.retry_after = None;
        }
        if let Some(handed) = &self.handed {
            handed.end(reason, self.report.last());
        }
        self.span = None;
        self.note(Note::End(&self.report));
        let goes_on = self.mode.has(Mode::GOES_ON);
        if !goes_on {
            self.tell_finished(reason);
        }
        // After the listeners: a call that one of them makes would take this one's place.
        if let Some(observer) = &self.observer {
            observer.publish(self.report.clone());
        }
        // Who makes its last attempt counts all of them.
        let Some(site) = self.site().filter(|_| !goes_on) else { return };
        // Somebody's first try that is watched is one of the many, and no part of the past.
        if reason == StopReason::Success && self.attempt == 1 {
            return counters::increment(site.number());
        }
        let recovered = self.mode.has(Mode::RECOVERS);
        let ended = Ended { reason, attempts: self.attempt, recovered };
        // Whoever watches takes the report itself.
        let report = if self.mode.has(Mode::WATCHED) {
            self.report.clone()
        } else {
            mem::replace(&mut self.report, Report::empty(site.name()))
        };
        site.note(ended, self.failures, clock::wall(), report);
    }
}
