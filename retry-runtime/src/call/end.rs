//! How a call ends, and what it leaves behind.

use std::mem::{self, ManuallyDrop};
use std::time::Duration;

use super::{Call, Mode};
use crate::clock::{self, Moment};
use crate::stats::Ended;
use crate::{Interruption, Outcome, Report, RetryError, StopReason, site, tally};

impl Call<'_> {
    /// The attempt succeeded.
    #[inline(always)]
    pub(crate) fn succeeded(&mut self) {
        if !self.mode.is_plain() {
            return self.succeeded_late();
        }
        // A success at once leaves no trail, only its deposit and its count.
        self.mode.remove(Mode::RUNNING);
        if let Some(budget) = self.budget() {
            budget.deposit_success();
        }
        if let Some(site) = self.site {
            tally::increment(site.number());
        }
    }

    /// The attempt succeeded after a failure, or while somebody observes.
    #[cold]
    fn succeeded_late(&mut self) {
        let withdrawal = self.trail.as_mut().and_then(|trail| trail.withdrawal.take());
        match withdrawal {
            Some(withdrawal) => withdrawal.succeeded(),
            None => {
                if let (1, Some(budget)) = (self.attempt, self.budget()) {
                    budget.deposit_success();
                }
            }
        }
        if self.trail.is_none() && !self.mode.has(Mode::WATCHED) {
            return self.succeeded_at_once();
        }
        self.record(Moment::now(), None);
        if self.attempt > 1 || self.mode.has(Mode::OBSERVED) {
            self.tell_attempt();
        }
        self.end(StopReason::Success);
    }

    /// The call is timed, configured or listened to, and has succeeded at once all the same.
    fn succeeded_at_once(&mut self) {
        self.mode.remove(Mode::RUNNING);
        if let Some(site) = self.site {
            tally::increment(site.number());
        }
    }

    /// The call was interrupted between two attempts, or before the first one.
    #[cold]
    pub(crate) fn interrupted(&mut self, cut: Interruption) {
        let reason = match cut {
            Interruption::CircuitOpen { retry_after } => {
                self.trail_mut().report.retry_after = retry_after;
                StopReason::CircuitOpen
            }
            Interruption::Cancelled => StopReason::Cancelled,
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => StopReason::Deadline,
        };
        self.end(reason);
    }

    /// The call has ended: completes the report, and hands it to everybody who wants it.
    #[cold]
    pub(super) fn end(&mut self, reason: StopReason) {
        self.mode.remove(Mode::RUNNING);
        let watched = self.mode.has(Mode::WATCHED);
        let recovered = self.mode.has(Mode::RECOVERS);
        let (site, attempts) = (self.site, self.attempt);
        let trail = self.trail_mut();
        trail.withdrawal = None;
        trail.live = None;
        trail.report.reason = reason;
        trail.report.total = match trail.started {
            Some(started) => Moment::now().since(started),
            None => Duration::ZERO,
        };
        if reason == StopReason::Success {
            trail.report.retry_after = None;
        }
        if let Some(observer) = &trail.observer {
            observer.publish(trail.report.clone());
        }
        trail.span = None;
        let (failures, name) = (trail.failures, trail.report.name);
        #[cfg(feature = "testing")]
        self.log_end();
        self.tell_finished(reason);
        let Some(site) = site else { return };
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
        site.note(ended, failures, site::past(clock::wall(), report));
    }

    /// Takes the call's outcome apart; a failure comes with its report.
    #[allow(clippy::missing_errors_doc, reason = "the error is the call's own")]
    pub fn settle<R: Outcome>(mut self, out: R) -> Result<R::Value, RetryError<R::Error>> {
        out.into_result().map_err(|error| {
            let report = mem::replace(&mut self.trail_mut().report, Report::empty(""));
            RetryError::new(error, Box::new(report))
        })
    }

    /// The call is dropped and has not ended, or has left something behind.
    #[cold]
    fn leave(&mut self) {
        if self.mode.has(Mode::RUNNING) {
            self.end(StopReason::Aborted);
        }
        let trail = mem::replace(&mut self.trail, ManuallyDrop::new(None));
        drop(ManuallyDrop::into_inner(trail));
    }
}

impl Drop for Call<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.mode.is_nothing() {
            self.leave();
        }
    }
}
