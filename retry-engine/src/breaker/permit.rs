//! The RAII guards of one call.

use std::fmt;
use std::mem;
use std::ops::Deref;
use std::thread;
use std::time::Duration;

use super::handle::Breaker;
use super::state::Ran;
use super::ticket::{CircuitOpen, Refusal};
use super::window::Outcome;
use super::word::{Held, Now};
use crate::base::border::contained;
use crate::base::cells::{Thread, here};
use crate::base::clock::Moment;
use crate::failure::class::Classify;

/// Permission to make one call.
///
/// Report the end of the call with [`success`](Self::success), [`failure`](Self::failure) or
/// [`ignored`](Self::ignored). A permit that is dropped without a report counts as a failure when the thread
/// is panicking, and otherwise as dropped by the caller: nobody's verdict by itself, see [`Breaker`].
///
/// `B` is `&Breaker`, `Arc<Breaker>` or anything else that dereferences to a breaker.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings};
///
/// fn ask(search: &Breaker) -> Result<u32, Box<dyn std::error::Error>> {
///     let permit = search.permit()?;
///     let answer = "42".parse(); // the call itself
///     match &answer {
///         Ok(_) => permit.success(),
///         Err(_) => permit.failure(),
///     }
///     Ok(answer?)
/// }
/// assert_eq!(ask(&Breaker::new("search", BreakerSettings::new()))?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropped, it counts as a call that its caller gave up"]
pub struct Permit<B: Deref<Target = Breaker>>(Place<B>);

/// A permit whose owner tells it about a panic of the call. `thread::panicking` does not know whose panic it is: a
/// future is also dropped, and says nothing, while another one unwinds.
pub(crate) struct Place<B: Deref<Target = Breaker>> {
    breaker: B,
    /// From when on the call is slow, or might have been answered. Not known where the breaker need not know it.
    long_from: Option<Moment>,
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
        Place::acquire(breaker).map(Permit)
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

    /// The call says nothing about the dependency: another breaker refused it, or a limit of the caller's own.
    pub fn ignored(self) {
        self.end(Outcome::Ignored);
    }

    /// The call ended with this result; the error's `Classify` decides how a failure counts.
    #[inline]
    pub fn result<T, E: Classify>(self, result: &Result<T, E>) {
        self.end(Outcome::of(result));
    }

    /// Whether the call is one of the half-open state's probes.
    pub fn is_probe(&self) -> bool {
        self.0.held.probe().is_some()
    }

    /// The call ended this way; the outcome of a failure is `Outcome::from(kind)`.
    #[inline]
    pub fn end(mut self, outcome: Outcome) {
        self.0.tell(outcome);
        self.0.spend();
    }
}

impl<B: Deref<Target = Breaker>> Place<B> {
    /// An empty place, to be [renewed](Self::renew).
    #[inline(always)]
    pub(crate) const fn none(breaker: B) -> Self {
        Place { breaker, long_from: None, held: Held::NOTHING }
    }

    /// A place with permission.
    #[inline(always)]
    pub(crate) fn acquire(breaker: B) -> Result<Self, CircuitOpen> {
        let (held, long_from) = match breaker.word.admit_fast() {
            Some(held) => (held, None),
            None => admitted_slowly(&breaker).map_err(|refusal| breaker.circuit_open(refusal))?,
        };
        Ok(Place { breaker, long_from, held })
    }

    /// Asks for permission, for an empty place.
    #[inline(always)]
    pub(crate) fn renew(&mut self) -> Result<(), Refusal> {
        match self.breaker.word.admit_fast() {
            Some(held) => self.held = held,
            // By value: a place that nothing points to can stay in registers.
            None => (self.held, self.long_from) = admitted_slowly(&self.breaker)?,
        }
        Ok(())
    }

    /// Admits a call that needs neither the clock nor the lock, without keeping a place. When the call does
    /// not succeed, the place [adopts](Self::adopt) the admission.
    #[inline(always)]
    pub(crate) fn quick(&self) -> Option<Quick> {
        self.breaker.word.admit_fast().map(Quick)
    }

    /// Counts the success of a quick call.
    #[inline(always)]
    pub(crate) fn quick_success(&self, quick: Quick) {
        let now = self.breaker.word.now();
        if !now.is_saturated() {
            here(|thread| succeeded(&self.breaker, quick.0, None, now, thread));
        }
    }

    /// Becomes the place of a quick call.
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

    pub(crate) fn guarded(&self) -> &B {
        &self.breaker
    }

    /// The engine knows when the running attempt started, and its own limit: a caller who leaves before that is merely
    /// impatient.
    pub(crate) fn note_start(&mut self, started: Moment, limit: Option<Duration>) {
        if self.breaker.timeline.is_engines() && !self.breaker.word.counts_slow() {
            let patience = limit.unwrap_or_else(|| self.breaker.word.patience());
            self.long_from = Some(started.saturating_add(patience));
        }
    }

    /// [`Permit::end`] in place, to be followed by [`spend`](Self::spend).
    #[inline(always)]
    pub(crate) fn tell(&mut self, outcome: Outcome) {
        if outcome == Outcome::Success {
            let now = self.breaker.word.now();
            if !now.is_saturated() {
                here(|thread| {
                    let held = mem::replace(&mut self.held, Held::NOTHING);
                    succeeded(&self.breaker, held, self.long_from.take(), now, thread);
                });
            }
        } else {
            let held = mem::replace(&mut self.held, Held::NOTHING);
            settle_locked(&self.breaker, held, self.long_from.take(), None, outcome);
        }
    }

    /// Empties the place.
    #[inline(always)]
    pub(crate) fn spend(&mut self) {
        self.held = Held::NOTHING;
    }

    /// [`Permit::end`] in place, for a failure; `now` is the engine's time.
    pub(crate) fn tell_failure(&mut self, now: Moment, outcome: Outcome) {
        let held = mem::replace(&mut self.held, Held::NOTHING);
        settle_locked(&self.breaker, held, self.long_from.take(), Some(now), outcome);
    }

    /// The call panicked.
    #[inline(always)]
    pub(crate) fn panicked(&mut self) {
        if self.is_held() {
            let held = mem::replace(&mut self.held, Held::NOTHING);
            panicked(&self.breaker, held, self.long_from);
        }
    }

    /// A quick call panicked. The place stays empty, so that no pointer to it is needed.
    #[inline(always)]
    pub(crate) fn quick_panicked(&self, quick: Quick) {
        panicked(&self.breaker, quick.0, None);
    }
}

#[cold]
#[inline(never)]
fn panicked(breaker: &Breaker, held: Held, long_from: Option<Moment>) {
    // The clock and the listeners of the breaker must not panic during a panic.
    let failed = || settle_locked(breaker, held, long_from, None, Outcome::Failure);
    contained(failed);
}

#[cold]
fn admitted_slowly(breaker: &Breaker) -> Result<(Held, Option<Moment>), Refusal> {
    let now = breaker.timeline.now();
    let ticket = breaker.admit(now)?;
    Ok((ticket.held, Some(now.saturating_add(breaker.word.patience()))))
}

/// Reports a success. Out of line, so that generated code stays small; that code knows the address of the thread's state,
/// which a library has to ask for.
#[inline(never)]
fn succeeded(breaker: &Breaker, held: Held, long_from: Option<Moment>, now: Now, thread: &Thread) {
    if !(now.is_untimed() && breaker.runs.count(thread, held.word())) {
        succeeded_rarely(breaker, held, long_from);
    }
}

/// Reports a success that the cell of its thread was not ready for, or whose time must be known.
#[cold]
#[inline(never)]
fn succeeded_rarely(breaker: &Breaker, held: Held, long_from: Option<Moment>) {
    if !(breaker.word.now().is_untimed() && breaker.count_rarely(held.word())) {
        settle_locked(breaker, held, long_from, None, Outcome::Success);
    }
}

/// Reports an outcome for which the time must be known; `engine` is the engine's time, if it was read.
#[inline(never)]
fn settle_locked(
    breaker: &Breaker,
    held: Held,
    long_from: Option<Moment>,
    engine: Option<Moment>,
    outcome: Outcome,
) {
    if outcome == Outcome::Ignored && !held.is_listed() {
        return;
    }
    let timeline = &breaker.timeline;
    let now = engine.map_or_else(|| timeline.now(), |now| timeline.known(now));
    let slow = breaker.word.counts_slow() && long_from.is_some_and(|from| now >= from);
    breaker.record(now, held, outcome, slow);
}

/// The caller gave the call up. Only now is the clock read.
#[cold]
fn dropped(breaker: &Breaker, held: Held, long_from: Option<Moment>) {
    let now = breaker.timeline.now();
    let ran = match long_from {
        Some(from) if now < from => Ran::Briefly,
        Some(from) => Ran::Long(now.since(from).saturating_add(breaker.word.patience())),
        None => Ran::Unknown,
    };
    if held.is_listed() || ran != Ran::Briefly {
        breaker.locked_rarely(now, |machine, now| machine.drop_call(now, held, ran));
    }
}

impl<B: Deref<Target = Breaker>> Drop for Place<B> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.is_held() {
            give_up(&self.breaker, self.held, self.long_from);
        }
    }
}

/// [`dropped`], whatever the clock and the listeners of the breaker do: a panic in a drop may end the process.
#[cold]
fn give_up(breaker: &Breaker, held: Held, long_from: Option<Moment>) {
    contained(|| dropped(breaker, held, long_from));
}

impl<B: Deref<Target = Breaker>> Drop for Permit<B> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.is_held() && thread::panicking() {
            self.0.panicked();
        }
    }
}

impl<B: Deref<Target = Breaker>> fmt::Debug for Permit<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("breaker", &self.0.breaker.name())
            .field("is_probe", &self.is_probe())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(retry_loom)))]
#[path = "permit_tests.rs"]
mod tests;
