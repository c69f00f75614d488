//! The order of all decisions after a failed attempt.
//!
//! [`Trail::decide`] reads from top to bottom: the first rule that fails ends the call with its stop reason. This order
//! also defines the layers around an attempt, outermost first: `recover`, deadline, retries and their budget, breaker,
//! the attempt's timeout, injected faults, the body.

use std::borrow::Cow;

use super::intercept::Note;
use super::live::Order;
use super::mode::Mode;
use super::state::Call;
use super::trail::{Row, Trail};
use super::verdict::{Decision, Request, Verdict};
use crate::base::clock::Moment;
use crate::course::rules::Course;
use crate::event;
use crate::failure::chain;
use crate::failure::class::Kind;
use crate::failure::interruption::Cause;
use crate::failure::{describe, redact};
use crate::policy::Policy;
use crate::report::reason::StopReason;
use crate::report::record::{Delay, DelaySource};

/// A failed attempt: what the turn knows about it and the call does not.
pub(crate) struct Failed<'a> {
    /// When the attempt ended.
    pub(crate) at: Moment,
    pub(crate) verdict: Verdict,
    /// The failure's text.
    pub(crate) text: &'a dyn Fn() -> Cow<'static, str>,
    /// Whether the breaker would refuse another attempt now; asked only if everything else allows one.
    pub(crate) refuses: &'a dyn Fn() -> bool,
    /// Whether the list of live calls can cancel a sleep: the error can be made from an interruption.
    pub(crate) ends_sleeps: bool,
    /// The request that the attempt sent.
    pub(crate) request: Request,
    /// Whether a hook runs before the next attempt.
    pub(crate) has_hook: bool,
}

impl Trail {
    /// Decides whether another attempt follows.
    #[inline(always)]
    fn decide(&mut self, policy: &Policy, failed: &Failed<'_>) -> Result<Delay, StopReason> {
        let (kind, now) = (failed.verdict.class.kind, failed.at);
        let delay = self.allowed(policy, now, &failed.verdict, failed.request.idempotent)?;
        repeatable(failed)?;
        self.made_here(policy, kind, delay)?;
        self.still_wanted()?;
        admitted_by_breaker(failed)?;
        // A value that `retry_if` rejected is an answer: to ask again is no bet on an accident.
        if failed.verdict.rejected {
            return Ok(delay);
        }
        Ok(match self.pay(policy, now, kind, delay.length)? {
            Some(longer) => Delay { length: longer, source: DelaySource::Budget },
            None => delay,
        })
    }

    /// The rules of the policy, and the pause that they allow. `idempotent`: what the request says itself.
    #[inline(always)]
    pub(super) fn allowed(
        &mut self,
        policy: &Policy,
        now: Moment,
        verdict: &Verdict,
        idempotent: Option<bool>,
    ) -> Result<Delay, StopReason> {
        not_cut_short(verdict)?;
        let row = self.row();
        let mut course = Course {
            attempt: self.attempt.saturating_sub(row.before),
            previous: if policy.grows_by_itself() { self.previous(row) } else { None },
            deadline: self.deadline,
            began: row.began.or(self.started),
            idempotent,
            rng: &mut self.rng,
        };
        course.allowed(policy, now, verdict.class, verdict.agreed)
    }
}

/// Fails if the caller cancelled the call or one inside it, if the breaker of a call inside refused that, or if the
/// deadline passed while the attempt ran.
#[inline(always)]
fn not_cut_short(verdict: &Verdict) -> Result<(), StopReason> {
    if verdict.cut.is_none() && verdict.carried.is_none() {
        return Ok(());
    }
    match verdict.cut.or(verdict.carried) {
        None | Some(Cause::TimedOut { .. }) => Ok(()),
        Some(Cause::Cancelled) => Err(StopReason::Cancelled),
        Some(Cause::CircuitOpen { .. }) => Err(StopReason::CircuitOpen),
        Some(Cause::DeadlinePassed) if verdict.cut.is_some() => Err(StopReason::Deadline),
        Some(Cause::DeadlinePassed) => Ok(()),
    }
}

/// Fails if the request cannot be sent once more.
#[inline(always)]
fn repeatable(failed: &Failed<'_>) -> Result<(), StopReason> {
    if failed.request.repeatable { Ok(()) } else { Err(StopReason::NotRepeatable) }
}

/// Fails if the breaker would refuse another attempt now.
#[inline(always)]
fn admitted_by_breaker(failed: &Failed<'_>) -> Result<(), StopReason> {
    if (failed.refuses)() { Err(StopReason::CircuitOpen) } else { Ok(()) }
}

impl Trail {
    /// Fails for a resumed call, whose next attempt is made elsewhere or later, and hands the pause over.
    #[inline(always)]
    fn made_here(&mut self, policy: &Policy, kind: Kind, delay: Delay) -> Result<(), StopReason> {
        if self.is_resumed() { Err(self.hand_over(policy, kind, delay)) } else { Ok(()) }
    }

    /// Fails if the call was cancelled in the list of live calls while its attempt ran.
    #[inline(always)]
    fn still_wanted(&self) -> Result<(), StopReason> {
        if self.is_cancelled() { Err(StopReason::Cancelled) } else { Ok(()) }
    }
}

impl Call<'_> {
    /// Handles a failed attempt: records it, decides, and prepares the pause or ends the call.
    // Not `#[cold]`, which would keep its steps from being inlined; its callers are cold.
    #[inline(never)]
    pub(crate) fn failed(&mut self, failed: &Failed<'_>) -> Decision {
        let policy = self.policy();
        let policy = &*policy;
        let trail = self.trail_mut();
        let (verdict, now) = (&failed.verdict, failed.at);
        let kind = verdict.class.kind;
        trail.mode.add(Mode::FAILED);
        // Before the error is described, which may classify other errors.
        let unknown = kind == Kind::Permanent && chain::take_unknown();
        let description = describe::of_call(failed.text);
        trail.record(now, Some((kind, &redact::cleaned(&description))));
        describe::spare(description);
        if trail.mode.has(Mode::MEASURED) {
            trail.measure(now);
        }
        // Asked once: without a listener, no event is prepared.
        let heard = event::has_any_listener();
        if heard {
            trail.emit_attempt_finished(policy);
        }
        trail.account_for_attempt(policy, now, verdict.rejected);
        trail.last_kind = Some(kind);
        trail.draft.set_retry_after(verdict.class.retry_after);
        if unknown {
            trail.warn_unknown();
        }
        match trail.decide(policy, failed) {
            Ok(delay) => trail.pause(policy, failed, delay, heard),
            Err(reason) => trail.stop(policy, failed, reason),
        }
    }

    /// The rest of the pause after the `on_retry` hook, which runs during the pause. Ends the call if the hook outlasted
    /// the deadline.
    #[cold]
    #[inline]
    pub(crate) fn after_hook(&mut self, delay: Delay, decided: Moment) -> Decision {
        let now = Moment::now();
        if self.deadline().is_some_and(|deadline| deadline < now) {
            let trail = self.trail_mut();
            trail.draft.set_delay(None);
            trail.note(Note::DelayCalledOff);
            return self.call_off(StopReason::Deadline);
        }
        let length = delay.length.saturating_sub(now.since(decided));
        // Without a sleep there is no later check: a call that was cancelled during its hook ends here.
        if length.is_zero() && self.wake() == Some(Order::Cancel) {
            return self.call_off(StopReason::Cancelled);
        }
        Decision::Pause(Delay { length, ..delay })
    }

    /// Ends the call although a retry was decided on, and returns the retry's tokens.
    #[inline]
    fn call_off(&mut self, reason: StopReason) -> Decision {
        self.trail_mut().drop_debt();
        self.end(reason);
        Decision::Stop(reason)
    }
}

impl Trail {
    /// Prepares the pause before the next attempt.
    #[inline(always)]
    fn pause(
        &mut self,
        policy: &Policy,
        failed: &Failed<'_>,
        delay: Delay,
        heard: bool,
    ) -> Decision {
        let kind = failed.verdict.class.kind;
        self.draft.set_delay(Some(delay));
        self.note(Note::Delay(delay.length));
        if heard {
            self.emit_retry_scheduled(policy, kind, delay);
        }
        if let Some(rare) = &mut self.rare {
            // The span covers the attempt, and not the pause after it.
            rare.span = None;
        }
        // A hook takes time, and so does a task that yields.
        let continues = delay.length.is_zero() && !failed.has_hook && !self.is_due_to_yield();
        self.attempt_started = continues.then_some(failed.at);
        if !delay.length.is_zero() {
            self.list(policy, failed.at, delay.length, kind, failed.ends_sleeps);
        }
        Decision::Pause(delay)
    }

    /// Tells the budgets about the failed attempt. A healthy one is paid for like a success, and begins the row of attempts
    /// anew.
    #[inline(always)]
    fn account_for_attempt(&mut self, policy: &Policy, now: Moment, rejected: bool) {
        if policy.was_healthy(self.attempt_started, now) {
            self.begin_row(now);
        } else {
            self.account_for_failure(rejected);
        }
    }

    #[cold]
    fn begin_row(&mut self, now: Moment) {
        let row = Row { before: self.attempt.saturating_sub(1), began: Some(now) };
        self.rare_mut().row = row;
        self.account_for_success();
    }

    /// Says that no error in the chain of a boxed error is known.
    #[cold]
    fn warn_unknown(&self) {
        if let Some(site) = self.site() {
            site.warn_unknown();
        }
    }

    /// Ends the call with this attempt's outcome.
    #[cold]
    fn stop(&mut self, policy: &Policy, failed: &Failed<'_>, reason: StopReason) -> Decision {
        let verdict = &failed.verdict;
        if verdict.rejected || reason == StopReason::Cancelled {
            // A value that `retry_if` rejected is returned as it is, and so is the failure of a cancelled call: `recover`
            // is not called.
            self.mode.remove(Mode::RECOVERS);
        }
        if let Some(site) = self.site() {
            let is_declared = || {
                let own = failed.request.idempotent;
                policy.declared_idempotent().or(own).is_some()
            };
            match reason {
                StopReason::Ambiguous if !is_declared() => site.warn_undeclared(),
                StopReason::NotRepeatable => site.warn_not_repeatable(),
                _ => {}
            }
        }
        if !verdict.rejected {
            self.charge(reason, verdict.class.kind);
        }
        if event::has_any_listener() {
            self.emit_retry_suppressed(policy, reason, verdict.class);
        }
        self.end_at(reason, Some(failed.at));
        Decision::Stop(reason)
    }
}
