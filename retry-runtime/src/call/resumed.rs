//! A call that is resumed for one attempt: it takes up where it stands, and hands its decision over.

use std::borrow::Cow;

use super::{Call, Decision, Verdict, sooner};
use crate::clock::Moment;
use crate::resume::{Next, Slot, Standing, Step};
use crate::{CallId, Class, Interruption, Site, StopReason};

/// What a resumed call remembers of its resumption.
#[derive(Debug)]
pub(super) struct Handed {
    slot: Option<Slot>,
    call_id: CallId,
}

/// What follows when an attempt ended in a failure of this class; `standing` counts the attempt already.
///
/// The rules are those of a call that is waited for. For failures that no code has reported: an attempt
/// that was lost with its process is [`Kind::Ambiguous`].
pub fn judge(site: &'static Site, standing: &Standing, class: Class) -> Next {
    let mut call = Call::start(site);
    call.take_up(*standing, None);
    match call.decide(Verdict { class, agreed: true, cut: None }) {
        Decision::Stop(reason) => Next::Stop(reason),
        Decision::Pause(delay) => Next::Again(delay),
    }
}

impl Call<'_> {
    /// Takes up a call that was begun before, if it is this function's turn.
    #[cold]
    pub(super) fn resume_at(&mut self) {
        if let Some((standing, paid, slot)) = self.site.and_then(Slot::take) {
            self.take_up(standing, Some(slot));
            self.trail_mut().withdrawal = paid.0;
        }
    }

    fn take_up(&mut self, standing: Standing, slot: Option<Slot>) {
        self.watch();
        self.attempt = standing.attempts;
        let now = Moment::now();
        let own = self.policy.time_limit().map(|limit| limit.saturating_sub(standing.elapsed));
        for left in [own, standing.remaining].into_iter().flatten() {
            self.deadline = sooner(self.deadline, now.checked_add(left));
        }
        let trail = self.trail_mut();
        trail.previous = standing.previous;
        trail.last_kind = standing.last_kind;
        trail.handed = Some(Handed { slot, call_id: standing.call_id });
    }

    /// The identifier of the call: the resumed one's, or one of its own.
    pub fn id(&self) -> CallId {
        let handed = self.trail.as_ref().and_then(|trail| trail.handed.as_ref());
        handed.map_or_else(CallId::unique, |handed| handed.call_id)
    }

    fn slot(&self) -> Option<&Slot> {
        self.trail.as_ref()?.handed.as_ref()?.slot.as_ref()
    }

    pub(super) fn is_resumed(&self) -> bool {
        self.slot().is_some()
    }

    /// The resumed attempt failed: hands over what follows. The call ends here, whether it goes on or not.
    #[cold]
    pub(super) fn hand_over(
        &mut self,
        verdict: Verdict,
        text: impl FnOnce() -> Cow<'static, str>,
    ) -> Decision {
        let decision = self.decide(verdict);
        let (next, delay, reason) = match decision {
            Decision::Stop(reason) => (Next::Stop(reason), None, reason),
            // The call goes on, but not here.
            Decision::Pause(delay) => (Next::Again(delay), Some(delay), StopReason::Aborted),
        };
        let kind = verdict.class.kind;
        let trail = self.trail_mut();
        trail.last_kind = Some(kind);
        trail.report.retry_after = verdict.class.retry_after;
        self.record(Some((kind, text())), delay);
        self.publish(next);
        if reason != StopReason::Aborted {
            self.warn(reason);
            self.charge(reason, kind);
        }
        self.end(reason);
        Decision::Stop(reason)
    }

    /// The resumed attempt succeeded.
    pub(super) fn hand_over_success(&mut self) {
        if self.slot().is_some() {
            self.publish(Next::Stop(StopReason::Success));
        }
    }

    /// The resumed attempt was not made.
    pub(super) fn hand_over_interruption(&mut self, cut: Interruption) {
        let Some(slot) = self.slot() else { return };
        let next = match cut {
            Interruption::CircuitOpen { retry_after } => Next::Refused(retry_after),
            Interruption::Cancelled => Next::Stop(StopReason::Cancelled),
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => {
                Next::Stop(StopReason::Deadline)
            }
        };
        slot.publish(Step { attempt: None, next });
    }

    fn publish(&self, next: Next) {
        let Some(slot) = self.slot() else { return };
        let attempt = self.trail.as_ref().and_then(|trail| trail.report.last().cloned());
        slot.publish(Step { attempt, next });
    }
}
