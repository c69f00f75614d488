//! The attempts of one call: their numbers, their limits, and the decision after each failure.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use crate::base::clock::Moment;
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
    /// The attempts of a call under a valid policy, which starts now.
    pub(super) fn new(policy: Policy) -> Self {
        let mut steps = Steps::of(policy);
        if policy.is_timed() {
            steps.begin();
        }
        Attempts { steps, number: 0, last_kind: None, call_id: CallId::unique() }
    }

    /// The attempt that begins now.
    pub(super) fn begin(&mut self) -> Attempt {
        self.number = self.number.saturating_add(1);
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

    /// Whether the task yields before the next attempt: every sixteenth attempt without a delay would starve others.
    pub(super) fn is_due_to_yield(&self) -> bool {
        self.number % 16 == 0
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

    /// Sleeps until the next attempt. Every sixteenth attempt without a delay yields, or the task would starve others.
    pub(super) async fn sleep(&self, delay: Duration) {
        if !delay.is_zero() {
            timer::sleep(delay).await;
        } else if self.is_due_to_yield() {
            let mut yielded = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut yielded, true) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    }

    /// Runs an attempt, or ends it at its limit.
    pub(super) async fn run<F: Future>(&self, attempt: F) -> Result<F::Output, Cause> {
        let limit = self.limit();
        let (mut attempt, mut alarm) = (pin!(attempt), None);
        poll_fn(|cx| {
            if let Poll::Ready(out) = attempt.as_mut().poll(cx) {
                return Poll::Ready(Ok(out));
            }
            let Some((end, cut)) = limit else { return Poll::Pending };
            let alarm = alarm.get_or_insert_with(|| timer::limit(end.instant()));
            Pin::new(alarm).poll(cx).map(|()| Err(cut))
        })
        .await
    }

    /// When the running attempt must have ended, and the interruption that ends it then.
    pub(super) fn limit(&self) -> Option<(Moment, Cause)> {
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
