//! The RAII guard of one call.

use std::fmt;
use std::mem;
use std::ops::Deref;
use std::thread;

use super::handle::Breaker;
use super::ticket::CircuitOpen;
use super::window::Outcome;
use super::word::Held;
use crate::base::clock::Moment;
use crate::failure::class::Classify;

/// Permission to make one call.
///
/// Report the end of the call with [`success`](Self::success), [`failure`](Self::failure) or
/// [`ignored`](Self::ignored). A permit that is dropped without a report counts as a failure when the thread
/// is panicking, and otherwise as abandoned: a probe gives its place back, and nothing is counted.
///
/// `B` is `&Breaker`, `Arc<Breaker>` or anything else that dereferences to a breaker.
#[must_use = "dropped, it counts as a call that was abandoned"]
pub struct Permit<B: Deref<Target = Breaker>> {
    breaker: B,
    /// Only where slow calls are counted.
    started: Option<Moment>,
    held: Held,
}

/// The admission of a call for which no permit is kept while all goes well.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Quick(Held);

impl<B: Deref<Target = Breaker>> Permit<B> {
    /// [`Breaker::permit`], for a guard that keeps the breaker alive.
    ///
    /// # Errors
    /// [`CircuitOpen`] when the call must not be made.
    #[inline]
    pub fn acquire(breaker: B) -> Result<Self, CircuitOpen> {
        let mut permit = Permit::none(breaker);
        permit.renew()?;
        Ok(permit)
    }

    /// An empty permit, to be [renewed](Self::renew).
    #[inline(always)]
    pub(crate) const fn none(breaker: B) -> Self {
        Permit { breaker, started: None, held: Held::NOTHING }
    }

    /// [`acquire`](Self::acquire) in place, for an empty permit.
    #[inline(always)]
    pub(crate) fn renew(&mut self) -> Result<(), CircuitOpen> {
        match self.breaker.word.admit_fast() {
            Some(held) => self.held = held,
            // By value: a permit that nothing points to can stay in registers.
            None => (self.held, self.started) = admitted_slowly(&self.breaker)?,
        }
        Ok(())
    }

    /// Admits a call that needs neither the clock nor the lock, without keeping a permit. When the call does
    /// not succeed, the permit [adopts](Self::adopt) the admission.
    #[inline(always)]
    pub(crate) fn quick(&self) -> Option<Quick> {
        self.breaker.word.admit_fast().map(Quick)
    }

    /// Counts the success of a quick call.
    #[inline(always)]
    pub(crate) fn quick_success(&self, quick: Quick) {
        if !self.breaker.word.is_saturated() {
            settle(&self.breaker, quick.0, None, Outcome::Success);
        }
    }

    /// Becomes the permit of a quick call.
    #[inline(always)]
    pub(crate) fn adopt(&mut self, quick: Quick) {
        self.held = quick.0;
    }

    /// Whether it is not empty, and the end of the call has not been reported.
    #[inline(always)]
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_something()
    }

    pub(crate) fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// The call succeeded. The time since the admission decides whether it was slow.
    #[inline]
    pub fn success(self) {
        self.end(Outcome::Success);
    }

    /// The call failed in a way that speaks against the dependency.
    pub fn failure(self) {
        self.end(Outcome::Failure);
    }

    /// The call says nothing about the dependency: a `Permanent` failure, a cancelled call.
    pub fn ignored(self) {
        self.end(Outcome::Ignored);
    }

    /// The call ended with this result; the error's `Classify` decides how a failure counts.
    #[inline]
    pub fn result<T, E: Classify>(self, result: &Result<T, E>) {
        match result {
            Ok(_) => self.success(),
            Err(error) => self.end(error.classify().kind.into()),
        }
    }

    /// Whether the call is one of the half-open state's probes.
    pub fn is_probe(&self) -> bool {
        self.held.probe().is_some()
    }

    /// The call ended this way; the outcome of a failure is `Outcome::from(kind)`.
    #[inline]
    pub fn end(mut self, outcome: Outcome) {
        self.tell(outcome);
        self.spend();
    }

    /// [`end`](Self::end) in place, to be followed by [`spend`](Self::spend).
    #[inline(always)]
    pub(crate) fn tell(&mut self, outcome: Outcome) {
        if !(outcome == Outcome::Success && self.breaker.word.is_saturated()) {
            let held = mem::replace(&mut self.held, Held::NOTHING);
            settle(&self.breaker, held, self.started.take(), outcome);
        }
    }

    /// Empties the permit.
    #[inline(always)]
    pub(crate) fn spend(&mut self) {
        self.held = Held::NOTHING;
    }

    /// [`end`](Self::end) in place, for a failure; `now` is the engine's time.
    pub(crate) fn tell_failure(&mut self, now: Moment, outcome: Outcome) {
        let held = mem::replace(&mut self.held, Held::NOTHING);
        settle_locked(&self.breaker, held, self.started.take(), Some(now), outcome);
    }
}

#[cold]
fn admitted_slowly(breaker: &Breaker) -> Result<(Held, Option<Moment>), CircuitOpen> {
    let now = breaker.timeline.now();
    let ticket = breaker.admit(now)?;
    Ok((ticket.into(), breaker.settings.slow.map(|_| now)))
}

/// Reports to the breaker, once for each permit. Out of line, so that its callers stay small enough to be
/// inlined.
#[inline(never)]
fn settle(breaker: &Breaker, held: Held, started: Option<Moment>, outcome: Outcome) {
    let kept = outcome == Outcome::Success && started.is_none() && breaker.keep(&held.ticket());
    if !kept {
        settle_locked(breaker, held, started, None, outcome);
    }
}

/// [`settle`] by way of the lock, which asks for the time; `engine` is the engine's, if it was read.
fn settle_locked(
    breaker: &Breaker,
    held: Held,
    started: Option<Moment>,
    engine: Option<Moment>,
    outcome: Outcome,
) {
    let ticket = held.ticket();
    if outcome == Outcome::Ignored && ticket.probe.is_none() {
        // Only probes are counted while they are under way.
        return;
    }
    let timeline = &breaker.timeline;
    let now = engine.map_or_else(|| timeline.now(), |now| timeline.known(now));
    if outcome == Outcome::Ignored {
        return breaker.locked(now, |machine, now| machine.abandon(now, ticket));
    }
    let slow = match (started, breaker.settings.slow) {
        (Some(started), Some(threshold)) => now.since(started) >= threshold,
        _ => false,
    };
    breaker.record(now, ticket, outcome, slow);
}

#[cold]
fn dropped(breaker: &Breaker, held: Held, started: Option<Moment>) {
    let outcome = if thread::panicking() { Outcome::Failure } else { Outcome::Ignored };
    settle(breaker, held, started, outcome);
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
