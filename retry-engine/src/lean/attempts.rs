//! The attempts of one call: their numbers, their limits, and the decision after each failure.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::base::clock::Moment;
use crate::base::sleep::Sleeping;
use crate::course::{Next, Steps};
use crate::failure::class::{Class, Kind};
use crate::failure::interruption::{Cause, Interruption};
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};
use crate::wait::timer;

/// The attempts of one call.
pub(super) struct Attempts {
    steps: Steps,
    number: u32,
    last_kind: Option<Kind>,
    call_id: CallId,
}

impl Attempts {
    /// The attempts of a call under the valid policy that is nearest to this one.
    #[inline(never)]
    pub(super) fn new(policy: &Policy, blocking: bool) -> Self {
        let (steps, call_id) = (Steps::of(policy.nearest_valid(blocking).0), CallId::unique());
        Attempts { steps, number: 0, last_kind: None, call_id }
    }

    /// The attempt that begins now. The time of the call counts from its first attempt.
    pub(super) fn begin(&mut self) -> Attempt {
        if self.number == 0 && self.steps.policy().is_timed() {
            self.steps.begin();
        }
        self.number = self.number.saturating_add(1);
        self.running()
    }

    /// The attempt that runs, or has just ended.
    pub(super) fn running(&self) -> Attempt {
        // Attempts before the last healthy one do not count for the limit.
        let before = self.number.saturating_sub(self.steps.failed() + 1);
        Attempt {
            number: self.number,
            limit: self.steps.policy().limit().map(|limit| limit.saturating_add(before)),
            deadline: self.steps.deadline(),
            last_kind: self.last_kind,
            call_id: self.call_id,
        }
    }

    /// The kind of the last failure.
    pub(super) fn last_kind(&self) -> Option<Kind> {
        self.last_kind
    }

    /// The pause after an attempt that failed; `None` if no other follows. `inside` is the interruption of a call inside
    /// that the failure carries, and `cut` the one that ended the attempt.
    #[cold]
    pub(super) fn failed(
        &mut self,
        class: Class,
        inside: Option<Interruption>,
        cut: Option<Cause>,
    ) -> Option<Duration> {
        let class = cut.map_or(class, |cut| cut.class());
        self.last_kind = Some(class.kind);
        let cause = cut.or_else(|| inside.as_ref().map(Cause::of));
        let ends = match cause {
            Some(Cause::Cancelled | Cause::CircuitOpen { .. }) => true,
            Some(Cause::DeadlinePassed) => cut.is_some(),
            _ => false,
        };
        if ends {
            return None;
        }
        let Next::Pause(delay) = self.steps.decide(class) else { return None };
        Some(delay)
    }

    /// Blocks until the next attempt.
    pub(super) fn block(delay: Duration) {
        if !delay.is_zero() {
            timer::block(delay, &mut || false);
        }
    }

    /// When the running attempt must have ended, and the interruption that ends it then.
    fn limit(&self) -> Option<(Moment, Cause)> {
        let timeout =
            self.steps.policy().attempt_limit().and_then(|after| {
                Some((Moment::now().checked_add(after)?, Cause::TimedOut { after }))
            });
        let deadline = self.steps.deadline().map(|end| (end, Cause::DeadlinePassed));
        match (timeout, deadline) {
            (Some(timeout), Some(deadline)) if deadline.0 <= timeout.0 => Some(deadline),
            (Some(timeout), _) => Some(timeout),
            (None, deadline) => deadline,
        }
    }
}

/// The attempts of an `async` call, and its timer. Not generic, so that a program has this code once.
pub(super) struct AsyncAttempts {
    pub(super) attempts: Attempts,
    /// The timer of the pause, or of the limit of the running attempt once that attempt is pending.
    timer: Option<Sleeping>,
    /// When the running attempt must have ended, and the interruption that ends it then.
    limit: Option<(Moment, Cause)>,
    /// Whether the task yields before the next attempt.
    yields: bool,
}

impl AsyncAttempts {
    /// The attempts of a call under the valid policy that is nearest to this one.
    pub(super) fn new(policy: &Policy) -> Self {
        let attempts = Attempts::new(policy, false);
        AsyncAttempts { attempts, timer: None, limit: None, yields: false }
    }

    /// Polls the pause, and begins the attempt after it.
    pub(super) fn poll_begin(&mut self, cx: &mut Context<'_>) -> Poll<Attempt> {
        if let Some(timer) = &mut self.timer {
            ready!(Pin::new(timer).poll(cx));
            self.timer = None;
        }
        if mem::take(&mut self.yields) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let attempt = self.attempts.begin();
        self.limit = self.attempts.limit();
        Poll::Ready(attempt)
    }

    /// Polls the limit of the attempt, which is pending.
    pub(super) fn poll_limit(&mut self, cx: &mut Context<'_>) -> Poll<Cause> {
        let Some((end, cause)) = self.limit else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| timer::sleep(end.since(Moment::now())));
        Pin::new(timer).poll(cx).map(|()| cause)
    }

    /// Begins the pause before the next attempt. Every sixteenth attempt without a delay yields, or the task would starve
    /// others.
    pub(super) fn pause(&mut self, length: Duration) {
        let sleeps = !length.is_zero();
        self.timer = sleeps.then(|| timer::sleep(length));
        self.yields = !sleeps && self.attempts.number % 16 == 0;
    }
}
