//! One call: its policy, its attempts and its state. It never sleeps.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::context::{self, CallContext};
use super::known::Known;
use super::live::{Order, Ticket};
use super::mode::Mode;
use super::spare;
use super::trail::Trail;
use super::verdict::Verdict;
use crate::base::clock::{self, Moment};
use crate::base::sleep::Sleeping;
use crate::base::time::Instant;
use crate::breaker::PATIENCE;
use crate::failure::interruption::Cause;
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};
use crate::site::{Effective, Site};

/// One call of a retryable function.
///
/// A call starts as plain (see the module `plain`): only a reference to its site, which is a constant in generated
/// code. A limit or a configuration makes it light. Everything else is in its `Trail`, which is begun at the start of a
/// call that has an observer, and after the first failure of any other.
#[derive(Debug)]
pub struct Call<'p> {
    pub(super) site: &'static Site,
    /// The policy of a call that has no annotated function.
    pub(super) policy: Option<&'p Policy>,
    pub(super) state: CallState,
}

#[derive(Debug)]
pub(super) enum CallState {
    /// The call is plain, and its first attempt runs or is about to start.
    Plain,
    /// As plain, but for a key, whose budget pays for retries as well.
    // The call's own `drop` gives it back, as it does with the trail.
    Keyed(ManuallyDrop<Arc<Known>>),
    /// The call is limited, or somebody reads its report, and its first attempt runs or is about to start.
    Light { started: Instant, mode: Mode },
    /// As light, and configured.
    // A `Moment`: with an `Instant` all calls would be eight bytes larger.
    Configured { started: Option<Moment>, effective: &'static Effective, mode: Mode },
    /// The call has failed once, or has an observer.
    // The call's own `drop` frees the trail: for a plain call, dropping is one comparison.
    WithTrail(ManuallyDrop<Box<Trail>>),
    /// The call has ended, and there is nothing to free.
    Ended,
}

impl Call<'static> {
    /// A call of an annotated function, not [opened](Call::open) yet.
    #[inline(always)]
    pub const fn start(site: &'static Site) -> Self {
        Call { site, policy: None, state: CallState::Plain }
    }
}

impl Call<'_> {
    /// The call's memory; `None` for a plain call.
    pub(super) fn trail(&self) -> Option<&Trail> {
        match &self.state {
            CallState::WithTrail(trail) => Some(trail),
            _ => None,
        }
    }

    pub(super) fn has(&self, mode: Mode) -> bool {
        self.trail().is_some_and(|trail| trail.mode.has(mode))
    }

    /// The annotated function; `None` for a call of a policy alone.
    pub(super) fn site(&self) -> Option<&'static Site> {
        self.site.is_listed().then_some(self.site)
    }

    /// The number of the attempt that runs or ran last, from 1. A call without a trail is in its first attempt.
    pub(super) fn attempt_number(&self) -> u32 {
        self.trail().map_or(1, |trail| trail.attempt)
    }

    /// Reads the call's surroundings: the configuration, listeners, and the context of a call around this one.
    #[cold]
    pub(super) fn prepare(&mut self) {
        if !self.becomes_light() {
            self.prepare_all();
        }
    }

    #[inline(never)]
    fn prepare_all(&mut self) {
        self.site.tell_left_out();
        self.site.enrol();
        if let Some(site) = self.site() {
            self.configure(site);
        }
        let is_observed = self.site.is_observed();
        if self.must_settle() {
            self.early_trail_mut();
        }
        let is_inside = context::is_present();
        let asked = || self.effective().is_some_and(|effective| effective.intercepted);
        if (is_inside && context::is_intercepted()) || asked() {
            self.find_interceptor();
        }
        if is_observed {
            let mode = &mut self.early_trail_mut().mode;
            mode.add(Mode::OBSERVED);
            mode.add(Mode::TIMED);
        }
        if self.has(Mode::TIMED) || self.policy().is_timed() {
            self.start_clock_at(clock::now());
        }
        if is_inside {
            self.prepare_inside();
        }
        // The start of a resumed call has been reported before.
        if is_observed && self.attempt_number() == 0 {
            let policy = self.policy();
            self.trail_mut().emit_call_started(&policy);
        }
    }

    /// Reads the context of a call around this one.
    #[cold]
    fn prepare_inside(&mut self) {
        let Some(context) = CallContext::current() else { return };
        if !self.policy().inherits() {
            // Not plain: the calls inside must not see the context, either.
            self.early_trail_mut();
            return;
        }
        if let (Some(outer), Some(site)) = (context.outer(), self.site()) {
            site.note_called_in(outer);
        }
        if let Some(deadline) = context.deadline() {
            self.early_trail_mut().inherit(deadline);
        }
        if context.is_observed() {
            self.watch_for(Mode::OBSERVED_HERE);
        }
        self.take_over();
    }

    /// Keeps a report of this call. Called before its first attempt.
    pub fn watch(&mut self) {
        self.watch_for(Mode::WATCHED);
    }

    /// Keeps a report of this call for `recover`, which receives the final failure. Called before the first attempt.
    #[inline]
    pub fn watch_to_recover(&mut self) {
        self.watch_for(Mode::RECOVERS);
    }

    /// Times the attempts from the first one on. A success at the first try has no report, so a call without a trail
    /// needs none yet.
    #[cold]
    fn watch_for(&mut self, reader: Mode) {
        if let CallState::Keyed(_) = self.state {
            self.early_trail_mut();
        }
        if let CallState::WithTrail(trail) = &mut self.state {
            let now = *trail.attempt_started.get_or_insert_with(Moment::now);
            trail.started.get_or_insert(now);
            trail.mode.add(Mode::TIMED);
            return trail.add_reader(reader);
        }
        let is_timed = match self.state {
            CallState::Plain => self.may_be_limited(),
            _ => self.policy().is_timed(),
        };
        let flags = if is_timed { reader.with(Mode::TIMED) } else { reader };
        self.note_start_at(clock::now, flags);
    }

    /// The description of the attempt that starts next, for the body.
    #[inline]
    pub fn attempt(&mut self, call_id: CallId) -> Attempt {
        self.limit();
        match self.is_plain() {
            true => self.first_attempt(call_id),
            false => self.described(self.trail().map_or(0, |trail| trail.attempt) + 1, call_id),
        }
    }

    /// The description of the attempt that runs, for the body of a blocking call.
    #[inline]
    pub fn running(&self, call_id: CallId) -> Attempt {
        match self.is_plain() {
            true => self.first_attempt(call_id),
            false => self.described(self.attempt_number(), call_id),
        }
    }

    #[inline(never)]
    fn described(&self, number: u32, call_id: CallId) -> Attempt {
        Attempt {
            number,
            limit: self.limit_of_attempts(),
            deadline: self.deadline(),
            last_kind: self.trail().and_then(|trail| trail.last_kind),
            call_id,
        }
    }

    /// Whether the call knows the text of a failure.
    pub(crate) fn has_failure_before(&self) -> bool {
        self.trail().is_some_and(|trail| trail.draft.texts().next().is_some())
    }

    /// The text of the last failure, unless it is the same as that of the interruption that follows it.
    pub(crate) fn failure_before(&self, interruption: &str) -> Option<Arc<str>> {
        let mut texts = self.trail()?.draft.texts();
        texts.find(|text| *text != interruption).map(Arc::from)
    }

    /// Whether a failure says something about the other side, so that the breaker counts it.
    ///
    /// A call inside that was cancelled says nothing, nor does an attempt that the caller cut short: by
    /// cancelling the call, or by an inherited deadline before the attempt was slow.
    #[inline]
    pub(crate) fn is_breakers_business(
        &self,
        verdict: &Verdict,
        now: Moment,
        slow: &dyn Fn() -> Option<Duration>,
    ) -> bool {
        match (verdict.cut, verdict.carried) {
            (Some(Cause::Cancelled), _) => false,
            (Some(Cause::DeadlinePassed), _) if self.has(Mode::INHERITED) => {
                let slow = slow().or(self.policy().attempt_limit()).unwrap_or(PATIENCE);
                let started = self.attempt_started();
                started.is_none_or(|started| now.since(started) >= slow)
            }
            (None, Some(Cause::Cancelled)) => false,
            _ => true,
        }
    }

    /// The running attempt's number, and the limit on attempts.
    pub(crate) fn progress(&self) -> (u32, Option<u32>) {
        (self.attempt_number(), self.limit_of_attempts())
    }

    /// The number of the last attempt that the policy allows.
    #[inline]
    fn limit_of_attempts(&self) -> Option<u32> {
        let policy = self.policy();
        self.trail().map_or(policy.limit(), |trail| trail.limit(&policy))
    }

    /// [`Trail::is_due_to_yield`] of a call that has failed.
    pub(crate) fn is_due_to_yield(&self) -> bool {
        self.trail().is_some_and(Trail::is_due_to_yield)
    }
}

impl Call<'_> {
    /// The trail. A new one begins in the first attempt.
    #[inline]
    pub(super) fn trail_mut(&mut self) -> &mut Trail {
        self.trail_from(1)
    }

    /// The trail. A new one begins before the first attempt.
    pub(super) fn early_trail_mut(&mut self) -> &mut Trail {
        self.trail_from(0)
    }

    pub(super) fn trail_from(&mut self, attempt: u32) -> &mut Trail {
        if !matches!(self.state, CallState::WithTrail(_)) {
            self.begin_trail(attempt);
        }
        match &mut self.state {
            CallState::WithTrail(trail) => trail,
            _ => unreachable!("the trail has just begun"),
        }
    }

    #[cold]
    pub(super) fn begin_trail(&mut self, attempt: u32) {
        if attempt == 0 {
            self.limit();
        }
        let (started, effective, mode) = self.noted();
        let own = self.settled(effective);
        let mut trail = spare::take(self.site, attempt);
        trail.effective = effective;
        if own.is_some() {
            trail.rare_mut().own = own;
        }
        if let Some(key) = self.take_key().and_then(|key| key.paying()) {
            trail.rare_mut().key = Some(key);
        }
        if mode.has(Mode::CARRIED) {
            trail.carry(mode);
        }
        if let Some(started) = started {
            let limit = match trail.own() {
                Some(own) => own.policy().time_limit(),
                None => self.policy().time_limit(),
            };
            trail.start_clock(started, limit);
        }
        self.state = CallState::WithTrail(ManuallyDrop::new(trail));
    }

    /// Notes for the doctor that the call blocks a thread of an async runtime.
    #[inline]
    pub(crate) fn note_blocking(&self, in_runtime: bool) {
        if let Some(site) = self.site().filter(|_| in_runtime) {
            site.note_blocked_worker();
        }
    }

    /// Polls for an order to the sleeping call: cancel, or retry now.
    #[cold]
    pub(crate) fn poll_order(&self, cx: &mut Context<'_>) -> Poll<Order> {
        self.live().map_or(Poll::Pending, |live| live.poll(cx))
    }

    /// The sleep has ended. Returns the order that came before its end.
    #[cold]
    pub(crate) fn wake(&self) -> Option<Order> {
        self.live()?.wake()
    }

    /// Whether a pause of the call has begun.
    #[cold]
    pub(crate) fn has_slept(&self) -> bool {
        self.live().is_some()
    }

    /// The timer of the pause between two attempts, or of the last pause, maybe that of another call.
    #[cold]
    pub(crate) fn sleeping(&mut self) -> &mut Option<Sleeping> {
        &mut self.trail_mut().sleep
    }

    pub(super) fn live(&self) -> Option<&Ticket> {
        self.trail()?.live.as_ref()
    }
}
