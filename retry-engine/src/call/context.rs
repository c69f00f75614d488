//! The thread-local context of the running call: the deadline, observer and interceptor that the calls inside inherit.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};

use super::intercept::Intercept;
use crate::base::clock::Moment;
use crate::base::counters;
use crate::base::sync::unpoisoned;
use crate::base::time::Instant;
use crate::report::record::Report;
use crate::site::Site;

/// Receives the report of an observed call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observer(Arc<Mutex<Option<Report>>>);

impl Observer {
    pub(crate) fn publish(&self, report: Report) {
        *unpoisoned(self.0.lock()) = Some(report);
    }

    pub(crate) fn take(&self) -> Option<Report> {
        unpoisoned(self.0.lock()).take()
    }
}

/// The context that the calls inside an attempt inherit.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallContext {
    values: Values,
    handles: Handles,
}

/// The part of a context that is `Copy`; most contexts have no other part.
#[derive(Clone, Copy, Debug, Default)]
struct Values {
    /// No call inside may sleep past this deadline.
    deadline: Deadline,
    /// The function whose attempt is running, if it is timed or not the first attempt.
    outer: Option<&'static Site>,
    /// The task in which the context was entered. Another task that a nested runtime polls inside it does not inherit
    /// the context.
    task: Option<Task>,
    /// Whether `HANDLES` belongs to this context. If not, `HANDLES` belongs to one around it.
    has_handles: bool,
    /// Whether the report of the next call is wanted.
    has_observer: bool,
    /// Whether the calls inside have an interceptor that is not the thread's.
    has_interceptor: bool,
}

/// The deadline of the calls inside.
#[derive(Clone, Copy, Debug, Default)]
enum Deadline {
    #[default]
    None,
    At(Moment),
    /// By the limits of the outer function, for an attempt that started then: computed when a call inside asks.
    Since(Instant),
}

impl Values {
    const NONE: Values = Values {
        deadline: Deadline::None,
        outer: None,
        task: None,
        has_handles: false,
        has_observer: false,
        has_interceptor: false,
    };

    fn deadline(&self) -> Option<Moment> {
        match self.deadline {
            Deadline::None => None,
            Deadline::At(moment) => Some(moment),
            Deadline::Since(started) => {
                let (limit, _) = self.outer?.policy().first_limit()?;
                Moment::of(started).checked_add(limit)
            }
        }
    }
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

/// The reference-counted part of a context.
#[derive(Clone, Debug, Default)]
struct Handles {
    /// Receives the report of the next call.
    observer: Option<Observer>,
    /// The interceptor of the calls inside, if it is not the thread's.
    interceptor: Option<Arc<dyn Intercept>>,
}

thread_local! {
    // Without a destructor: a later attempt that has no observer and no interceptor costs a few moves.
    static VALUES: Cell<Values> = const { Cell::new(Values::NONE) };
    static HANDLES: RefCell<Handles> = RefCell::default();
    /// The contexts around the current one, innermost last.
    static SAVED: RefCell<Vec<Saved>> = const { RefCell::new(Vec::new()) };
    /// The interceptor of everything that runs on this thread.
    static THREAD: RefCell<Option<Arc<dyn Intercept>>> = const { RefCell::new(None) };
    static THREAD_HAS_SCOPE: Cell<bool> = const { Cell::new(false) };
}

/// The interceptor of the current scope, if there is one.
pub(crate) fn interceptor() -> Option<Arc<dyn Intercept>> {
    if !is_present() {
        return None;
    }
    if !has_interceptor() {
        return None;
    }
    let own = handle(|handles| handles.interceptor.clone());
    own.or_else(|| THREAD.try_with(|thread| thread.borrow().clone()).ok().flatten())
}

fn has_interceptor() -> bool {
    VALUES.get().has_interceptor || THREAD_HAS_SCOPE.get()
}

/// The receiver of the report of the next call, if there is one.
#[cold]
pub(crate) fn observer() -> Option<Observer> {
    handle(|handles| handles.observer.clone())
}

/// Gives the report of a call to the receiver, if there is one.
#[cold]
pub(crate) fn publish(report: Report) {
    if let Some(observer) = observer() {
        observer.publish(report);
    }
}

/// Reads the handles of the current context, if it has any.
fn handle<T>(read: impl FnOnce(&Handles) -> Option<T>) -> Option<T> {
    if !VALUES.get().has_handles {
        return None;
    }
    HANDLES.try_with(|handles| read(&handles.borrow())).ok().flatten()
}

/// Opens or closes the scope of this thread.
pub(crate) fn set_thread_interceptor(interceptor: Option<Arc<dyn Intercept>>) {
    let values = VALUES.get();
    let is_nested = SAVED.try_with(|stack| !stack.borrow().is_empty()).unwrap_or(false);
    let is_limited = !matches!(values.deadline, Deadline::None);
    let has_context = is_nested || values.has_handles || is_limited || values.outer.is_some();
    THREAD_HAS_SCOPE.set(interceptor.is_some());
    set_present(has_context || interceptor.is_some());
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
    #[inline]
    pub(crate) fn new(deadline: Option<Moment>, observer: Option<Observer>) -> Self {
        let interceptor = interceptor();
        let (has_observer, has_interceptor) = (observer.is_some(), interceptor.is_some());
        let has_handles = has_interceptor || has_observer;
        let task = this_task();
        CallContext {
            values: Values {
                deadline: deadline.map_or(Deadline::None, Deadline::At),
                outer: None,
                task,
                has_handles,
                has_observer,
                has_interceptor,
            },
            handles: Handles { observer, interceptor },
        }
    }

    /// No call inside may sleep past this deadline.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.values.deadline()
    }

    /// Receives the report of the next call.
    pub(crate) fn into_observer(self) -> Option<Observer> {
        self.handles.observer
    }

    /// The current context, with this interceptor.
    pub(crate) fn intercepted(interceptor: Arc<dyn Intercept>) -> Self {
        let current = CallContext::current().unwrap_or_else(|| CallContext::new(None, None));
        current.with_interceptor(interceptor)
    }

    /// The same context with this interceptor.
    pub(crate) fn with_interceptor(mut self, interceptor: Arc<dyn Intercept>) -> Self {
        self.handles.interceptor = Some(interceptor);
        self.values.has_handles = true;
        self.values.has_interceptor = true;
        self
    }

    pub(crate) fn is_intercepted(&self) -> bool {
        self.handles.interceptor.is_some()
    }

    /// The same context inside an attempt of this function.
    #[inline]
    pub(crate) fn with_outer(mut self, outer: Option<&'static Site>) -> Self {
        self.values.outer = outer;
        self
    }

    /// The current context; `None` when there is none.
    #[inline]
    pub(crate) fn current() -> Option<CallContext> {
        if is_present() { CallContext::read() } else { None }
    }

    /// The deadline of the current context, its function, and whether the report of the next call is wanted.
    pub(crate) fn current_values() -> Option<(Option<Moment>, Option<&'static Site>, bool)> {
        let values = CallContext::values_here()?;
        Some((values.deadline(), values.outer, values.has_observer))
    }

    /// The values of the current context, unless the context is that of another task.
    fn values_here() -> Option<Values> {
        let values = VALUES.get();
        let elsewhere = this_task().is_some_and(|task| values.task != Some(task));
        (!elsewhere).then_some(values)
    }

    /// A context with the current deadline and this observer.
    pub(crate) fn observed(observer: Option<Observer>) -> CallContext {
        let deadline = CallContext::current().and_then(|context| context.deadline());
        CallContext::new(deadline, observer)
    }

    #[cold]
    fn read() -> Option<CallContext> {
        let values = CallContext::values_here()?;
        let handles = if values.has_handles {
            HANDLES.try_with(|handles| handles.borrow().clone()).unwrap_or_default()
        } else {
            Handles::default()
        };
        Some(CallContext { values, handles })
    }

    /// Runs `work` in this context, and restores the previous one afterwards, even when `work` panics.
    pub(crate) fn scope<T>(self, work: impl FnOnce() -> T) -> T {
        let _leaves = Leaves(self.enter());
        work()
    }

    /// Makes this the current context until [`leave`] is called.
    pub(crate) fn enter(self) -> Entered {
        let CallContext { values, handles } = self;
        if !is_present() {
            enter_outermost(values);
            if values.has_handles {
                let _ = HANDLES.try_with(|now| now.replace(handles));
            }
            return Entered::Outermost;
        }
        let before = VALUES.replace(values);
        let handles = if values.has_handles {
            // On a thread that is ending the thread-locals may be gone: then the handles are not inherited.
            HANDLES.try_with(|now| now.replace(handles)).ok()
        } else {
            None
        };
        save(Saved { values: before, handles })
    }
}

/// On a thread that is ending, the previous context is not restored.
fn save(saved: Saved) -> Entered {
    match SAVED.try_with(|stack| stack.borrow_mut().push(saved)) {
        Ok(()) => Entered::Nested,
        Err(_) => Entered::Outermost,
    }
}

/// Enters the context of an attempt of this function, until [`leave`] is called.
#[inline]
pub(crate) fn enter(deadline: Option<Moment>, outer: Option<&'static Site>) -> Entered {
    let limit = deadline.map_or(Deadline::None, Deadline::At);
    let values = Values { deadline: limit, outer, task: this_task(), ..Values::NONE };
    if !is_present() {
        enter_outermost(values);
        return Entered::Outermost;
    }
    if has_interceptor() {
        return CallContext::new(deadline, None).with_outer(outer).enter();
    }
    save(Saved { values: VALUES.replace(values), handles: None })
}

#[inline(always)]
fn enter_outermost(values: Values) {
    VALUES.set(values);
    set_present(true);
}

/// Enters the context of the first attempt of this function, whose policy has limits, on a thread without a context.
#[inline(always)]
pub(crate) fn enter_limited(started: Instant, site: &'static Site) {
    let (deadline, outer) = (Deadline::Since(started), Some(site));
    enter_outermost(Values { deadline, outer, task: this_task(), ..Values::NONE });
}

/// The previous context, to be restored with [`leave`]. Contexts are left in the reverse of the order in which they were
/// entered.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(crate) enum Entered {
    /// There was no context before: the usual case, for which nothing is saved.
    Outermost,
    /// The previous context is on top of `SAVED`.
    Nested,
}

/// A context that is not current while another one inside it is.
struct Saved {
    values: Values,
    /// Set if the handles were replaced.
    handles: Option<Handles>,
}

/// Leaves the context of [`enter_limited`].
#[inline(always)]
pub(crate) fn leave_limited() {
    VALUES.set(Values::NONE);
    // A scope may have been opened meanwhile.
    set_present(THREAD_HAS_SCOPE.get());
}

/// Restores the previous context.
// Compiled once, and not into every annotated function.
#[inline(never)]
pub(crate) fn leave(entered: Entered) {
    match entered {
        Entered::Outermost => {
            if VALUES.replace(Values::NONE).has_handles {
                let _ = HANDLES.try_with(RefCell::take);
            }
            // A scope may have been opened meanwhile.
            set_present(THREAD_HAS_SCOPE.get());
        }
        Entered::Nested => restore(),
    }
}

/// An RAII guard that leaves a context.
struct Leaves(Entered);

impl Drop for Leaves {
    fn drop(&mut self) {
        leave(self.0);
    }
}

#[cold]
fn restore() {
    let saved = SAVED.try_with(|stack| stack.borrow_mut().pop());
    let Ok(Some(saved)) = saved else { return };
    VALUES.set(saved.values);
    if let Some(handles) = saved.handles {
        let _ = HANDLES.try_with(|now| now.replace(handles));
    }
    set_present(true);
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
