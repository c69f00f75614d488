//! The guard of one call, and the refusal of one.

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::ops::Deref;
use std::thread;
use std::time::{Duration, Instant};

use super::handle::Breaker;
use super::held::Held;
use super::ticket::{Mode, Refusal, Ticket};
use super::window::Outcome;
use crate::base::clock::Moment;
use crate::base::now::Now;
use crate::failure::class::Classify;

/// The leave to make one call.
///
/// Told [`success`](Self::success), [`failure`](Self::failure) or [`ignored`](Self::ignored) when the
/// call has ended. Dropped untold it counts as a failure when the thread is panicking, and otherwise as
/// abandoned: a probe gives its place back, and nothing is counted.
///
/// `B` is `&Breaker`, `Arc<Breaker>` or whatever else leads to one.
#[must_use = "dropped, it counts as a call that was abandoned"]
pub struct Permit<B: Deref<Target = Breaker>> {
    breaker: B,
    /// Only where slow calls count.
    started: Option<Moment>,
    held: Held,
}

/// The admission of a call that is not kept as long as all goes well.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Quick(Held);

impl<B: Deref<Target = Breaker>> Permit<B> {
    /// [`Breaker::permit`], for a guard that keeps the breaker alive.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn acquire(breaker: B, now: impl Now) -> Result<Self, CircuitOpen> {
        let mut permit = Permit::none(breaker);
        permit.renew(now)?;
        Ok(permit)
    }

    /// No permit yet, but the place for one.
    #[inline(always)]
    pub(crate) const fn none(breaker: B) -> Self {
        Permit { breaker, started: None, held: Held::NOTHING }
    }

    /// [`acquire`](Self::acquire) in place, where there is none.
    #[inline(always)]
    pub(crate) fn renew(&mut self, now: impl Now) -> Result<(), CircuitOpen> {
        match self.breaker.word.admit_fast() {
            Some(held) => {
                self.held = held;
                Ok(())
            }
            None => {
                // By value: a permit that nothing points to can stay in registers.
                let (ticket, started) = admitted_slowly(&self.breaker, now.now())?;
                self.held = Held::from(ticket);
                self.started = started;
                Ok(())
            }
        }
    }

    /// The admission of a call that needs neither a look at the clock nor the lock, and for which nothing is
    /// kept; it is [`adopt`](Self::adopt)ed when the call does not succeed.
    #[inline(always)]
    pub(crate) fn quick(&self) -> Option<Quick> {
        self.breaker.word.admit_fast().map(Quick)
    }

    /// A quick call has succeeded.
    #[inline(always)]
    pub(crate) fn quick_success(&self, quick: Quick, now: impl Now) {
        if !self.breaker.word.is_saturated() {
            settle(&self.breaker, quick.0, None, now, Outcome::Success);
        }
    }

    /// Becomes the permit of a quick call.
    #[inline(always)]
    pub(crate) fn adopt(&mut self, quick: Quick) {
        self.held = quick.0;
    }

    /// Whether it is one, and the call has not been told of yet.
    #[inline(always)]
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_something()
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// The call succeeded. Slow or not is seen by the time since admission.
    #[inline]
    pub fn success(self, now: impl Now) {
        self.end(now, Outcome::Success);
    }

    /// The call failed in a way that speaks against the dependency.
    pub fn failure(self, now: impl Now) {
        self.end(now, Outcome::Failure);
    }

    /// The call says nothing about the dependency: a `Permanent` failure, a cancelled one.
    pub fn ignored(self, now: impl Now) {
        self.end(now, Outcome::Ignored);
    }

    /// The call ended with this result; what a failure says is told by its `Classify`.
    #[inline]
    pub fn result<T, E: Classify>(self, now: impl Now, result: &Result<T, E>) {
        match result {
            Ok(_) => self.success(now),
            Err(error) => self.end(now, error.classify().kind.into()),
        }
    }

    /// Whether the call is one of the half-open state's probes.
    pub fn is_probe(&self) -> bool {
        self.held.probe().is_some()
    }

    /// The call ended this way; a failure's outcome is `Outcome::from(kind)`.
    #[inline]
    pub fn end(mut self, now: impl Now, outcome: Outcome) {
        self.tell(now, outcome);
        self.spend();
    }

    /// [`end`](Self::end) in place, once; what need not be told is left to be [spent](Self::spend).
    #[inline(always)]
    pub(crate) fn tell(&mut self, now: impl Now, outcome: Outcome) {
        if !(outcome == Outcome::Success && self.breaker.word.is_saturated()) {
            let held = mem::replace(&mut self.held, Held::NOTHING);
            settle(&self.breaker, held, self.started.take(), now, outcome);
        }
    }

    /// Stands for nothing any more.
    #[inline(always)]
    pub(crate) fn spend(&mut self) {
        self.held = Held::NOTHING;
    }
}

impl<B: Deref<Target = Breaker>> Permit<B> {
    /// The call has failed, at a moment that is known already: [`end`](Self::end) in place.
    pub(crate) fn tell_failure(&mut self, now: Moment, outcome: Outcome) {
        let held = mem::replace(&mut self.held, Held::NOTHING);
        settle_at(&self.breaker, held, self.started.take(), || now, outcome);
    }
}

#[cold]
fn admitted_slowly(
    breaker: &Breaker,
    now: Instant,
) -> Result<(Ticket, Option<Moment>), CircuitOpen> {
    let ticket = breaker.admit(now)?;
    Ok((ticket, breaker.settings.slow.map(|_| Moment::of(now))))
}

/// Tells the breaker, once for each permit. Kept out of line, so that the telling is small enough to be
/// part of its caller.
#[inline(never)]
fn settle(breaker: &Breaker, held: Held, started: Option<Moment>, now: impl Now, outcome: Outcome) {
    let kept = outcome == Outcome::Success && started.is_none() && { breaker.keep(&held.ticket()) };
    if !kept {
        settle_at(breaker, held, started, || Moment::of(now.now()), outcome);
    }
}

/// [`settle`] by way of the lock, which asks for the time.
fn settle_at(
    breaker: &Breaker,
    held: Held,
    started: Option<Moment>,
    now: impl FnOnce() -> Moment,
    outcome: Outcome,
) {
    let ticket = held.ticket();
    if outcome == Outcome::Ignored {
        return breaker.abandon(now, ticket);
    }
    let now = now();
    let slow = match (started, breaker.settings.slow) {
        (Some(started), Some(threshold)) => now.since(started) >= threshold,
        _ => false,
    };
    breaker.record(now, ticket, outcome, slow);
}

#[cold]
fn dropped(breaker: &Breaker, held: Held, started: Option<Moment>) {
    let outcome = if thread::panicking() { Outcome::Failure } else { Outcome::Ignored };
    settle(breaker, held, started, breaker.clock, outcome);
}

impl<B: Deref<Target = Breaker>> Drop for Permit<B> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_held() {
            dropped(&self.breaker, self.held, self.started);
        }
    }
}

impl<B: Deref<Target = Breaker>> fmt::Debug for Permit<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("breaker", &self.breaker.name())
            .field("is_probe", &self.is_probe())
            .finish_non_exhaustive()
    }
}

/// The breaker refused the call: it was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitOpen {
    name: Cow<'static, str>,
    refusal: Refusal,
}

impl CircuitOpen {
    pub(super) fn new(name: Cow<'static, str>, refusal: Refusal) -> Self {
        CircuitOpen { name, refusal }
    }

    /// The breaker's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state that refused it.
    pub const fn mode(&self) -> Mode {
        self.refusal.mode
    }

    /// The time after which a call is admitted; `None` where that depends on something else: on the
    /// results of the probes, on whoever forced it open.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.refusal.retry_after
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.refusal.mode {
            Mode::HalfOpen => "half-open and has all its probes under way",
            Mode::ForcedOpen => "forced open",
            _ => "open",
        };
        write!(f, "the circuit breaker `{}` is {state}", self.name)
    }
}

impl std::error::Error for CircuitOpen {}
