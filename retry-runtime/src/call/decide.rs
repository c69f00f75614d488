//! What follows from a failed attempt: the rules, in their order.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{Call, Decision, Mode, Verdict};
use crate::clock::{self, Moment};
use crate::history::Delay;
use crate::live::Order;
use crate::{DelaySource, Interruption, Kind, StopReason, redact, text};

/// What stands around a call's attempts.
pub(crate) trait Around {
    /// Whether the breaker would refuse another attempt now.
    fn refuses(&self) -> bool;

    /// Whether the call can end in a sleep: there is an outcome for that.
    fn ends_sleeps(&self) -> bool;

    /// Whether something is done, or others have their turn, between two attempts without a delay.
    fn takes_time(&self, attempt: u32) -> bool;
}

impl Call<'_> {
    /// The attempt failed: another one, or not?
    #[cold]
    pub(crate) fn failed(
        &mut self,
        verdict: Verdict,
        around: &dyn Around,
        words: &dyn Fn() -> Cow<'static, str>,
    ) -> Decision {
        self.trail_mut().mode.add(Mode::FAILED);
        let (instant, kind) = (clock::now(), verdict.class.kind);
        let now = Moment::of(instant);
        let said = words();
        let words = redact::kept(&said);
        text::recycle(said);
        self.record(now, Some((kind, Arc::clone(&words))));
        self.tell_attempt();
        self.account_for_failure(verdict);
        let decision = match self.decide(now, verdict) {
            Decision::Pause(delay) if self.is_resumed() => self.hand_over(kind, delay, &words),
            Decision::Pause(_) if self.is_cancelled() => Decision::Stop(StopReason::Cancelled),
            Decision::Pause(_) if around.refuses() => Decision::Stop(StopReason::CircuitOpen),
            Decision::Pause(delay) => self.pay_for_retry(instant, kind, delay),
            stop => stop,
        };
        let trail = self.trail_mut();
        trail.last_kind = Some(kind);
        trail.report.retry_after = verdict.class.retry_after;
        match decision {
            Decision::Pause(delay) => {
                trail.previous = Some(delay.length);
                if let Some(attempt) = trail.report.attempts.last_mut() {
                    attempt.delay = Some(delay);
                }
                if delay.length.is_zero() && !around.takes_time(trail.attempt) {
                    trail.continued = Some(now);
                }
                #[cfg(feature = "testing")]
                self.log_delay(delay.length);
                self.tell_retry(kind, delay, &words);
                // The span is the attempt's, not that of the pause after it.
                self.trail_mut().span = None;
                if !delay.length.is_zero() {
                    self.list(now, delay.length, (kind, words), around.ends_sleeps());
                }
            }
            Decision::Stop(reason) => {
                if verdict.rejected {
                    // A value that was not accepted is returned all the same: nothing is left to recover.
                    self.trail_mut().mode.remove(Mode::RECOVERS);
                }
                self.warn(reason);
                self.charge(reason, kind);
                self.tell_suppressed(reason, verdict.class, &words);
                self.end_at(reason, now);
            }
        }
        decision
    }

    /// What the hook has left of the pause that was decided on, which it is a part of. Nothing is slept and
    /// nothing more is tried when it has outlasted the deadline.
    #[cold]
    pub(crate) fn resume(&mut self, delay: Delay, decided: Moment) -> Decision {
        let now = Moment::now();
        if self.deadline().is_some_and(|deadline| deadline < now) {
            let trail = self.trail_mut();
            trail.withdrawal = None;
            if let Some(attempt) = trail.report.attempts.last_mut() {
                attempt.delay = None;
            }
            #[cfg(feature = "testing")]
            self.forget_delay();
            self.end(StopReason::Deadline);
            return Decision::Stop(StopReason::Deadline);
        }
        let length = delay.length.saturating_sub(now.since(decided));
        // Without a sleep nobody asks any more: a call that was cancelled in its hook ends here.
        if length.is_zero() && self.wake() == Some(Order::Cancel) {
            self.trail_mut().withdrawal = None;
            self.end(StopReason::Cancelled);
            return Decision::Stop(StopReason::Cancelled);
        }
        Decision::Pause(Delay { length, ..delay })
    }

    fn warn(&self, reason: StopReason) {
        if reason == StopReason::Ambiguous && self.policy().declared_idempotent().is_none() {
            if let Some(site) = self.site() {
                site.warn_undeclared();
            }
        }
    }

    /// The rules in their order: what the failure means, how many attempts are left, how much time.
    pub(super) fn decide(&mut self, now: Moment, verdict: Verdict) -> Decision {
        let Verdict { class, agreed, cut, .. } = verdict;
        match cut {
            Some(Interruption::Cancelled) => return Decision::Stop(StopReason::Cancelled),
            Some(Interruption::DeadlinePassed) => return Decision::Stop(StopReason::Deadline),
            _ => {}
        }
        let stop = match class.kind {
            Kind::Permanent => Some(StopReason::Permanent),
            Kind::Overloaded => Some(StopReason::Overloaded),
            _ if !agreed => Some(StopReason::Permanent),
            Kind::Ambiguous if self.policy().declared_idempotent() != Some(true) => {
                Some(StopReason::Ambiguous)
            }
            Kind::Transient | Kind::Throttled if !self.policy().retries(class.kind) => {
                Some(StopReason::Permanent)
            }
            _ if !self.policy().allows_another_after(self.attempt_number()) => {
                Some(StopReason::Exhausted)
            }
            _ => None,
        };
        match stop {
            Some(reason) => Decision::Stop(reason),
            None => self.schedule(now, class.retry_after),
        }
    }

    /// The next attempt's pause, if there is time for it.
    fn schedule(&mut self, now: Moment, hint: Option<Duration>) -> Decision {
        let left = match self.deadline() {
            Some(deadline) => deadline.since(now),
            None => Duration::MAX,
        };
        if left.is_zero() {
            return Decision::Stop(StopReason::Deadline);
        }
        if hint.is_some_and(|hint| hint > left.min(self.policy().longest_hint())) {
            return Decision::Stop(StopReason::RetryAfterTooLong);
        }
        let own = self.next_delay();
        let delay = match hint {
            Some(hint) if hint > own => Delay { length: hint, source: DelaySource::Hint },
            _ => Delay { length: own, source: DelaySource::Backoff },
        };
        if delay.length > left {
            return Decision::Stop(StopReason::Deadline);
        }
        Decision::Pause(delay)
    }

    fn next_delay(&mut self) -> Duration {
        let (policy, retry) = (self.policy(), self.attempt_number());
        let trail = self.trail_mut();
        policy.delay(retry, trail.previous, trail.rng.next())
    }
}
