//! One call: counts its attempts and decides after each failure. It never sleeps.

mod account;
mod decide;
mod record;
mod resumed;
mod trail;

use std::cell::Cell;
use std::fmt::{self, Write};
use std::sync::Arc;

pub use resumed::judge;
use trail::Remembered;

use crate::ambient::{self, Ambient};
use crate::breaker::Breaker;
use crate::clock::Moment;
use crate::history::Delay;
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
/// A call that succeeds at once has touched nothing but its policy: the clock is read at the start only
/// when a deadline, a report or an observer asks for it, and everything else is made after the first
/// failure.
#[derive(Debug)]
pub struct Call<'p> {
    policy: &'p Policy,
    site: Option<&'static Site>,
    /// What it remembers from the first failure on, or from its start when it is observed.
    trail: Remembered,
    attempt: u32,
    /// Whether something asks when attempts start and end: a limit, a report, an observer.
    timed: bool,
    /// Whether a report is wanted.
    watched: bool,
    /// When the call started; known when it is timed.
    started: Option<Moment>,
    /// When the running attempt started; known when the call is timed.
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
        call.open();
        call
    }

    #[inline(always)]
    const fn new(policy: &'p Policy, site: Option<&'static Site>) -> Self {
        Call {
            policy,
            site,
            trail: Remembered::NOTHING,
            attempt: 0,
            timed: false,
            watched: false,
            started: None,
            attempt_started: None,
            deadline: None,
        }
    }

    /// Opens the call where it stands: made and opened in one step it would be copied into its place.
    #[inline(always)]
    pub fn open(&mut self) {
        if self.policy.is_timed() || ambient::is_present() {
            self.prepare();
        }
    }

    /// Reads the clock for the limits, and takes over what holds outside of the call.
    #[cold]
    fn prepare(&mut self) {
        if self.policy.is_timed() {
            self.timed = true;
            let now = Moment::now();
            self.started = Some(now);
            self.deadline = self.policy.time_limit().and_then(|time| now.checked_add(time));
        }
        let Some(ambient) = Ambient::current() else { return };
        self.deadline = sooner(self.deadline, ambient.deadline);
        self.resume_at();
        if let Some(observer) = ambient.observer {
            self.watch();
            self.trail_mut().observer = Some(observer);
        }
    }

    /// Keeps a report of this call.
    pub fn watch(&mut self) {
        self.timed = true;
        self.watched = true;
        self.started.get_or_insert_with(Moment::now);
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
        if self.timed {
            self.note_start();
        }
    }

    #[cold]
    fn note_start(&mut self) {
        self.attempt_started = Some(Moment::now());
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

    /// The breaker of the annotated function; for generated code that has declared one.
    ///
    /// # Panics
    ///
    /// When the function has no breaker.
    #[inline(always)]
    pub fn breaker(&self) -> &'static Breaker {
        match self.site.and_then(|site| site.breaker_source().get()) {
            Some(breaker) => breaker,
            None => no_breaker(),
        }
    }

    /// The breaker of the annotated function for this key; for generated code that has declared one.
    ///
    /// # Panics
    ///
    /// When the function has no keyed breaker.
    pub fn breaker_of(&self, key: &(impl fmt::Display + ?Sized)) -> Arc<Breaker> {
        let breaker =
            self.site.and_then(|site| written(key, |key| site.breaker_source().of_key(key)));
        breaker.unwrap_or_else(|| no_breaker())
    }

    /// Runs code of the attempt; the calls inside inherit this call's limits.
    #[inline(always)]
    pub(crate) fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        if self.timed { self.inherited().scope(work) } else { work() }
    }

    /// Runs code of the call between two attempts; the calls inside inherit its deadline.
    pub(crate) fn run_between<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.timed {
            return work();
        }
        Ambient::new(self.deadline, None).scope(work)
    }

    #[cold]
    fn inherited(&self) -> Ambient {
        // An observed call has taken the observer: the calls inside must not report in its place.
        Ambient::new(self.attempt_end().map(|(end, _)| end), None)
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

/// Hands on the text of a key, written into a buffer that the thread keeps: a key that is known costs no
/// allocation.
fn written<T>(key: &(impl fmt::Display + ?Sized), use_it: impl FnOnce(&str) -> T) -> T {
    thread_local! {
        static BUFFER: Cell<String> = const { Cell::new(String::new()) };
    }
    // Taken out while it is used: the key's `Display` may make calls of its own.
    let mut text = BUFFER.try_with(Cell::take).unwrap_or_default();
    text.clear();
    // Writing to a `String` cannot fail; a `Display` that fails has written what it could.
    let _ = write!(text, "{key}");
    let result = use_it(&text);
    let _ = BUFFER.try_with(|buffer| buffer.set(text));
    result
}

#[cold]
fn no_breaker() -> ! {
    panic!("generated code asked for a breaker that its attribute has not declared")
}

/// The sooner of two instants, where `None` is never.
fn sooner(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
