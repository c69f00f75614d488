//! One call: counts its attempts and decides after each failure. It never sleeps.

mod account;
mod decide;
mod end;
mod mode;
mod protection;
mod record;
mod tell;
#[cfg(feature = "testing")]
mod tested;
mod trail;
mod waiting;

pub(crate) use decide::Around;
use std::mem::ManuallyDrop;

use mode::Mode;
use trail::Trail;

use crate::ambient::{self, Ambient};
use crate::clock::Moment;
use crate::event::{self, CallSpan};
use crate::history::Delay;
use crate::site::Effective;
use crate::{Attempt, CallId, Class, Interruption, Policy, Site, StopReason};

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
}

/// One call of a retryable function.
///
/// A call that succeeds at once has touched nothing but its site: the clock is read at the start only
/// when a deadline, a report or an observer asks for it, and everything else is made after the first
/// failure.
#[derive(Debug)]
pub struct Call<'p> {
    policy: &'p Policy,
    site: Option<&'static Site>,
    /// What a configuration has made of the site.
    effective: Option<&'static Effective>,
    /// What it remembers from the first failure on.
    // Freed by the call's own drop, which for a call that succeeds at once is one comparison in place.
    trail: ManuallyDrop<Option<Box<Trail>>>,
    attempt: u32,
    mode: Mode,
    /// When the running attempt started; known when the call is timed, and from the second one on.
    attempt_started: Option<Moment>,
    /// The own deadline or an inherited one, whichever is sooner.
    deadline: Option<Moment>,
}

impl Call<'static> {
    /// A call of an annotated function, not [opened](Call::open) yet.
    #[inline(always)]
    pub const fn start(site: &'static Site) -> Self {
        Call::new(site.policy(), Some(site))
    }
}

impl<'p> Call<'p> {
    /// A call that has no annotated function.
    pub(crate) fn of(policy: &'p Policy) -> Self {
        let mut call = Call::new(policy, None);
        if policy.is_timed() || event::wanted() || ambient::is_present() {
            call.prepare();
        }
        call
    }

    #[inline(always)]
    const fn new(policy: &'p Policy, site: Option<&'static Site>) -> Self {
        Call {
            policy,
            site,
            effective: None,
            trail: ManuallyDrop::new(None),
            attempt: 0,
            mode: Mode::RUNNING,
            attempt_started: None,
            deadline: None,
        }
    }

    /// Opens the call where it stands: made and opened in one step it would be copied into its place.
    #[inline(always)]
    pub fn open(&mut self) {
        let plain = self.site.is_none_or(Site::is_plain);
        if !plain || ambient::is_present() {
            self.prepare();
        }
    }

    /// Takes over what holds outside of the call: a configuration, observers, the limits of a call around it.
    #[cold]
    fn prepare(&mut self) {
        if let Some(site) = self.site {
            site.enrol();
            self.configure(site);
        }
        #[cfg(feature = "testing")]
        self.join_scope();
        if self.site.map_or_else(event::wanted, Site::is_observed) {
            self.mode.add(Mode::OBSERVED);
            self.mode.add(Mode::TIMED);
        }
        if self.policy.is_timed() {
            self.mode.add(Mode::TIMED);
        }
        let ambient = Ambient::current();
        let inherited = ambient.as_ref().and_then(|ambient| ambient.deadline);
        let outer = ambient.as_ref().and_then(|ambient| ambient.outer);
        if let (Some(outer), Some(site)) = (outer, self.site) {
            site.note_called_in(outer);
        }
        if self.mode.has(Mode::TIMED) {
            let now = Moment::now();
            // The first attempt starts now, and the clock need not be read again.
            self.attempt_started = Some(now);
            self.deadline = self.policy.time_limit().and_then(|time| now.checked_add(time));
        }
        self.deadline = sooner(self.deadline, inherited);
        if let Some(observer) = ambient.and_then(|ambient| ambient.observer) {
            self.watch();
            self.trail_mut().observer = Some(observer);
        }
        self.tell_started();
    }

    /// Keeps a report of this call.
    pub fn watch(&mut self) {
        self.mode.add(Mode::TIMED);
        self.mode.add(Mode::WATCHED);
        self.attempt_started.get_or_insert_with(Moment::now);
    }

    /// Keeps a report of this call for `recover`, which gets its final failure.
    pub fn watch_to_recover(&mut self) {
        self.watch();
        self.mode.add(Mode::RECOVERS);
    }

    /// The context of the attempt that starts next, for the body.
    pub fn attempt(&self, call_id: CallId) -> Attempt {
        Attempt {
            number: self.attempt + 1,
            limit: self.policy.limit(),
            deadline: self.deadline,
            last_kind: self.trail.as_ref().and_then(|trail| trail.last_kind),
            call_id,
        }
    }

    /// An attempt starts.
    #[inline(always)]
    pub(crate) fn begin(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
        if !self.mode.is_plain() {
            self.note_start();
        }
    }

    #[cold]
    fn note_start(&mut self) {
        if self.attempt > 1 {
            self.attempt_started = Some(Moment::now());
            self.open_span();
        }
        if let Some(live) = self.trail.as_ref().and_then(|trail| trail.live.as_ref()) {
            live.begin(self.attempt);
        }
        #[cfg(feature = "testing")]
        self.log_attempt();
        self.tell_attempt_started();
    }

    /// The running attempt's number, and how many there may be.
    pub(crate) fn progress(&self) -> (u32, Option<u32>) {
        (self.attempt, self.policy.limit())
    }

    /// Whether it is time to let other tasks run, although there is nothing to wait for: a long series of
    /// attempts without delays must not starve them.
    pub(crate) fn is_due_to_yield(&self) -> bool {
        self.attempt % 16 == 0
    }

    /// Runs code of the attempt; the calls inside inherit this call's limits.
    #[inline(always)]
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.mode.is_plain() { work() } else { self.run_noted(work) }
    }

    fn run_noted<T>(&self, work: impl FnOnce() -> T) -> T {
        let span = self.trail.as_ref().and_then(|trail| trail.span.as_ref());
        let _inside = span.map(CallSpan::enter);
        self.inherited().scope(work)
    }

    /// Runs code of the call between two attempts; the calls inside inherit its deadline.
    pub(crate) fn run_between<T>(&self, work: impl FnOnce() -> T) -> T {
        self.around(self.deadline).scope(work)
    }

    #[cold]
    fn inherited(&self) -> Ambient {
        self.around(self.attempt_end().map(|(end, _)| end))
    }

    /// What holds inside of the call.
    fn around(&self, deadline: Option<Moment>) -> Ambient {
        // An observed call has taken the observer: the calls inside must not report in its place.
        let outer = self.site.filter(|_| self.mode.has(Mode::FAILED));
        let ambient = Ambient::new(deadline, None).inside(outer);
        #[cfg(feature = "testing")]
        if let (None, Some(within)) = (&ambient.within, self.within()) {
            return ambient.tested(within.clone());
        }
        ambient
    }

    /// When the running attempt must have ended, and what it is that ends it then.
    pub(crate) fn attempt_end(&self) -> Option<(Moment, Interruption)> {
        let timeout = self.policy.attempt_limit().and_then(|after| {
            let end = self.attempt_started?.checked_add(after)?;
            Some((end, Interruption::TimedOut { after }))
        });
        let deadline = self.deadline.map(|end| (end, Interruption::DeadlinePassed));
        match (timeout, deadline) {
            (Some(timeout), Some(deadline)) if deadline.0 <= timeout.0 => Some(deadline),
            (Some(timeout), _) => Some(timeout),
            (None, deadline) => deadline,
        }
    }
}

/// The sooner of two instants, where `None` is never.
fn sooner(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
