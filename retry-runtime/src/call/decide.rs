//! What follows from a failed attempt: the rules, in their order.

use std::borrow::Cow;
use std::time::Duration;

use super::intercept::Note;
use super::live::Order;
use super::{Call, Decision, Mode, Trail, Verdict};
use crate::base::clock::Moment;
use crate::event;
use crate::failure::class::Kind;
use crate::failure::interruption::Interruption;
use crate::failure::redact;
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::report::record::Delay;
use crate::report::record::DelaySource;

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
    // Not cold, which would keep its steps from being part of it; who calls it is.
    #[inline(never)]
    pub(crate) fn failed(
        &mut self,
        now: Moment,
        verdict: &Verdict,
        around: &dyn Around,
        words: &dyn Fn() -> Cow<'static, str>,
    ) -> Decision {
        let policy = self.policy();
        let trail = self.trail_mut();
        trail.mode.add(Mode::FAILED);
        let words = redact::kept(&words());
        let kind = verdict.class.kind;
        trail.record(now, Some((kind, words)));
        // Asked once: without anybody to hear it nothing is made ready to be told.
        let heard = event::is_heard();
        if heard {
            trail.tell_attempt(policy);
        }
        trail.account_for_failure(verdict.cut);
        trail.last_kind = Some(kind);
        trail.report.retry_after = verdict.class.retry_after;
        let delay = match trail.decide(policy, now, verdict) {
            Ok(delay) => delay,
            Err(reason) => return trail.stop(policy, now, verdict, reason),
        };
        if let Some(reason) = trail.hindered(policy, now, kind, delay, around) {
            return trail.stop(policy, now, verdict, reason);
        }
        trail.previous = Some(delay.length);
        if let Some(attempt) = trail.report.attempts.last_mut() {
            attempt.delay = Some(delay);
        }
        trail.note(Note::Delay(delay.length));
        if heard {
            trail.tell_retry(policy, kind, delay);
        }
        // The span is the attempt's, not that of the pause after it.
        trail.span = None;
        if !delay.length.is_zero() {
            trail.list(policy, now, delay.length, kind, around.ends_sleeps());
        } else if !around.takes_time(trail.attempt) {
            trail.continued = Some(now);
        }
        Decision::Pause(delay)
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
            trail.note(Note::DelayCalledOff);
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
}

impl Trail {
    /// No further attempt.
    #[cold]
    fn stop(
        &mut self,
        policy: &Policy,
        now: Moment,
        verdict: &Verdict,
        reason: StopReason,
    ) -> Decision {
        if verdict.rejected {
            // A value that was not accepted is returned all the same: nothing is left to recover.
            self.mode.remove(Mode::RECOVERS);
        }
        self.warn(policy, reason);
        self.charge(reason, verdict.class.kind);
        if event::is_heard() {
            self.tell_suppressed(policy, reason, verdict.class);
        }
        self.end_at(reason, now);
        Decision::Stop(reason)
    }

    fn warn(&self, policy: &Policy, reason: StopReason) {
        if reason == StopReason::Ambiguous && policy.declared_idempotent().is_none() {
            if let Some(site) = self.site() {
                site.warn_undeclared();
            }
        }
    }

    /// The rules in their order: what the failure means, how many attempts are left, how much time.
    #[inline(always)]
    pub(super) fn decide(
        &mut self,
        policy: &Policy,
        now: Moment,
        verdict: &Verdict,
    ) -> Result<Delay, StopReason> {
        let Verdict { class, agreed, cut, .. } = verdict;
        match cut {
            Some(Interruption::Cancelled) => return Err(StopReason::Cancelled),
            Some(Interruption::DeadlinePassed) => return Err(StopReason::Deadline),
            _ => {}
        }
        match class.kind {
            Kind::Permanent => Err(StopReason::Permanent),
            Kind::Overloaded => Err(StopReason::Overloaded),
            _ if !agreed => Err(StopReason::Permanent),
            Kind::Ambiguous if policy.declared_idempotent() != Some(true) => {
                Err(StopReason::Ambiguous)
            }
            Kind::Transient | Kind::Throttled if !policy.retries(class.kind) => {
                Err(StopReason::Permanent)
            }
            _ if !policy.allows_another_after(self.attempt) => Err(StopReason::Exhausted),
            _ => self.schedule(policy, now, class.retry_after),
        }
    }

    /// The next attempt's pause, if there is time for it.
    #[inline(always)]
    fn schedule(
        &mut self,
        policy: &Policy,
        now: Moment,
        hint: Option<Duration>,
    ) -> Result<Delay, StopReason> {
        let left = match self.deadline {
            Some(deadline) => deadline.since(now),
            None => Duration::MAX,
        };
        if left.is_zero() {
            return Err(StopReason::Deadline);
        }
        if hint.is_some_and(|hint| hint > left.min(policy.longest_hint())) {
            return Err(StopReason::RetryAfterTooLong);
        }
        let own = policy.delay(self.attempt, self.previous, self.rng.draw());
        let delay = match hint {
            Some(hint) if hint > own => Delay { length: hint, source: DelaySource::Hint },
            _ => Delay { length: own, source: DelaySource::Backoff },
        };
        if delay.length > left {
            return Err(StopReason::Deadline);
        }
        Ok(delay)
    }

    /// What stands in the way of another attempt although the rules allow it: it is made elsewhere, somebody
    /// has cancelled the call, the breaker is open, the budget is spent.
    #[inline(always)]
    fn hindered(
        &mut self,
        policy: &Policy,
        now: Moment,
        kind: Kind,
        delay: Delay,
        around: &dyn Around,
    ) -> Option<StopReason> {
        if self.is_resumed() {
            return Some(self.hand_over(policy, kind, delay));
        }
        if self.is_cancelled() {
            return Some(StopReason::Cancelled);
        }
        if around.refuses() {
            return Some(StopReason::CircuitOpen);
        }
        self.pay_for_retry(now, kind)
    }
}
