//! A call that is resumed for one attempt: it takes up where it stands, and hands its decision over.

use std::time::Duration;

use super::mode::Mode;
use super::resume::{Handed, Next, Paid, Slot, Standing, Step};
use super::state::{Call, sooner};
use super::trail::Trail;
use super::verdict::Verdict;
use crate::base::clock;
use crate::base::clock::Moment;
use crate::failure::class::{Class, Kind};
use crate::policy::Policy;
use crate::report::attempt::CallId;
use crate::report::reason::StopReason;
use crate::report::record::Delay;
use crate::report::record::Report;
use crate::report::stats::Ended;
use crate::site::Site;

/// What follows when an attempt ended in a failure of this class; `standing` counts the attempt already.
///
/// The rules are those of a call that is waited for. For failures that no code has reported: an attempt
/// that was lost with its process is [`Kind::Ambiguous`].
pub fn judge(site: &'static Site, standing: &Standing, class: Class) -> Next {
    let mut call = Call::aside_of(site);
    call.take_up(standing, None);
    let verdict = Verdict { class, agreed: true, cut: None, rejected: false };
    let policy = call.policy();
    match call.trail_mut().allowed(policy, Moment::now(), &verdict) {
        Err(reason) => Next::Stop(reason),
        Ok(delay) => Next::Again(delay),
    }
}

/// Counts a call that has ended without a decision of its last attempt: it was cancelled while it waited, or
/// that attempt was lost and none follows. Calls that end by [`Next::Stop`] have been counted.
pub fn ended(site: &'static Site, standing: &Standing, reason: StopReason) {
    let ended = Ended { reason, attempts: standing.attempts, recovered: false };
    // There is no report to remember.
    site.note(ended, standing.failures, clock::wall(), Report::empty(site.name()));
}

/// How many attempts a call of the function may have; `None` when only the deadline limits them.
pub fn limit(site: &'static Site) -> Option<u32> {
    Call::aside_of(site).policy().limit()
}

/// Takes a retry's cost out of the function's budget. A first attempt is free: [`Paid::default`].
///
/// # Errors
///
/// The time until there is a token, when it is known.
pub fn pay(site: &'static Site, last: Option<Kind>) -> Result<Paid, Option<Duration>> {
    let Some(budget) = Call::aside_of(site).trail_mut().budget() else { return Ok(Paid(None)) };
    match budget.try_withdraw(last.unwrap_or(Kind::Transient)) {
        Ok(withdrawal) => {
            site.note_payment();
            Ok(Paid(Some(withdrawal)))
        }
        Err(refused) => Err(refused.wait()),
    }
}

impl Call<'static> {
    /// A call that is asked what it would do, and never made: nobody hears of it.
    fn aside_of(site: &'static Site) -> Self {
        let mut call = Call::start(site);
        call.configure(site);
        call.early_trail_mut().mode.remove(Mode::RUNNING);
        call
    }
}

impl Call<'_> {
    /// Takes up a call that was begun before, if it is this function's turn.
    #[cold]
    pub(super) fn resume_at(&mut self) {
        if let Some((standing, paid, slot)) = self.site().and_then(Slot::take) {
            self.watch();
            self.take_up(&standing, Some(slot));
            self.trail_mut().withdrawal = paid.0;
        }
    }

    fn take_up(&mut self, standing: &Standing, slot: Option<Slot>) {
        let now = Moment::now();
        let own = self.policy().time_limit().map(|limit| limit.saturating_sub(standing.elapsed));
        let trail = self.trail_mut();
        for left in [own, standing.remaining].into_iter().flatten() {
            trail.deadline = sooner(trail.deadline, now.checked_add(left));
        }
        trail.started = Some(now.before(standing.elapsed));
        trail.attempt = standing.attempts;
        trail.failures = standing.failures;
        trail.previous = standing.previous;
        trail.last_kind = standing.last_kind;
        trail.handed = Some(Box::new(Handed { slot, call_id: standing.call_id }));
    }

    /// The identifier of the call: the resumed one's, or one of its own.
    pub fn id(&self) -> CallId {
        let handed = self.trail().and_then(|trail| trail.handed.as_ref());
        handed.map_or_else(CallId::unique, |handed| handed.call_id)
    }
}

impl Trail {
    /// It ends elsewhere or later: nothing of it is counted yet, and nobody is told of an end.
    pub(super) fn goes_on(&mut self) {
        self.mode.add(Mode::GOES_ON);
    }

    fn slot(&self) -> Option<&Slot> {
        self.handed.as_ref()?.slot.as_ref()
    }

    #[inline]
    pub(super) fn is_resumed(&self) -> bool {
        self.slot().is_some()
    }

    /// The call goes on, but not here: whoever makes its next attempt pays for it and asks the breaker.
    #[cold]
    pub(super) fn hand_over(&mut self, policy: &Policy, kind: Kind, delay: Delay) -> StopReason {
        if let Some(attempt) = self.report.attempts.last_mut() {
            attempt.delay = Some(delay);
        }
        self.goes_on();
        self.tell_retry(policy, kind, delay);
        if let Some(slot) = self.slot() {
            let attempt = self.report.last().cloned();
            slot.publish(Step { attempt, next: Next::Again(delay) });
        }
        StopReason::Aborted
    }

    /// The breaker has refused the attempt.
    pub(super) fn hand_over_refusal(&mut self, wait: Option<Duration>) {
        if let Some(slot) = self.slot() {
            slot.publish(Step { attempt: None, next: Next::Refused(wait) });
            self.goes_on();
        }
    }
}
