//! The order of all decisions after a failed attempt.
//!
//! [`Trail::decide`] reads from top to bottom; the first rule that objects ends the call with its stop reason. The
//! layers around an attempt follow from it, outermost first: `recover`, deadline, retries and their budget, breaker,
//! the attempt's timeout, injected faults, the body.

use std::borrow::Cow;
use std::time::Duration;

use super::intercept::Note;
use super::live::Order;
use super::mode::Mode;
use super::state::Call;
use super::trail::Trail;
use super::verdict::Decision;
use super::verdict::Verdict;
use crate::base::clock::Moment;
use crate::event;
use crate::failure::class::Kind;
use crate::failure::interruption::Interruption;
use crate::failure::redact;
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::report::record::{Delay, DelaySource};

/// What surrounds the attempts of a call.
pub(crate) trait Around {
    /// Whether the breaker would refuse another attempt now.
    fn refuses(&self) -> bool;

    /// Whether a sleeping call can be cancelled: its error can be made from an interruption.
    fn ends_sleeps(&self) -> bool;

    /// Whether a hook runs, or other tasks have their turn, between two attempts without a delay.
    fn takes_time(&self, attempt: u32) -> bool;
}

impl Trail {
    /// Decides whether another attempt follows.
    #[inline(always)]
    fn decide(
        &mut self,
        policy: &Policy,
        now: Moment,
        verdict: &Verdict,
        around: &dyn Around,
    ) -> Result<Delay, StopReason> {
        let delay = self.allowed(policy, now, verdict)?;
        self.made_here(policy, verdict.class.kind, delay)?;
        self.still_wanted()?;
        admitted_by_breaker(around)?;
        self.paid_by_budget(now, verdict.class.kind)?;
        Ok(delay)
    }

    /// The rules of the policy, and the pause that they allow.
    #[inline(always)]
    pub(super) fn allowed(
        &mut self,
        policy: &Policy,
        now: Moment,
        verdict: &Verdict,
    ) -> Result<Delay, StopReason> {
        not_cut_short(verdict)?;
        worth_repeating(policy, verdict)?;
        self.attempts_left(policy)?;
        self.time_left(policy, now, verdict.class.retry_after)
    }
}

/// The caller cancelled the call, or the deadline passed while the attempt ran.
#[inline(always)]
fn not_cut_short(verdict: &Verdict) -> Result<(), StopReason> {
    match verdict.cut {
        Some(Interruption::Cancelled) => Err(StopReason::Cancelled),
        Some(Interruption::DeadlinePassed) => Err(StopReason::Deadline),
        _ => Ok(()),
    }
}

/// What the failure means: its kind, `when`, `idempotent`, `on`.
#[inline(always)]
fn worth_repeating(policy: &Policy, verdict: &Verdict) -> Result<(), StopReason> {
    match verdict.class.kind {
        Kind::Permanent => Err(StopReason::Permanent),
        Kind::Overloaded => Err(StopReason::Overloaded),
        _ if !verdict.agreed => Err(StopReason::Permanent),
        Kind::Ambiguous if policy.declared_idempotent() != Some(true) => Err(StopReason::Ambiguous),
        kind @ (Kind::Transient | Kind::Throttled) if !policy.retries(kind) => {
            Err(StopReason::Permanent)
        }
        _ => Ok(()),
    }
}

/// The breaker would admit another attempt now.
#[inline(always)]
fn admitted_by_breaker(around: &dyn Around) -> Result<(), StopReason> {
    if around.refuses() { Err(StopReason::CircuitOpen) } else { Ok(()) }
}

impl Trail {
    /// `max`, `attempts`.
    #[inline(always)]
    fn attempts_left(&self, policy: &Policy) -> Result<(), StopReason> {
        let left = policy.allows_another_after(self.attempt);
        if left { Ok(()) } else { Err(StopReason::Exhausted) }
    }

    /// The pause, if the deadline leaves time for it: the server's hint where it is longer than backoff and jitter.
    #[inline(always)]
    fn time_left(
        &mut self,
        policy: &Policy,
        now: Moment,
        hint: Option<Duration>,
    ) -> Result<Delay, StopReason> {
        let left = self.deadline.map_or(Duration::MAX, |deadline| deadline.since(now));
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
        if delay.length > left { Err(StopReason::Deadline) } else { Ok(delay) }
    }

    /// The next attempt is this call's own; that of a resumed call is made elsewhere, later.
    #[inline(always)]
    fn made_here(&mut self, policy: &Policy, kind: Kind, delay: Delay) -> Result<(), StopReason> {
        if self.is_resumed() { Err(self.hand_over(policy, kind, delay)) } else { Ok(()) }
    }

    /// Nobody cancelled the call in the list of live calls while its attempt ran.
    #[inline(always)]
    fn still_wanted(&self) -> Result<(), StopReason> {
        if self.is_cancelled() { Err(StopReason::Cancelled) } else { Ok(()) }
    }
}

impl Call<'_> {
    /// An attempt failed: writes it down, decides, and prepares the pause or ends the call.
    // Not cold, which would keep its steps from being part of it; its callers are.
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
        let kind = verdict.class.kind;
        trail.mode.add(Mode::FAILED);
        trail.record(now, Some((kind, redact::kept(&words()))));
        // Asked once: without a listener nothing is prepared for one.
        let heard = event::has_any_listener();
        if heard {
            trail.tell_attempt(policy);
        }
        trail.account_for_failure(verdict.cut);
        trail.last_kind = Some(kind);
        trail.report.retry_after = verdict.class.retry_after;
        match trail.decide(policy, now, verdict, around) {
            Ok(delay) => trail.pause(policy, now, kind, delay, around, heard),
            Err(reason) => trail.stop(policy, now, verdict, reason),
        }
    }

    /// What the hook left of the pause that was decided on: the hook runs within it. The call ends when the hook
    /// outlasted the deadline.
    #[cold]
    pub(crate) fn resume(&mut self, delay: Delay, decided: Moment) -> Decision {
        let now = Moment::now();
        if self.deadline().is_some_and(|deadline| deadline < now) {
            let trail = self.trail_mut();
            if let Some(attempt) = trail.report.attempts.last_mut() {
                attempt.delay = None;
            }
            trail.note(Note::DelayCalledOff);
            return self.call_off(StopReason::Deadline);
        }
        let length = delay.length.saturating_sub(now.since(decided));
        // Without a sleep nobody asks later: a call that was cancelled in its hook ends here.
        if length.is_zero() && self.wake() == Some(Order::Cancel) {
            return self.call_off(StopReason::Cancelled);
        }
        Decision::Pause(Delay { length, ..delay })
    }

    /// Ends the call although a retry was decided on: its token goes back.
    fn call_off(&mut self, reason: StopReason) -> Decision {
        self.trail_mut().withdrawal = None;
        self.end(reason);
        Decision::Stop(reason)
    }
}

impl Trail {
    /// Another attempt follows after this pause.
    #[inline(always)]
    fn pause(
        &mut self,
        policy: &Policy,
        now: Moment,
        kind: Kind,
        delay: Delay,
        around: &dyn Around,
        heard: bool,
    ) -> Decision {
        self.previous = Some(delay.length);
        if let Some(attempt) = self.report.attempts.last_mut() {
            attempt.delay = Some(delay);
        }
        self.note(Note::Delay(delay.length));
        if heard {
            self.tell_retry(policy, kind, delay);
        }
        // The span is the attempt's, not that of the pause after it.
        self.span = None;
        if !delay.length.is_zero() {
            self.list(policy, now, delay.length, kind, around.ends_sleeps());
        } else if !around.takes_time(self.attempt) {
            self.continued = Some(now);
        }
        Decision::Pause(delay)
    }

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
            // A value that `retry_if` rejected is returned all the same: nothing is left to recover.
            self.mode.remove(Mode::RECOVERS);
        }
        if reason == StopReason::Ambiguous && policy.declared_idempotent().is_none() {
            if let Some(site) = self.site() {
                site.warn_undeclared();
            }
        }
        self.charge(reason, verdict.class.kind);
        if event::has_any_listener() {
            self.tell_suppressed(policy, reason, verdict.class);
        }
        self.end_at(reason, now);
        Decision::Stop(reason)
    }
}
