//! How a call ends, and what it leaves behind.

use std::borrow::Cow;
use std::time::Duration;

use super::Call;
use super::trail::Trail;
use crate::clock::Moment;
use crate::history::Delay;
use crate::{AttemptRecord, Interruption, Kind, Outcome, Report, RetryError, StopReason};

impl Call<'_> {
    /// The attempt succeeded.
    #[inline(always)]
    pub(crate) fn succeeded(&mut self) {
        if self.trail.is_some() {
            return self.succeeded_late();
        }
        // A success at once leaves no trail, only its deposit.
        if let Some(budget) = self.budget() {
            budget.deposit_success();
        }
    }

    /// The attempt succeeded after a failure, or while somebody observes.
    #[cold]
    fn succeeded_late(&mut self) {
        match self.trail_mut().withdrawal.take() {
            Some(withdrawal) => withdrawal.succeeded(),
            None => {
                if let (1, Some(budget)) = (self.attempt, self.budget()) {
                    budget.deposit_success();
                }
            }
        }
        if self.watched {
            self.record(None, None);
            self.hand_over_success();
            self.end(StopReason::Success);
        }
    }

    /// The call was interrupted between two attempts, or before the first one.
    #[cold]
    pub(crate) fn interrupted(&mut self, cut: Interruption) {
        self.hand_over_interruption(cut);
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

    /// Adds the attempt that has just ended to the report.
    #[cold]
    pub(super) fn record(
        &mut self,
        failure: Option<(Kind, Cow<'static, str>)>,
        delay: Option<Delay>,
    ) {
        let now = Moment::now();
        let attempt_started = self.attempt_started.unwrap_or(now);
        let call_started = self.started.unwrap_or(attempt_started);
        let (kind, error) = failure.map(|(kind, text)| (kind, text.into_owned())).unzip();
        let record = AttemptRecord {
            number: self.attempt,
            started: attempt_started.since(call_started),
            duration: now.since(attempt_started),
            error,
            kind,
            delay,
        };
        self.trail_mut().report.push(record);
    }

    /// The call has ended: completes the report and hands it to the observer.
    #[cold]
    pub(super) fn end(&mut self, reason: StopReason) {
        let total = match self.started {
            Some(started) if self.watched => Moment::now().since(started),
            _ => Duration::ZERO,
        };
        let Trail { report, observer, withdrawal, .. } = self.trail_mut();
        *withdrawal = None;
        report.reason = reason;
        report.total = total;
        if reason == StopReason::Success {
            report.retry_after = None;
        }
        if let Some(observer) = observer {
            observer.publish(report.clone());
        }
    }

    /// Takes the call's outcome apart; a failure comes with its report.
    #[allow(clippy::missing_errors_doc, reason = "the error is the call's own")]
    pub fn settle<R: Outcome>(mut self, out: R) -> Result<R::Value, RetryError<R::Error>> {
        out.into_result().map_err(|error| {
            let report = std::mem::replace(&mut self.trail_mut().report, Report::empty(""));
            RetryError::new(error, Box::new(report))
        })
    }
}
