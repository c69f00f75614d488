//! How a call ends, and what it leaves behind.

use std::mem::{self, ManuallyDrop};
use std::time::Duration;

use super::{Call, Mode, State};
use crate::clock::{self, Moment};
use crate::stats::Ended;
use crate::{Interruption, Outcome, Report, RetryError, StopReason, site, tally};

impl Call<'_> {
    /// The attempt succeeded.
    #[inline(always)]
    pub(crate) fn succeeded(&mut self) {
        let State::First(site) = self.state else {
            return self.by_value(Call::succeeded_late);
        };
        // A success at once leaves no trail, only its deposit and its count.
        self.state = State::Ended;
        if let Some(budget) = site.budget_source().get() {
            budget.deposit_success();
        }
        tally::increment(site.number());
    }

    /// The attempt succeeded after a failure, or while there is something to look after.
    #[cold]
    fn succeeded_late(&mut self) {
        let withdrawal = self.trail_mut().withdrawal.take();
        match withdrawal {
            Some(withdrawal) => withdrawal.succeeded(),
            None => {
                if let (1, Some(budget)) = (self.attempt_number(), self.budget()) {
                    budget.deposit_success();
                }
            }
        }
        let (attempt, trail) = (self.attempt_number(), self.trail_mut());
        let told = [Mode::FAILED, Mode::WATCHED, Mode::OBSERVED];
        if !told.into_iter().any(|mode| trail.mode.has(mode)) {
            return self.succeeded_at_once();
        }
        let observed = trail.mode.has(Mode::OBSERVED);
        let now = Moment::now();
        self.record(now, None);
        if attempt > 1 || observed {
            self.tell_attempt();
        }
        self.end_at(StopReason::Success, now);
    }

    /// The call is timed or configured, and has succeeded at once all the same.
    fn succeeded_at_once(&mut self) {
        self.trail_mut().mode.remove(Mode::RUNNING);
        if let Some(site) = self.site() {
            tally::increment(site.number());
        }
    }

    /// The call was interrupted between two attempts, or before the first one.
    #[cold]
    pub(crate) fn interrupted(&mut self, cut: Interruption) {
        self.trail_mut().mode.add(Mode::FAILED);
        let reason = match cut {
            Interruption::CircuitOpen { retry_after } => {
                self.trail_mut().report.retry_after = retry_after;
                self.hand_over_refusal(retry_after);
                StopReason::CircuitOpen
            }
            Interruption::Cancelled => StopReason::Cancelled,
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => StopReason::Deadline,
        };
        self.end(reason);
    }

    /// The call has ended, at a moment that nobody has asked for yet.
    #[cold]
    pub(super) fn end(&mut self, reason: StopReason) {
        self.end_at(reason, Moment::now());
    }

    /// The call has ended: completes the report, and hands it to everybody who wants it.
    #[cold]
    pub(super) fn end_at(&mut self, reason: StopReason, now: Moment) {
        let (site, trail) = (self.site(), self.trail_mut());
        trail.mode.remove(Mode::RUNNING);
        let watched = trail.mode.has(Mode::WATCHED);
        let recovered = trail.mode.has(Mode::RECOVERS);
        let goes_on = trail.mode.has(Mode::GOES_ON);
        let attempts = trail.attempt;
        trail.withdrawal = None;
        trail.live = None;
        trail.report.reason = reason;
        trail.report.total = match trail.started {
            Some(started) => now.since(started),
            None => Duration::ZERO,
        };
        if reason == StopReason::Success {
            trail.report.retry_after = None;
        }
        if let Some(handed) = &trail.handed {
            handed.end(reason, trail.report.last());
        }
        trail.span = None;
        let (failures, name) = (trail.failures, trail.report.name);
        #[cfg(feature = "testing")]
        self.log_end();
        if !goes_on {
            self.tell_finished(reason);
        }
        // After the listeners: a call that one of them makes would take this one's place.
        let trail = self.trail_mut();
        if let Some(observer) = &trail.observer {
            observer.publish(trail.report.clone());
        }
        // Who makes its last attempt counts all of them.
        let Some(site) = site.filter(|_| !goes_on) else { return };
        // Whoever watches takes the report itself.
        let report = match (&mut self.trail_mut().report, watched) {
            (report, true) => report.clone(),
            (report, false) => mem::replace(report, Report::empty(name)),
        };
        // Somebody's first try that is watched is one of the many, and no part of the past.
        if reason == StopReason::Success && attempts == 1 {
            return tally::increment(site.number());
        }
        let ended = Ended { reason, attempts, recovered };
        let forgotten = site.note(ended, failures, site::past(clock::wall(), report));
        let Some(mut attempts) = forgotten else { return };
        attempts.clear();
        if !watched {
            self.trail_mut().report.attempts = attempts;
        }
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

/// The call is dropped and has not ended, or has left something behind.
#[cold]
#[inline(never)]
fn leave(mut call: Call<'_>) {
    if !matches!(call.state, State::Kept(_)) || call.has(Mode::RUNNING) {
        call.record_dropped(Moment::now());
        // What becomes of a resumed call whose attempt is broken off is for its keeper to say. A panic is an
        // end like any other.
        if call.is_resumed() && !std::thread::panicking() {
            call.goes_on();
        }
        call.end(StopReason::Aborted);
    }
    if let State::Kept(trail) = mem::replace(&mut call.state, State::Ended) {
        ManuallyDrop::into_inner(trail).recycle();
    }
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !matches!(self.state, State::Ended) {
            leave(self.take());
        }
    }
}
