//! One call: counts its attempts and decides after each failure. It never sleeps.

mod account;
pub(crate) mod by_name;
pub(crate) mod cancel;
pub(crate) mod context;
mod decide;
mod end;
#[cfg(any(feature = "testing", feature = "chaos"))]
mod injected;
#[cfg(any(feature = "testing", feature = "chaos"))]
pub(crate) mod intercept;
pub mod live;
mod mode;
pub(crate) mod observe;
mod protection;
mod record;
pub mod resume;
mod resumed;
mod tell;
#[cfg(feature = "testing")]
mod tested;
mod trail;
mod waiting;

pub(crate) use decide::Around;
pub use resumed::{ended, judge, limit, pay};
use std::mem::{self, ManuallyDrop};

use mode::Mode;
use trail::Trail;

use self::context as ambient;
use self::context::Ambient;
use crate::base::clock::Moment;
use crate::event;
use crate::event::CallSpan;
use crate::failure::class::Class;
use crate::failure::interruption::Interruption;
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};
use crate::report::reason::StopReason;
use crate::report::record::Delay;
use crate::site::Site;
use crate::site::{Meta, NO_BREAKER, SiteBudget};

/// What happens after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// No further attempt; the outcome is the call's.
    Stop(StopReason),
    /// Another attempt after this pause.
    Pause(Delay),
}

/// What was found out about a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    /// Whether `when`, if there is one, wants it retried.
    pub(crate) agreed: bool,
    /// Set when the engine ended the attempt.
    pub(crate) cut: Option<Interruption>,
    /// Whether it is a value that `retry_if` has rejected.
    pub(crate) rejected: bool,
}

/// One call of a retryable function.
///
/// A call that succeeds at once has touched nothing but its site: the clock is read at the start only
/// when a deadline, a report or an observer asks for it, and everything else is made after the first
/// failure. As long as nothing is special about a call it is no more than its site, which never changes: in
/// generated code it is a constant, and so are the addresses of all that belongs to it.
#[derive(Debug)]
pub struct Call<'p> {
    site: &'static Site,
    /// The settings of a call that has no annotated function.
    policy: Option<&'p Policy>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing is special about it: its first attempt runs, or is about to.
    Plain,
    /// There is something to look after: a failure, a limit, somebody who observes.
    // Freed by the call's own drop, which for a call that succeeds at once is one comparison.
    Kept(ManuallyDrop<Box<Trail>>),
    /// It has ended and left nothing behind.
    Ended,
}

/// Stands for the function of a call that has none.
static NOBODY: Site =
    Site::new(Meta::new("", file!(), line!()), Policy::new(), SiteBudget::None, &NO_BREAKER);

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
        if policy.is_timed() || event::wanted() || ambient::is_present() {
            call.prepare();
        }
        call
    }

    /// Opens the call where it stands: made and opened in one step it would be copied into its place.
    #[inline(always)]
    pub fn open(&mut self) {
        if !self.site.is_quiet() {
            self.by_value(Call::prepare);
        }
    }

    /// [`open`](Call::open) for a call that lives in a future, and so in memory anyway: no copy is made.
    #[inline(always)]
    pub fn open_in_future(&mut self) {
        if !self.site.is_quiet() {
            self.prepare();
        }
    }

    /// Runs what is seldom needed on a copy that is put back: a call that nothing points to, as long as
    /// nothing is special about it, can stay in registers.
    #[inline(always)]
    pub(crate) fn by_value<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (state, result) = aside(self.take(), work);
        self.state = state;
        result
    }

    #[inline(always)]
    fn take(&mut self) -> Self {
        let state = mem::replace(&mut self.state, State::Ended);
        Call { site: self.site, policy: self.policy, state }
    }

    /// Whether nothing is special about it.
    #[inline(always)]
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.state, State::Plain)
    }

    /// What there is to look after, if anything.
    fn trail(&self) -> Option<&Trail> {
        match &self.state {
            State::Kept(trail) => Some(trail),
            _ => None,
        }
    }

    fn has(&self, mode: Mode) -> bool {
        self.trail().is_some_and(|trail| trail.mode.has(mode))
    }

    /// The annotated function.
    fn site(&self) -> Option<&'static Site> {
        (!std::ptr::eq(self.site, &raw const NOBODY)).then_some(self.site)
    }

    /// The settings: the function's own, or what a configuration has made of them.
    fn policy(&self) -> &'p Policy {
        #[cfg(feature = "testing")]
        if let Some(policy) = self.tested_policy() {
            return policy;
        }
        if let Some(policy) = self.policy {
            return policy;
        }
        self.site.policy_under(self.effective())
    }

    /// The number of the attempt that runs or has run last, from 1. That of a plain call is its first.
    fn attempt_number(&self) -> u32 {
        self.trail().map_or(1, |trail| trail.attempt)
    }

    fn deadline(&self) -> Option<Moment> {
        self.trail()?.deadline
    }

    /// Takes over what holds outside of the call: a configuration, observers, the limits of a call around it.
    #[cold]
    fn prepare(&mut self) {
        let site = self.site();
        if let Some(site) = site {
            site.enrol();
            self.configure(site);
        }
        #[cfg(feature = "testing")]
        self.join_scope();
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

    /// An attempt starts.
    #[inline(always)]
    pub(crate) fn begin(&mut self) {
        if !self.is_plain() {
            self.note_start();
        }
    }

    #[cold]
    fn note_start(&mut self) {
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

    /// Runs code of the attempt; the calls inside inherit this call's limits.
    #[inline(always)]
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.is_plain() { work() } else { self.run_noted(work) }
    }

    #[cold]
    fn run_noted<T>(&self, work: impl FnOnce() -> T) -> T {
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
    fn hands_down(&self) -> bool {
        let limited = |trail: &Trail| trail.mode.has(Mode::TIMED) || trail.deadline.is_some();
        ambient::is_present()
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
        #[cfg(feature = "testing")]
        if self.within().is_some() {
            return Entered { _ambient: self.around(deadline).enter(), _span: span };
        }
        Entered { _ambient: ambient::enter(deadline, self.site()), _span: span }
    }

    /// Runs code of the call between two attempts; the calls inside inherit its deadline.
    pub(crate) fn run_between<T>(&self, work: impl FnOnce() -> T) -> T {
        self.around(self.deadline()).scope(work)
    }

    /// What holds inside of the call.
    fn around(&self, deadline: Option<Moment>) -> Ambient {
        // An observed call has taken the observer: the calls inside must not report in its place.
        let ambient = Ambient::new(deadline, None).inside(self.site());
        #[cfg(feature = "testing")]
        if let (None, Some(within)) = (&ambient.within, self.within()) {
            return ambient.tested(within.clone());
        }
        ambient
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
    _ambient: ambient::Inside,
    _span: Option<event::Inside<'c>>,
}

#[cold]
#[inline(never)]
fn aside<'p, T>(mut call: Call<'p>, work: impl FnOnce(&mut Call<'p>) -> T) -> (State, T) {
    let result = work(&mut call);
    (mem::replace(&mut call.state, State::Ended), result)
}

/// The sooner of two instants, where `None` is never.
fn sooner(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
