//! One call: it counts its attempts and keeps what there is to look after. It never sleeps.

use std::mem::ManuallyDrop;
use std::task::{Context, Poll};

use super::context::{self, Ambient};
use super::live::{Order, Ticket};
use super::mode::Mode;
use super::spare;
use super::trail::{NOBODY, Trail};
use crate::base::clock::Moment;
use crate::base::sleep::Sleeping;
use crate::event;
use crate::event::CallSpan;
use crate::failure::interruption::Interruption;
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};
use crate::site::Site;

/// One call of a retryable function.
///
/// A call that succeeds at once has touched nothing but its site: the clock is read at the start only
/// when a deadline, a report or an observer asks for it, and everything else is made after the first
/// failure. As long as nothing is special about a call it is no more than its site, which never changes: in
/// generated code it is a constant, and so are the addresses of all that belongs to it.
#[derive(Debug)]
pub struct Call<'p> {
    pub(super) site: &'static Site,
    /// The settings of a call that has no annotated function.
    pub(super) policy: Option<&'p Policy>,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// Nothing is special about it: its first attempt runs, or is about to.
    Plain,
    /// There is something to look after: a failure, a limit, somebody who observes.
    // Freed by the call's own drop, which for a call that succeeds at once is one comparison.
    Kept(ManuallyDrop<Box<Trail>>),
    /// It has ended and left nothing behind.
    Ended,
}

impl Call<'static> {
    /// A call of an annotated function, not [opened](Call::open) yet.
    #[inline(always)]
    pub const fn start(site: &'static Site) -> Self {
        Call { site, policy: None, state: State::Plain }
    }
}

impl<'p> Call<'p> {
    /// A call that has no annotated function.
    pub(crate) fn of(policy: &'p Policy) -> Self {
        let mut call = Call { site: &NOBODY, policy: Some(policy), state: State::Plain };
        if policy.is_timed() || event::wanted() || context::is_present() {
            call.prepare();
        }
        call
    }

    /// What there is to look after, if anything.
    pub(super) fn trail(&self) -> Option<&Trail> {
        match &self.state {
            State::Kept(trail) => Some(trail),
            _ => None,
        }
    }

    pub(super) fn has(&self, mode: Mode) -> bool {
        self.trail().is_some_and(|trail| trail.mode.has(mode))
    }

    /// The annotated function.
    pub(super) fn site(&self) -> Option<&'static Site> {
        (!std::ptr::eq(self.site, &raw const NOBODY)).then_some(self.site)
    }

    /// The settings: the function's own, or what a configuration has made of them.
    pub(super) fn policy(&self) -> &'p Policy {
        if let Some(policy) = self.intercepted_policy() {
            return policy;
        }
        if let Some(policy) = self.policy {
            return policy;
        }
        self.site.policy_under(self.effective())
    }

    /// The number of the attempt that runs or has run last, from 1. That of a plain call is its first.
    pub(super) fn attempt_number(&self) -> u32 {
        self.trail().map_or(1, |trail| trail.attempt)
    }

    pub(super) fn deadline(&self) -> Option<Moment> {
        self.trail()?.deadline
    }

    /// Takes over what holds outside of the call: a configuration, observers, the limits of a call around it.
    #[cold]
    pub(super) fn prepare(&mut self) {
        let site = self.site();
        if let Some(site) = site {
            site.enrol();
            self.configure(site);
        }
        self.join();
        if site.map_or_else(event::wanted, Site::is_observed) {
            let mode = &mut self.early_trail_mut().mode;
            mode.add(Mode::OBSERVED);
            mode.add(Mode::TIMED);
        }
        if self.policy().is_timed() {
            self.early_trail_mut().mode.add(Mode::TIMED);
        }
        let ambient = Ambient::current();
        let inherited = ambient.as_ref().and_then(|ambient| ambient.deadline());
        let outer = ambient.as_ref().and_then(|ambient| ambient.outer());
        if let (Some(outer), Some(site)) = (outer, site) {
            site.note_called_in(outer);
        }
        if self.has(Mode::TIMED) {
            let (now, limit) = (Moment::now(), self.policy().time_limit());
            let trail = self.trail_mut();
            // The first attempt starts now, and the clock need not be read again.
            trail.attempt_started = Some(now);
            trail.started = Some(now);
            trail.deadline = limit.and_then(|time| now.checked_add(time));
        }
        if inherited.is_some() {
            let trail = self.early_trail_mut();
            trail.deadline = sooner(trail.deadline, inherited);
        }
        let is_inside = ambient.is_some();
        if let Some(observer) = ambient.and_then(|ambient| ambient.observer) {
            self.watch();
            self.trail_mut().observer = Some(observer);
        }
        if is_inside {
            self.resume_at();
        }
        // One that is resumed has been told of before.
        if self.has(Mode::OBSERVED) && self.attempt_number() == 0 {
            let policy = self.policy();
            self.trail_mut().tell_started(policy);
        }
    }

    /// Keeps a report of this call; before its first attempt.
    pub fn watch(&mut self) {
        let trail = self.early_trail_mut();
        trail.mode.add(Mode::TIMED);
        trail.mode.add(Mode::WATCHED);
        let now = *trail.attempt_started.get_or_insert_with(Moment::now);
        trail.started.get_or_insert(now);
    }

    /// Keeps a report of this call for `recover`, which gets its final failure.
    pub fn watch_to_recover(&mut self) {
        self.watch();
        self.trail_mut().mode.add(Mode::RECOVERS);
    }

    /// The context of the attempt that starts next, for the body.
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
        let trail = self.trail_mut();
        trail.note_start();
        if event::is_heard() {
            let policy = self.policy();
            self.trail_mut().tell_start(policy);
        }
    }

    /// The running attempt's number, and how many there may be.
    pub(crate) fn progress(&self) -> (u32, Option<u32>) {
        (self.attempt_number(), self.policy().limit())
    }

    /// Whether it is time to let other tasks run, although there is nothing to wait for: a long series of
    /// attempts without delays must not starve them.
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

    // Not generic, so that a function of the user's brings no code of its own for it.
    fn enter_noted(&self) -> Option<Entered<'_>> {
        self.hands_down().then(|| self.enter())
    }

    /// Whether the calls inside of the attempt are to learn anything. Those in the first attempt of a call
    /// that is configured and nothing else are not.
    #[inline]
    pub(super) fn hands_down(&self) -> bool {
        let limited = |trail: &Trail| trail.mode.has(Mode::TIMED) || trail.deadline.is_some();
        context::is_present()
            || self.trail().is_some_and(|trail| trail.attempt > 1 || limited(trail))
    }

    /// Lets hold what the attempt hands down to the calls inside, and its span, until the guard is dropped.
    fn enter(&self) -> Entered<'_> {
        let span = self.trail().and_then(|trail| trail.span.as_deref()).map(CallSpan::enter);
        let deadline = if self.has(Mode::TIMED) || self.deadline().is_some() {
            self.attempt_end().map(|(end, _)| end)
        } else {
            None
        };
        if self.is_intercepted() {
            return Entered { _ambient: self.around(deadline).enter(), _span: span };
        }
        Entered { _ambient: context::enter(deadline, self.site()), _span: span }
    }

    /// Runs code of the call between two attempts; the calls inside inherit its deadline.
    pub(crate) fn run_between<T>(&self, work: impl FnOnce() -> T) -> T {
        self.around(self.deadline()).scope(work)
    }

    /// What holds inside of the call.
    pub(super) fn around(&self, deadline: Option<Moment>) -> Ambient {
        // An observed call has taken the observer: the calls inside must not report in its place.
        let ambient = Ambient::new(deadline, None).inside(self.site());
        match self.trail().and_then(Trail::interceptor) {
            Some(interceptor) if !ambient.is_intercepted() => ambient.within(interceptor.clone()),
            _ => ambient,
        }
    }

    /// When the running attempt must have ended, and what it is that ends it then.
    pub(crate) fn attempt_end(&self) -> Option<(Moment, Interruption)> {
        let timeout = self.policy().attempt_limit().and_then(|after| {
            let end = self.trail()?.attempt_started?.checked_add(after)?;
            Some((end, Interruption::TimedOut { after }))
        });
        let deadline = self.deadline().map(|end| (end, Interruption::DeadlinePassed));
        match (timeout, deadline) {
            (Some(timeout), Some(deadline)) if deadline.0 <= timeout.0 => Some(deadline),
            (Some(timeout), _) => Some(timeout),
            (None, deadline) => deadline,
        }
    }
}

/// What lasts as long as code of an attempt runs.
struct Entered<'c> {
    _ambient: context::Inside,
    _span: Option<event::Inside<'c>>,
}

/// The sooner of two instants, where `None` is never.
pub(super) fn sooner(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl Call<'_> {
    /// The trail, begun now if it has not been: the first attempt runs.
    #[inline]
    pub(super) fn trail_mut(&mut self) -> &mut Trail {
        self.trail_from(1)
    }

    /// The trail, begun now if it has not been, of a call whose first attempt has not begun.
    pub(super) fn early_trail_mut(&mut self) -> &mut Trail {
        self.trail_from(0)
    }

    pub(super) fn trail_from(&mut self, attempt: u32) -> &mut Trail {
        if !matches!(self.state, State::Kept(_)) {
            self.begin_trail(attempt);
        }
        match &mut self.state {
            State::Kept(trail) => trail,
            _ => unreachable!("a trail has been begun"),
        }
    }

    #[cold]
    pub(super) fn begin_trail(&mut self, attempt: u32) {
        self.state = State::Kept(ManuallyDrop::new(spare::take(self.site, attempt)));
    }

    /// Notes for the doctor that the call blocks a thread of an async runtime.
    pub(crate) fn note_blocking(&self, in_runtime: bool) {
        if let Some(site) = self.site().filter(|_| in_runtime) {
            site.note_blocked_worker();
        }
    }

    /// What somebody wants of the sleeping call.
    #[cold]
    pub(crate) fn poll_order(&self, cx: &mut Context<'_>) -> Poll<Order> {
        self.live().map_or(Poll::Pending, |live| live.poll(cx))
    }

    /// The sleep has ended; what somebody wanted before counts.
    #[cold]
    pub(crate) fn wake(&self) -> Option<Order> {
        self.live()?.wake()
    }

    /// The place of the timer of the pause: it is made after a failure, like all that stands beside it.
    #[cold]
    pub(crate) fn sleeping(&mut self) -> &mut Option<Sleeping> {
        &mut self.trail_mut().sleep
    }

    pub(super) fn live(&self) -> Option<&Ticket> {
        self.trail()?.live.as_ref()
    }
}
