//! What follows from a failed attempt: the rules, in their order.

use std::borrow::Cow;
use std::time::Duration;

use super::{Call, Decision, Verdict};
use crate::clock::Moment;
use crate::history::Delay;
use crate::{DelaySource, Interruption, Kind, StopReason};

impl Call<'_> {
    /// The attempt failed: another one, or not? `refuses` says whether the breaker would refuse it.
    #[cold]
    pub(crate) fn failed(
        &mut self,
        verdict: Verdict,
        refuses: impl FnOnce() -> bool,
        text: impl FnOnce() -> Cow<'static, str>,
    ) -> Decision {
        self.account_for_failure(verdict);
        if self.is_resumed() {
            return self.hand_over(verdict, text);
        }
        let decision = match self.decide(verdict) {
            Decision::Pause(_) if refuses() => Decision::Stop(StopReason::CircuitOpen),
            Decision::Pause(delay) => self.pay_for_retry(verdict.class.kind, delay),
            stop => stop,
        };
        let trail = self.trail_mut();
        trail.last_kind = Some(verdict.class.kind);
        trail.report.retry_after = verdict.class.retry_after;
        let delay = match decision {
            Decision::Pause(delay) => Some(delay),
            Decision::Stop(_) => None,
        };
        if let Some(delay) = delay {
            trail.previous = Some(delay.length);
        }
        if self.watched {
            self.record(Some((verdict.class.kind, text())), delay);
        }
        if let Decision::Stop(reason) = decision {
            self.warn(reason);
            self.charge(reason, verdict.class.kind);
            self.end(reason);
        }
        decision
    }

    /// What the hook has left of the pause that was decided on, which it is a part of. Nothing is slept and
    /// nothing more is tried when it has outlasted the deadline.
    #[cold]
    pub(crate) fn resume(&mut self, delay: Delay, decided: Moment) -> Decision {
        let now = Moment::now();
        if self.deadline.is_some_and(|deadline| deadline < now) {
            let trail = self.trail_mut();
            trail.withdrawal = None;
            if let Some(attempt) = trail.report.attempts.last_mut() {
                attempt.delay = None;
            }
            self.end(StopReason::Deadline);
            return Decision::Stop(StopReason::Deadline);
        }
        let length = delay.length.saturating_sub(now.since(decided));
        Decision::Pause(Delay { length, ..delay })
    }

    pub(super) fn warn(&self, reason: StopReason) {
        if reason == StopReason::Ambiguous && self.policy.declared_idempotent().is_none() {
            if let Some(site) = self.site {
                site.warn_undeclared();
            }
        }
    }

    /// The rules in their order: what the failure means, how many attempts are left, how much time.
    pub(super) fn decide(&mut self, verdict: Verdict) -> Decision {
        let Verdict { class, agreed, cut } = verdict;
        match cut {
            Some(Interruption::Cancelled) => return Decision::Stop(StopReason::Cancelled),
            Some(Interruption::DeadlinePassed) => return Decision::Stop(StopReason::Deadline),
            _ => {}
        }
        let stop = match class.kind {
            Kind::Permanent => Some(StopReason::Permanent),
            Kind::Overloaded => Some(StopReason::Overloaded),
            _ if !agreed => Some(StopReason::Permanent),
            Kind::Ambiguous if self.policy.declared_idempotent() != Some(true) => {
                Some(StopReason::Ambiguous)
            }
            Kind::Transient | Kind::Throttled if !self.policy.retries(class.kind) => {
                Some(StopReason::Permanent)
            }
            _ if !self.policy.allows_another_after(self.attempt) => Some(StopReason::Exhausted),
            _ => None,
        };
        match stop {
            Some(reason) => Decision::Stop(reason),
            None => self.schedule(class.retry_after),
        }
    }

    /// The next attempt's pause, if there is time for it.
    fn schedule(&mut self, hint: Option<Duration>) -> Decision {
        // Without a deadline nobody asks what time it is.
        let left = match self.deadline {
            Some(deadline) => deadline.since(Moment::now()),
            None => Duration::MAX,
        };
        if left.is_zero() {
            return Decision::Stop(StopReason::Deadline);
        }
        if hint.is_some_and(|hint| hint > left.min(self.policy.longest_hint())) {
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
        let (policy, retry) = (self.policy, self.attempt);
        let trail = self.trail_mut();
        policy.delay(retry, trail.previous, trail.rng.next())
    }
}
