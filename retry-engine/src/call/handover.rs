//! Resumed calls: a call takes over a standing, makes one attempt, and hands its decision over to the queue.

use std::time::Duration;

use super::mode::Mode;
use super::resume::{Handover, Next, Paid, Resumed, Standing, Step};
use super::state::Call;
use super::trail::{Row, Trail};
use super::verdict::Verdict;
use crate::base::clock::{self, Moment};
use crate::budget::BudgetSettings;
use crate::failure::class::{Class, Kind};
use crate::policy::Policy;
use crate::report::attempt::CallId;
use crate::report::draft::Draft;
use crate::report::reason::StopReason;
use crate::report::record::Delay;
use crate::report::stats::Ended;
use crate::site::{Site, counted};

/// Decides after an attempt that failed with this class; `standing` already counts the attempt.
///
/// The rules are the policy's, as for a call that waits in place. A queue asks for failures that no code reported: an
/// attempt that was lost with its process is [`Kind::Ambiguous`].
#[inline]
pub fn judge(site: &'static Site, standing: &Standing, class: Class) -> Next {
    let mut call = Call::hypothetical(site);
    call.set_standing(standing, None);
    let verdict = Verdict { class, agreed: true, cut: None, carried: None, rejected: false };
    let policy = call.policy();
    match call.trail_mut().allowed(&policy, Moment::now(), &verdict, None) {
        Err(reason) => Next::Stop(reason),
        Ok(delay) => Next::Again(delay),
    }
}

/// Counts a call that ended without a decision after its last attempt: it was cancelled while it waited, or the attempt
/// panicked or was lost and no other follows. The engine itself counts calls that end with [`Next::Stop`].
#[inline]
pub fn ended(site: &'static Site, standing: &Standing, reason: StopReason) {
    let ended = Ended { reason, attempts: standing.attempts, recovered: false };
    // The process has no report of the call.
    site.note(ended, Some(&standing.failures), clock::wall(), &mut Draft::new());
}

/// The maximum number of attempts of a call of the function; `None` if only the deadline limits them.
#[inline]
pub fn limit(site: &'static Site) -> Option<u32> {
    Call::hypothetical(site).policy().limit()
}

/// Withdraws the cost of a retry from the function's budget. A first attempt is free: use [`Paid::default`].
///
/// # Errors
///
/// The time until the budget has enough tokens, if it is known.
#[inline]
pub fn pay(site: &'static Site, last: Option<Kind>) -> Result<Paid, Option<Duration>> {
    let Some(budget) = Call::hypothetical(site).trail_mut().budget() else { return Ok(Paid(None)) };
    match counted(budget).try_withdraw(last.unwrap_or(Kind::Transient)) {
        Ok(withdrawal) => {
            site.note_payment();
            Ok(Paid(Some(withdrawal)))
        }
        Err(refused) => Err(refused.wait()),
    }
}

/// The settings of the budget that pays for the function's retries; `None` when it has none. For a queue that keeps the
/// tokens itself.
#[inline]
pub fn budget(site: &'static Site) -> Option<BudgetSettings> {
    Call::hypothetical(site).trail_mut().budget().map(|budget| *budget.settings())
}

impl Call<'static> {
    /// A call for calculations only: it makes no attempt and emits no event.
    #[inline]
    fn hypothetical(site: &'static Site) -> Self {
        let mut call = Call::start(site);
        call.configure(site);
        call.early_trail_mut().mode.remove(Mode::RUNNING);
        call
    }
}

impl Call<'_> {
    /// Takes over the standing of a resumed call, if one is meant for this function.
    #[cold]
    pub(super) fn take_over(&mut self) {
        if let Some((standing, paid, handover)) = self.site().and_then(Handover::take) {
            self.watch();
            self.set_standing(&standing, Some(handover));
            self.trail_mut().debt = paid.0;
        }
    }

    fn set_standing(&mut self, standing: &Standing, handover: Option<Handover>) {
        let now = Moment::now();
        let own = self.policy().time_limit().map(|limit| limit.saturating_sub(standing.elapsed));
        let trail = self.trail_mut();
        let ends = [own, standing.remaining].into_iter().flatten();
        let ends = ends.filter_map(|left| now.checked_add(left)).chain(trail.deadline);
        trail.deadline = ends.min();
        trail.started = Some(now.before(standing.elapsed));
        trail.attempt = standing.attempts;
        trail.last_kind = standing.last_kind;
        let rare = trail.rare_mut();
        (rare.failures, rare.row) = (Some(Box::new(standing.failures)), Row::default());
        rare.resumed = Some(Box::new(Resumed {
            handover,
            call_id: standing.call_id,
            previous: standing.previous,
        }));
    }

    /// The identifier of the call: the standing's for a resumed call, a new one for any other.
    #[inline]
    pub fn id(&self) -> CallId {
        let resumed = self.trail().and_then(Trail::resumed);
        resumed.map_or_else(CallId::unique, |resumed| resumed.call_id)
    }
}

impl Trail {
    /// The call continues elsewhere or later: it is not counted yet, and no end of it is reported.
    pub(super) fn mark_continued(&mut self) {
        self.mode.add(Mode::CONTINUED);
    }

    pub(super) fn resumed(&self) -> Option<&Resumed> {
        self.rare.as_ref()?.resumed.as_deref()
    }

    fn handover(&self) -> Option<&Handover> {
        self.resumed()?.handover.as_ref()
    }

    #[inline]
    pub(super) fn is_resumed(&self) -> bool {
        self.handover().is_some()
    }

    /// Hands over the pause before the next attempt. The queue pays for that attempt, and the attempt asks the breaker.
    #[cold]
    pub(super) fn hand_over(&mut self, policy: &Policy, kind: Kind, delay: Delay) -> StopReason {
        self.draft.set_delay(Some(delay));
        self.mark_continued();
        self.emit_retry_scheduled(policy, kind, delay);
        if let Some(handover) = self.handover() {
            let attempt = self.draft.last();
            handover.publish(Step { attempt, next: Next::Again(delay) });
        }
        StopReason::Aborted
    }

    /// Hands over that the breaker refused the attempt.
    pub(super) fn hand_over_refusal(&mut self, wait: Option<Duration>) {
        if let Some(handover) = self.handover() {
            handover.publish(Step { attempt: None, next: Next::Refused(wait) });
            self.mark_continued();
        }
    }
}
