//! The thread-local context of the running call: the deadline, receiver of reports and interceptor that the calls inside
//! inherit.

use std::cell::{Cell, RefCell};
use std::mem::{self, ManuallyDrop};
use std::sync::Arc;
use std::time::Duration;

use super::intercept::Intercept;
use super::receiver::{Observer, Receiver};
use crate::base::clock::Moment;
use crate::base::counters;
use crate::base::time::Instant;
use crate::site::Site;

/// The context that the calls inside an attempt inherit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallContext {
    /// No call inside may sleep past this deadline.
    deadline: Deadline,
    /// The function whose attempt is running, if it is timed or not the first attempt.
    outer: Option<&'static Site>,
    /// The task in which the context was entered. Another task that a nested runtime polls inside it does not inherit
    /// the context.
    task: Option<Task>,
    marks: Marks,
}

/// Facts about a context, as bits.
type Marks = u8;

/// The report of the next call is wanted.
const OBSERVED: Marks = 1;
/// The calls inside have an interceptor that is not the thread's.
const INTERCEPTED: Marks = 2;
/// A call inside may be a resumed one.
const RESUMED: Marks = 4;

/// The deadline of the calls inside.
#[derive(Clone, Copy, Debug)]
enum Deadline {
    None,
    At(Moment),
    /// By the limits of the outer function, for an attempt that started then: computed when a call inside asks.
    Since(Instant),
}

#[cfg(feature = "tokio")]
type Task = tokio::task::Id;
#[cfg(not(feature = "tokio"))]
type Task = std::convert::Infallible;

#[cfg(feature = "tokio")]
fn this_task() -> Option<Task> {
    tokio::task::try_id()
}
#[cfg(not(feature = "tokio"))]
fn this_task() -> Option<Task> {
    None
}

thread_local! {
    // Without a destructor: a later attempt costs a few moves.
    static CONTEXT: Cell<Option<CallContext>> = const { Cell::new(None) };
    /// Receives the report of the next call in a context that is observed. Without a destructor, too: whoever observes a
    /// call puts the receiver back that was here before, so a thread ends with a new one, which owns nothing.
    static RECEIVER: Cell<ManuallyDrop<Receiver>> =
        const { Cell::new(ManuallyDrop::new(Receiver::New)) };
    /// The interceptor of a context that has one.
    static INTERCEPTOR: RefCell<Option<Arc<dyn Intercept>>> = const { RefCell::new(None) };
    /// The interceptor of everything that runs on this thread.
    static THREAD: RefCell<Option<Arc<dyn Intercept>>> = const { RefCell::new(None) };
    static THREAD_HAS_SCOPE: Cell<bool> = const { Cell::new(false) };
}

/// The interceptor of the current scope, if there is one.
pub(crate) fn interceptor() -> Option<Arc<dyn Intercept>> {
    if !is_intercepted() {
        return None;
    }
    let own = if has_interceptor() {
        INTERCEPTOR.try_with(|own| own.borrow().clone()).ok().flatten()
    } else {
        None
    };
    own.or_else(|| THREAD.try_with(|thread| thread.borrow().clone()).ok().flatten())
}

/// Whether a report of the next call is all that the context asks for.
#[inline]
pub(crate) fn merely_observes() -> bool {
    let merely = |context: CallContext| {
        context.marks == OBSERVED && matches!(context.deadline, Deadline::None)
    };
    !THREAD_HAS_SCOPE.get() && CallContext::current().is_some_and(merely)
}

/// Whether there is an interceptor.
#[inline]
pub(crate) fn is_intercepted() -> bool {
    is_present() && (has_interceptor() || THREAD_HAS_SCOPE.get())
}

fn has_interceptor() -> bool {
    marks() & INTERCEPTED != 0
}

/// The marks of the context on this thread.
#[inline]
fn marks() -> Marks {
    CONTEXT.get().map_or(0, |context| context.marks)
}

/// Opens or closes the scope of this thread.
pub(crate) fn set_thread_interceptor(interceptor: Option<Arc<dyn Intercept>>) {
    THREAD_HAS_SCOPE.set(interceptor.is_some());
    set_present(CONTEXT.get().is_some() || interceptor.is_some());
    let _ = THREAD.try_with(|thread| thread.replace(interceptor));
}

/// Whether this thread has a context or a scope. The gate of its counters is closed while it has.
#[inline(always)]
pub(crate) fn is_present() -> bool {
    !counters::is_open()
}

#[inline(always)]
fn set_present(present: bool) {
    counters::set_open(!present);
}

impl CallContext {
    /// A context of this task with this deadline. Its reports are not wanted: the calls inside must not report in place of
    /// the one around them.
    #[inline]
    pub(crate) fn new(deadline: Option<Moment>, outer: Option<&'static Site>) -> Self {
        CallContext {
            deadline: deadline.map_or(Deadline::None, Deadline::At),
            outer,
            task: this_task(),
            marks: if is_present() { marks() & !OBSERVED } else { 0 },
        }
    }

    /// The current context, unless it is that of another task; `None` when there is none.
    #[inline]
    pub(crate) fn current() -> Option<CallContext> {
        if !is_present() {
            return None;
        }
        let elsewhere =
            |context: &CallContext| this_task().is_some_and(|task| context.task != Some(task));
        CONTEXT.get().filter(|context| !elsewhere(context))
    }

    /// A context with the current deadline.
    #[inline]
    pub(crate) fn inherited() -> CallContext {
        CallContext::new(deadline_here(), None)
    }

    /// No call inside may sleep past this deadline.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        match self.deadline {
            Deadline::None => None,
            Deadline::At(moment) => Some(moment),
            Deadline::Since(started) => {
                let (limit, _) = self.outer?.policy().first_limit()?;
                Moment::of(started).checked_add(limit)
            }
        }
    }

    /// The function whose attempt is running, if it is timed or not the first attempt.
    pub(crate) fn outer(&self) -> Option<&'static Site> {
        self.outer
    }

    /// Whether the report of the next call is wanted.
    pub(crate) fn is_observed(&self) -> bool {
        self.marks & OBSERVED != 0
    }

    /// The same context, for calls of which the first one of a certain function is a resumed one.
    pub(super) fn resumed(self) -> CallContext {
        CallContext { marks: self.marks | RESUMED, ..self }
    }

    /// Runs `work` in this context, and restores the previous one afterwards, even when `work` panics.
    pub(crate) fn scope<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        work()
    }

    /// Makes this the current context until the guard is dropped. Contexts are left in the reverse of the order in which
    /// they were entered.
    #[inline]
    pub(crate) fn enter(self) -> Entered {
        if is_present() {
            return Entered(CONTEXT.replace(Some(self)));
        }
        CONTEXT.set(Some(self));
        set_present(true);
        Entered(None)
    }
}

/// The deadline of the current context.
#[inline]
pub(super) fn deadline_here() -> Option<Moment> {
    if is_present() { deadline_inside() } else { None }
}

#[cold]
#[inline(never)]
fn deadline_inside() -> Option<Moment> {
    CallContext::current()?.deadline()
}

/// Enters the context of a retry of this function that has no limits.
// Beside the thread-local, which only this module's code reads without a call.
#[inline(never)]
pub(super) fn enter_retry(site: Option<&'static Site>) -> Entered {
    CallContext::new(None, site).enter()
}

/// An RAII guard of a context, with the one before it; as a rule there is none.
#[derive(Debug)]
#[must_use = "dropping the guard leaves the context"]
pub(crate) struct Entered(Option<CallContext>);

impl Drop for Entered {
    // Compiled once, and not into every annotated function.
    #[inline(never)]
    fn drop(&mut self) {
        match self.0 {
            Some(before) => CONTEXT.set(Some(before)),
            None => leave_outermost(),
        }
    }
}

/// Enters the context of the first attempt of this function, whose policy has limits, on a thread without a context.
#[inline(always)]
pub(crate) fn enter_limited(started: Instant, site: &'static Site) {
    CONTEXT.set(Some(CallContext {
        deadline: Deadline::Since(started),
        outer: Some(site),
        task: this_task(),
        marks: 0,
    }));
    set_present(true);
}

/// Leaves a context that has none around it.
#[inline(always)]
pub(crate) fn leave_outermost() {
    CONTEXT.set(None);
    // A scope may have been opened meanwhile.
    set_present(THREAD_HAS_SCOPE.get());
}

/// An RAII guard of a context that is the one around it, with an interceptor.
pub(crate) struct Scope {
    before: Option<Arc<dyn Intercept>>,
    _context: Entered,
}

impl Scope {
    /// The calls inside have this interceptor until the guard is dropped.
    pub(crate) fn open(interceptor: Arc<dyn Intercept>) -> Self {
        let context = CallContext::current().unwrap_or_else(|| CallContext::new(None, None));
        // On a thread that is ending the thread-locals may be gone: then nothing is inherited.
        let before = INTERCEPTOR.try_with(|own| own.replace(Some(interceptor))).ok().flatten();
        Scope {
            before,
            _context: CallContext { marks: context.marks | INTERCEPTED, ..context }.enter(),
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let _ = INTERCEPTOR.try_with(|own| own.replace(self.before.take()));
    }
}

/// A handle of the receiver of the next call's report, if the report is wanted.
#[cold]
pub(crate) fn observer() -> Option<Observer> {
    CallContext::current().filter(CallContext::is_observed)?;
    let observer = replace_receiver(Receiver::New).into_observer();
    replace_receiver(Receiver::Shared(observer.clone()));
    Some(observer)
}

/// Enters a context in which the calls inside find no receiver, and which is the current one otherwise.
#[inline]
pub(super) fn enter_unobserved() -> Option<Entered> {
    let context = CONTEXT.get()?;
    Some(CallContext { marks: context.marks & !OBSERVED, ..context }.enter())
}

/// Tells the receiver of a call that succeeded at its first try, which took so long. The call started in the current context,
/// which is observed.
#[inline]
pub(crate) fn publish_first_try(site: &'static Site, took: Duration) {
    let receiver = replace_receiver(Receiver::New);
    RECEIVER.set(ManuallyDrop::new(receiver.after_first_try(site, took)));
}

#[inline(always)]
fn replace_receiver(receiver: Receiver) -> Receiver {
    ManuallyDrop::into_inner(RECEIVER.replace(ManuallyDrop::new(receiver)))
}

/// Runs `work` in a context with the current deadline, in which this receives the report of the next call; returns the
/// receiver.
#[inline]
pub(crate) fn observed<T>(receiver: Receiver, work: impl FnOnce() -> T) -> (T, Receiver) {
    let around = Around(replace_receiver(receiver));
    let context = CallContext::inherited();
    let entered = CallContext { marks: context.marks | OBSERVED, ..context }.enter();
    let out = work();
    drop(entered);
    (out, around.leave())
}

/// An RAII guard of a receiver, with the one around it.
struct Around(Receiver);

impl Around {
    /// Restores the receiver around; returns the one in its place.
    #[inline]
    fn leave(self) -> Receiver {
        replace_receiver(mem::take(&mut ManuallyDrop::new(self).0))
    }
}

impl Drop for Around {
    fn drop(&mut self) {
        replace_receiver(mem::take(&mut self.0));
    }
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
