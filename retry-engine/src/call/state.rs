//! One call: its policy, its attempts and its state. It never sleeps.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::context::{self, CallContext};
use super::live::{Order, Ticket};
use super::mode::Mode;
use super::spare;
use super::trail::{NOBODY, Trail};
use super::verdict::Verdict;
use crate::base::border;
use crate::base::clock::Moment;
use crate::base::sleep::Sleeping;
use crate::breaker::PATIENCE;
use crate::event::{self, CallSpan};
use crate::failure::interruption::Cause;
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};
use crate::site::Site;

/// One call of a retryable function.
///
/// A call starts as plain (see the module `plain`): only a reference to its site, which is a constant in generated
/// code. Everything else is in its `Trail`, which is begun at the start of a call that has a limit or an observer, and
/// after the first failure of any other.
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
    /// The call has failed once, or has a limit, a configuration or an observer.
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

impl<'p> Call<'p> {
    /// A call that has no annotated function.
    pub(crate) fn of(policy: &'p Policy) -> Self {
        let mut call = Call { site: &NOBODY, policy: Some(policy), state: CallState::Plain };
        if policy.is_timed() || event::wants_routine() || context::is_present() {
            call.prepare();
        }
        call
    }

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
        (!std::ptr::eq(self.site, &raw const NOBODY)).then_some(self.site)
    }

    /// The policy in force: the interceptor's, the call's own, or the function's as the configuration changed it.
    pub(super) fn policy(&self) -> &'p Policy {
        if let Some(policy) = self.intercepted_policy() {
            return policy;
        }
        if let Some(policy) = self.policy {
            return policy;
        }
        self.site.policy_under(self.effective())
    }

    /// The number of the attempt that runs or ran last, from 1. A plain call is in its first attempt.
    pub(super) fn attempt_number(&self) -> u32 {
        self.trail().map_or(1, |trail| trail.attempt)
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.trail()?.deadline
    }

    /// Reads the call's surroundings: the configuration, listeners, and the context of a call around this one.
    #[cold]
    pub(super) fn prepare(&mut self) {
        let site = self.site();
        if let Some(site) = site {
            site.enrol();
            self.configure(site);
        }
        self.find_interceptor();
        if site.map_or_else(event::wants_routine, Site::is_observed) {
            let mode = &mut self.early_trail_mut().mode;
            mode.add(Mode::OBSERVED);
            mode.add(Mode::TIMED);
        }
        if self.policy().is_timed() {
            self.early_trail_mut().mode.add(Mode::TIMED);
        }
        let mut context = CallContext::current();
        if context.is_some() && !self.policy().inherits() {
            // Not plain: the calls inside must not see the context, either.
            self.early_trail_mut();
            context = None;
        }
        let inherited = context.as_ref().and_then(CallContext::deadline);
        let outer = context.as_ref().and_then(CallContext::outer);
        if let (Some(outer), Some(site)) = (outer, site) {
            site.note_called_in(outer);
        }
        if self.has(Mode::TIMED) {
            let (now, limit) = (Moment::now(), self.policy().time_limit());
            let trail = self.trail_mut();
            // The first attempt starts now: the clock is read once for both.
            trail.attempt_started = Some(now);
            trail.started = Some(now);
            trail.deadline = limit.and_then(|time| now.checked_add(time));
        }
        if let Some(inherited) = inherited {
            self.early_trail_mut().inherit(inherited);
        }
        let is_inside = context.is_some();
        if let Some(observer) = context.and_then(CallContext::into_observer) {
            self.watch();
            self.trail_mut().observer = Some(observer);
        }
        if is_inside {
            self.take_over();
        }
        // The start of a resumed call has been reported before.
        if self.has(Mode::OBSERVED) && self.attempt_number() == 0 {
            let policy = self.policy();
            self.trail_mut().emit_call_started(policy);
        }
    }

    /// Keeps a report of this call. Called before its first attempt.
    pub fn watch(&mut self) {
        let trail = self.early_trail_mut();
        trail.mode.add(Mode::TIMED);
        trail.mode.add(Mode::WATCHED);
        let now = *trail.attempt_started.get_or_insert_with(Moment::now);
        trail.started.get_or_insert(now);
    }

    /// Keeps a report of this call for `recover`, which receives the final failure. Called before the first attempt.
    pub fn watch_to_recover(&mut self) {
        self.watch();
        self.trail_mut().mode.add(Mode::RECOVERS);
    }

    /// The description of the attempt that starts next, for the body.
    pub fn attempt(&self, call_id: CallId) -> Attempt {
        Attempt {
            number: self.trail().map_or(0, |trail| trail.attempt) + 1,
            limit: self.policy().limit(),
            deadline: self.deadline(),
            last_kind: self.trail().and_then(|trail| trail.last_kind),
            call_id,
        }
    }

    #[cold]
    pub(super) fn note_start(&mut self) {
        if self.is_late() {
            return;
        }
        let trail = self.trail_mut();
        trail.note_start();
        if event::has_any_listener() {
            let policy = self.policy();
            self.trail_mut().emit_attempt_started(policy);
        }
    }

    /// Whether the inherited deadline had passed before the first attempt.
    pub(crate) fn is_late(&self) -> bool {
        self.has(Mode::LATE)
    }

    /// Makes the first attempt although its time is over: the error cannot say so.
    #[cold]
    pub(crate) fn forgive_late(&mut self) {
        self.trail_mut().mode.remove(Mode::LATE);
    }

    /// The text of the last failure, unless it is the same as that of the interruption that follows it.
    pub(crate) fn failure_before(&self, interruption: &str) -> Option<Arc<str>> {
        let attempts = self.trail()?.report.attempts.iter().rev();
        attempts.filter_map(|attempt| attempt.error.clone()).find(|text| **text != *interruption)
    }

    /// Whether a failure says something about the other side, so that the breaker counts it.
    ///
    /// A call inside that was cancelled says nothing, nor does an attempt that the caller cut short: by
    /// cancelling the call, or by an inherited deadline before the attempt was slow.
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
                let started = self.trail().and_then(|trail| trail.attempt_started);
                started.is_none_or(|started| now.since(started) >= slow)
            }
            (None, Some(Cause::Cancelled)) => false,
            _ => true,
        }
    }

    /// The running attempt's number, and the limit on attempts.
    pub(crate) fn progress(&self) -> (u32, Option<u32>) {
        (self.attempt_number(), self.policy().limit())
    }

    /// Whether the task must yield before the next attempt: a long series of attempts without delays must not starve
    /// other tasks.
    pub(crate) fn is_due_to_yield(&self) -> bool {
        Call::yields_after(self.attempt_number())
    }

    pub(crate) const fn yields_after(attempt: u32) -> bool {
        attempt % 16 == 0
    }

    #[cold]
    pub(super) fn run_noted<T>(&self, work: impl FnOnce() -> T) -> T {
        let _inside = self.enter_noted();
        work()
    }

    // Not generic: compiled once, and not into every annotated function.
    fn enter_noted(&self) -> Option<Entered<'_>> {
        self.has_context().then(|| self.enter())
    }

    /// Whether the calls inside the attempt inherit a context. The first attempt of a call that is only configured has
    /// none.
    #[inline]
    pub(super) fn has_context(&self) -> bool {
        let limited = |trail: &Trail| trail.mode.has(Mode::TIMED) || trail.deadline.is_some();
        context::is_present()
            || self.trail().is_some_and(|trail| trail.attempt > 1 || limited(trail))
    }

    /// Enters the attempt's span and the context of the calls inside, until the guard is dropped.
    fn enter(&self) -> Entered<'_> {
        let span = self.trail().and_then(|trail| trail.span.as_deref()).map(CallSpan::enter);
        let deadline = if self.has(Mode::TIMED) || self.deadline().is_some() {
            self.attempt_end().map(|(end, _)| end)
        } else {
            None
        };
        if self.is_intercepted() {
            return Entered { _context: self.context(deadline).enter(), _span: span };
        }
        Entered { _context: context::enter(deadline, self.site()), _span: span }
    }

    /// Runs the `on_retry` hook; the calls inside inherit the call's deadline. A hook that panics does not fail the call.
    pub(crate) fn run_hook(&self, hook: &dyn Fn()) {
        let ran = border::contained(|| self.context(self.deadline()).scope(hook));
        if let (None, Some(site)) = (ran, self.site()) {
            site.warn_of_hook();
        }
    }

    /// The context of the calls inside this one.
    fn context(&self, deadline: Option<Moment>) -> CallContext {
        // Without the observer: the calls inside must not report in place of this one.
        let context = CallContext::new(deadline, None).with_outer(self.site());
        match self.trail().and_then(Trail::interceptor) {
            Some(interceptor) if !context.is_intercepted() => {
                context.with_interceptor(interceptor.clone())
            }
            _ => context,
        }
    }

    /// When the running attempt started, if that is known, and its `timeout`.
    pub(crate) fn attempt_times(&self) -> Option<(Moment, Option<Duration>)> {
        Some((self.trail()?.attempt_started?, self.policy().attempt_limit()))
    }

    /// When the running attempt must have ended, and the interruption that ends it then.
    pub(crate) fn attempt_end(&self) -> Option<(Moment, Cause)> {
        let timeout = self.policy().attempt_limit().and_then(|after| {
            let end = self.trail()?.attempt_started?.checked_add(after)?;
            Some((end, Cause::TimedOut { after }))
        });
        let deadline = self.deadline().map(|end| (end, Cause::DeadlinePassed));
        match (timeout, deadline) {
            (Some(timeout), Some(deadline)) if deadline.0 <= timeout.0 => Some(deadline),
            (Some(timeout), _) => Some(timeout),
            (None, deadline) => deadline,
        }
    }
}

/// The RAII guards that are held while code of an attempt runs.
struct Entered<'c> {
    _context: context::ContextGuard,
    _span: Option<event::Inside<'c>>,
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
        self.state = CallState::WithTrail(ManuallyDrop::new(spare::take(self.site, attempt)));
    }

    /// Notes for the doctor that the call blocks a thread of an async runtime.
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

    /// The timer of the pause between two attempts.
    #[cold]
    pub(crate) fn sleeping(&mut self) -> &mut Option<Sleeping> {
        &mut self.trail_mut().sleep
    }

    pub(super) fn live(&self) -> Option<&Ticket> {
        self.trail()?.live.as_ref()
    }
}
