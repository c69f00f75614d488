//! The surroundings of a running attempt: its start, its limits, its span, and the context of the calls inside.

use super::context::{self, CallContext, Entered, Scope};
use super::mode::Mode;
use super::state::{Call, CallState};
use super::trail::Trail;
use crate::base::border;
use crate::base::clock::Moment;
use crate::base::time::Instant;
use crate::event::{self, CallSpan};
use crate::failure::interruption::Cause;
use crate::site::Site;

/// An RAII guard of the surroundings of an attempt whose code runs: the context of the calls inside, the interceptor that
/// they inherit, and the span; left in this order.
struct Inside<'c> {
    _context: Entered,
    // Boxed: few calls have an interceptor, and the guard is made for each attempt.
    _scope: Option<Box<Scope>>,
    _span: Option<InSpan<'c>>,
}

/// An RAII guard of an entered span.
struct InSpan<'c>(&'c CallSpan);

impl Drop for InSpan<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// The limits of the first attempt of a plain call, which the calls inside inherit until it is dropped.
#[derive(Debug)]
pub struct Limits(());

impl Limits {
    #[inline(always)]
    pub(crate) fn enter(started: Instant, site: &'static Site) -> Self {
        context::enter_limited(started, site);
        Limits(())
    }
}

impl Drop for Limits {
    #[inline(always)]
    fn drop(&mut self) {
        context::leave_outermost();
    }
}

/// The surroundings of an attempt: contexts, spans, limits and faults.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Surroundings {
    /// No context, no span, no limit, no fault.
    None,
    /// The receiver of the call's report.
    Receiver,
    /// A context, a span, a limit or a fault.
    Others,
}

impl Surroundings {
    /// Hides the receiver of the call's report from the calls inside, for one poll: the receiver may be read while the call
    /// goes on.
    #[inline]
    pub(crate) fn hide_receiver(self) -> Option<Entered> {
        match self {
            Surroundings::Receiver => context::enter_unobserved(),
            _ => None,
        }
    }
}

impl Call<'_> {
    #[cold]
    pub(super) fn note_start(&mut self) {
        if self.is_late() {
            return;
        }
        let trail = self.trail_mut();
        trail.note_start();
        if event::has_any_listener() {
            let policy = self.policy();
            self.trail_mut().emit_attempt_started(&policy);
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

    /// Runs the body of an attempt, or polls it.
    #[inline]
    pub(crate) fn run<T>(&self, body: impl FnOnce() -> T) -> T {
        if self.is_bare() {
            return body();
        }
        if self.is_usual_retry() {
            let _context = context::enter_retry(self.site());
            return body();
        }
        let _inside = self.enter_attempt();
        body()
    }

    /// Whether the attempt is a retry that has neither limits nor a span nor an interceptor.
    #[inline]
    fn is_usual_retry(&self) -> bool {
        let is_usual =
            |trail: &Trail| trail.attempt > 1 && trail.rare.is_none() && !trail.is_timed();
        self.trail().is_some_and(is_usual)
    }

    #[cold]
    #[inline(never)]
    fn enter_attempt(&self) -> Option<Inside<'_>> {
        if !self.has_context() {
            return None;
        }
        let span = self.span();
        let span = span.filter(|span| span.enter()).map(InSpan);
        let deadline = self.is_timed().then(|| self.attempt_end()).flatten().map(|(end, _)| end);
        let scope = self.scope().map(Box::new);
        let context = CallContext::new(deadline, self.site()).enter();
        Some(Inside { _context: context, _scope: scope, _span: span })
    }

    /// The surroundings of the running attempt.
    #[inline]
    pub(crate) fn surroundings(&self) -> Surroundings {
        match &self.state {
            CallState::Plain | CallState::Keyed(_) => Surroundings::None,
            CallState::Light { mode, .. } | CallState::Configured { mode, .. }
                if !mode.has(Mode::TIMED) =>
            {
                match mode.has(Mode::OBSERVED_HERE) {
                    true => Surroundings::Receiver,
                    false => Surroundings::None,
                }
            }
            _ => Surroundings::Others,
        }
    }

    /// Whether nothing but a receiver surrounds the running attempt.
    #[inline]
    pub(crate) fn is_bare(&self) -> bool {
        !matches!(self.surroundings(), Surroundings::Others)
    }

    /// Whether the calls inside the attempt inherit a context, or it has a span. The first attempt of a call that is only
    /// configured has none.
    #[inline]
    fn has_context(&self) -> bool {
        context::is_present() || self.is_timed() || self.attempt_number() > 1 || self.has_span()
    }

    #[inline]
    fn span(&self) -> Option<&CallSpan> {
        self.trail()?.rare.as_ref()?.span.as_ref()
    }

    fn has_span(&self) -> bool {
        self.span().is_some()
    }

    /// Whether the attempt's time is limited, or is measured for more than a report.
    fn is_timed(&self) -> bool {
        match &self.state {
            CallState::WithTrail(trail) => trail.is_timed(),
            _ => self.light_mode().has(Mode::TIMED),
        }
    }

    /// Runs the `on_retry` hook; the calls inside inherit the call's deadline. A hook that panics does not fail the call.
    #[inline]
    pub(crate) fn run_hook(&self, hook: &dyn Fn()) {
        let ran = border::contained(|| {
            let _scope = self.scope();
            CallContext::new(self.deadline(), self.site()).scope(hook);
        });
        if let (None, Some(site)) = (ran, self.site()) {
            site.warn_of_hook();
        }
    }

    /// The calls inside inherit the interceptor of the call, unless they have one already.
    #[inline]
    fn scope(&self) -> Option<Scope> {
        let interceptor = self.trail().and_then(Trail::interceptor)?;
        (!context::is_intercepted()).then(|| Scope::open(interceptor.clone()))
    }

    /// When the call must have ended.
    pub(super) fn deadline(&self) -> Option<Moment> {
        match &self.state {
            CallState::WithTrail(trail) => trail.deadline,
            _ => self.attempt_started()?.checked_add(self.policy().time_limit()?),
        }
    }

    /// When the running attempt started, if that is known.
    pub(crate) fn attempt_started(&self) -> Option<Moment> {
        match &self.state {
            CallState::Light { started, .. } => Some(Moment::of(*started)),
            CallState::Configured { started, .. } => *started,
            _ => self.trail()?.attempt_started,
        }
    }

    /// When the running attempt must have ended, and the interruption that ends it then.
    pub(crate) fn attempt_end(&self) -> Option<(Moment, Cause)> {
        let timeout = self.policy().attempt_limit().and_then(|after| {
            let end = self.attempt_started()?.checked_add(after)?;
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
