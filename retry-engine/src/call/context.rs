//! The thread-local context of the running call: the deadline, observer and interceptor that the calls inside inherit.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};

use super::intercept::Intercept;
use crate::base::clock::Moment;
use crate::base::counters;
use crate::base::sync::unpoisoned;
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
    deadline: Option<Moment>,
    /// The function whose attempt is running, if it is timed or not the first attempt.
    outer: Option<&'static Site>,
    /// The task in which the context was entered. Another task that a nested runtime polls inside it does not inherit
    /// the context.
    task: Option<Task>,
    /// Whether `HANDLES` belongs to this context.
    has_handles: bool,
}

impl Values {
    const NONE: Values = Values { deadline: None, outer: None, task: None, has_handles: false };
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
    let own = HANDLES.try_with(|handles| handles.borrow().interceptor.clone()).ok().flatten();
    own.or_else(|| THREAD.try_with(|thread| thread.borrow().clone()).ok().flatten())
}

/// Opens or closes the scope of this thread.
pub(crate) fn set_thread_interceptor(interceptor: Option<Arc<dyn Intercept>>) {
    let values = VALUES.get();
    let has_context = values.has_handles || values.deadline.is_some() || values.outer.is_some();
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
        let has_handles = interceptor.is_some() || observer.is_some();
        CallContext {
            values: Values { deadline, outer: None, task: this_task(), has_handles },
            handles: Handles { observer, interceptor },
        }
    }

    /// No call inside may sleep past this deadline.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.values.deadline
    }

    /// The function whose attempt is running, if it is timed or not the first attempt.
    pub(crate) fn outer(&self) -> Option<&'static Site> {
        self.values.outer
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

    /// A context with the current deadline and this observer.
    pub(crate) fn observed(observer: Option<Observer>) -> CallContext {
        let deadline = CallContext::current().and_then(|context| context.deadline());
        CallContext::new(deadline, observer)
    }

    #[cold]
    fn read() -> Option<CallContext> {
        let values = VALUES.get();
        let elsewhere = this_task().is_some_and(|task| values.task != Some(task));
        if elsewhere {
            return None;
        }
        let handles = if values.has_handles {
            HANDLES.try_with(|handles| handles.borrow().clone()).unwrap_or_default()
        } else {
            Handles::default()
        };
        Some(CallContext { values, handles })
    }

    /// Runs `work` in this context, and restores the previous one afterwards, even when `work` panics.
    pub(crate) fn scope<T>(self, work: impl FnOnce() -> T) -> T {
        let _guard = self.enter();
        work()
    }

    /// Makes this the current context until the guard is dropped.
    pub(crate) fn enter(self) -> ContextGuard {
        let CallContext { values, handles } = self;
        let before = VALUES.replace(values);
        let handles = if values.has_handles || before.has_handles {
            // On a thread that is ending the thread-locals may be gone: then the handles are not inherited.
            HANDLES.try_with(|now| now.replace(handles)).ok()
        } else {
            None
        };
        let saved = Saved { values: before, handles, present: is_present() };
        set_present(true);
        // There the previous context is not restored, either.
        match SAVED.try_with(|stack| stack.borrow_mut().push(saved)) {
            Ok(()) => ContextGuard::Nested,
            Err(_) => ContextGuard::Outermost,
        }
    }
}

/// Enters the context of an attempt of this function, until the guard is dropped.
#[inline]
pub(crate) fn enter(deadline: Option<Moment>, outer: Option<&'static Site>) -> ContextGuard {
    if is_present() {
        return CallContext::new(deadline, None).with_outer(outer).enter();
    }
    VALUES.set(Values { deadline, outer, task: this_task(), has_handles: false });
    set_present(true);
    ContextGuard::Outermost
}

/// An RAII guard that restores the previous context. Guards are dropped in the reverse of their order.
#[must_use]
pub(crate) enum ContextGuard {
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
    present: bool,
}

impl Drop for ContextGuard {
    // Compiled once, and not into every annotated function.
    #[inline(never)]
    fn drop(&mut self) {
        match self {
            ContextGuard::Outermost => {
                VALUES.set(Values::NONE);
                // A scope may have been opened meanwhile.
                set_present(THREAD_HAS_SCOPE.get());
            }
            ContextGuard::Nested => restore(),
        }
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
    set_present(saved.present || THREAD_HAS_SCOPE.get());
}

#[cfg(test)]
mod tests {
    use std::panic;
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_guard_restores_the_previous_context_also_when_the_work_panics() {
        let moment = |seconds| Moment::now().checked_add(Duration::from_secs(seconds));
        let deadline = || CallContext::current().and_then(|context| context.deadline());
        let observer = || CallContext::current().expect("a context").into_observer();
        let (outer, inner) = (moment(7), moment(3));
        assert!(CallContext::current().is_none());
        let work = || {
            let _outer = enter(outer, None);
            assert_eq!(deadline(), outer);
            let _ =
                panic::catch_unwind(|| CallContext::new(inner, None).scope(|| panic!("expected")));
            assert_eq!(deadline(), outer);
            CallContext::new(inner, Some(Observer::default())).scope(|| {
                assert!(observer().is_some());
                let _inside = enter(None, None);
                assert!(observer().is_none());
            });
            assert_eq!(deadline(), outer);
            assert!(observer().is_none());
        };
        work();
        assert!(CallContext::current().is_none());
    }
}
