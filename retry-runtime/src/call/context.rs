//! What a call hands down to the calls inside it: the smaller deadline, and who observes.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};

use super::intercept::Intercept;
use crate::base::clock::Moment;
use crate::base::counters;
use crate::report::record::Report;
use crate::site::Site;

/// Where the report of an observed call goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observer(Arc<Mutex<Option<Report>>>);

impl Observer {
    pub(crate) fn publish(&self, report: Report) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    }

    pub(crate) fn take(&self) -> Option<Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What holds for the code that runs right now on this thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ambient {
    plain: Plain,
    /// Wants the report of the next call.
    pub(crate) observer: Option<Observer>,
    /// The interceptor of the calls, where it is not that of the thread.
    interceptor: Option<Arc<dyn Intercept>>,
}

/// The part of it that is copied: as a rule all of it.
#[derive(Clone, Copy, Debug, Default)]
struct Plain {
    /// No call inside may sleep past it.
    deadline: Option<Moment>,
    /// The function in whose attempt this is, when that one is timed or not the first.
    outer: Option<&'static Site>,
    /// The task that it was made in: one that is polled inside, by a runtime that the work blocks on, is
    /// none of the work's business.
    task: Option<Task>,
    /// Whether there is more to it: what stands in `SHARED`.
    shares: bool,
}

impl Plain {
    const NOTHING: Plain = Plain { deadline: None, outer: None, task: None, shares: false };
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

/// What is counted by reference.
#[derive(Clone, Debug, Default)]
struct Shared {
    observer: Option<Observer>,
    interceptor: Option<Arc<dyn Intercept>>,
}

thread_local! {
    // Without a destructor, so that a later attempt without observer and interceptor costs a few moves.
    static PLAIN: Cell<Plain> = const { Cell::new(Plain::NOTHING) };
    static SHARED: RefCell<Shared> = RefCell::default();
    static BEFORE: RefCell<Vec<Before>> = const { RefCell::new(Vec::new()) };
    /// The interceptor of everything that runs on this thread.
    static THREAD: RefCell<Option<Arc<dyn Intercept>>> = const { RefCell::new(None) };
    static THREAD_HAS_SCOPE: Cell<bool> = const { Cell::new(false) };
}

/// The interceptor of the scope here, if there is one.
pub(crate) fn interceptor() -> Option<Arc<dyn Intercept>> {
    if !is_present() {
        return None;
    }
    let own = SHARED.try_with(|shared| shared.borrow().interceptor.clone()).ok().flatten();
    own.or_else(|| THREAD.try_with(|thread| thread.borrow().clone()).ok().flatten())
}

/// Opens or closes the scope of this thread.
pub(crate) fn set_thread_interceptor(interceptor: Option<Arc<dyn Intercept>>) {
    let plain = PLAIN.get();
    let ambient = plain.shares || plain.deadline.is_some() || plain.outer.is_some();
    THREAD_HAS_SCOPE.set(interceptor.is_some());
    set_present(ambient || interceptor.is_some());
    let _ = THREAD.try_with(|thread| thread.replace(interceptor));
}

/// Whether anything holds here: the thread's gate is closed as long as something does.
#[inline(always)]
pub(crate) fn is_present() -> bool {
    !counters::is_open()
}

#[inline(always)]
fn set_present(present: bool) {
    counters::set_open(!present);
}

impl Ambient {
    /// What holds for the calls of this task.
    #[inline]
    pub(crate) fn new(deadline: Option<Moment>, observer: Option<Observer>) -> Self {
        let interceptor = interceptor();
        let shares = interceptor.is_some() || observer.is_some();
        Ambient {
            plain: Plain { deadline, outer: None, task: this_task(), shares },
            observer,
            interceptor,
        }
    }

    /// No call inside may sleep past it.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.plain.deadline
    }

    /// The function in whose attempt this is, when that one is timed or not the first.
    pub(crate) fn outer(&self) -> Option<&'static Site> {
        self.plain.outer
    }

    /// What holds here, inside the scope of this interceptor.
    pub(crate) fn intercepted(interceptor: Arc<dyn Intercept>) -> Self {
        Ambient::current().unwrap_or_else(|| Ambient::new(None, None)).within(interceptor)
    }

    /// Inside the scope of this interceptor.
    pub(crate) fn within(mut self, interceptor: Arc<dyn Intercept>) -> Self {
        self.interceptor = Some(interceptor);
        self.plain.shares = true;
        self
    }

    /// Whether there is an interceptor.
    pub(crate) fn is_intercepted(&self) -> bool {
        self.interceptor.is_some()
    }

    /// Inside of an attempt of this function.
    #[inline]
    pub(crate) fn inside(mut self, outer: Option<&'static Site>) -> Self {
        self.plain.outer = outer;
        self
    }

    /// What holds here; `None` when nothing does.
    #[inline]
    pub(crate) fn current() -> Option<Ambient> {
        if is_present() { Ambient::look() } else { None }
    }

    #[cold]
    fn look() -> Option<Ambient> {
        let plain = PLAIN.get();
        let elsewhere = this_task().is_some_and(|task| plain.task != Some(task));
        if elsewhere {
            return None;
        }
        let shared = if plain.shares {
            SHARED.try_with(|shared| shared.borrow().clone()).unwrap_or_default()
        } else {
            Shared::default()
        };
        Some(Ambient { plain, observer: shared.observer, interceptor: shared.interceptor })
    }

    /// Runs `work` under this ambient, and puts back what held before, also when `work` panics.
    pub(crate) fn scope<T>(self, work: impl FnOnce() -> T) -> T {
        let _inside = self.enter();
        work()
    }

    /// Lets this ambient hold until the guard is dropped.
    pub(crate) fn enter(self) -> Inside {
        let Ambient { plain, .. } = self;
        let before = PLAIN.replace(plain);
        let shared = if plain.shares || before.shares { self.share() } else { None };
        let before = Before { plain: before, shared, present: is_present() };
        set_present(true);
        // A thread that is ending may have lost its locals: then nothing is put back.
        match BEFORE.try_with(|stack| stack.borrow_mut().push(before)) {
            Ok(()) => Inside::Another,
            Err(_) => Inside::Nothing,
        }
    }

    /// What was shared before; `None` on a thread that is ending and has lost its locals: then it is not
    /// handed down.
    fn share(self) -> Option<Shared> {
        let shared = Shared { observer: self.observer, interceptor: self.interceptor };
        SHARED.try_with(|now| now.replace(shared)).ok()
    }
}

/// Lets hold what an attempt of this function hands down, until the guard is dropped.
#[inline]
pub(crate) fn enter(deadline: Option<Moment>, outer: Option<&'static Site>) -> Inside {
    if is_present() {
        return Ambient::new(deadline, None).inside(outer).enter();
    }
    PLAIN.set(Plain { deadline, outer, task: this_task(), shares: false });
    set_present(true);
    Inside::Nothing
}

/// Puts back what held before, when it is dropped. Guards are dropped in the opposite of their order.
#[must_use]
pub(crate) enum Inside {
    /// Nothing held: the usual case, for which nothing is kept.
    Nothing,
    /// It is on top of `BEFORE`.
    Another,
}

/// What held before, while something else does.
struct Before {
    plain: Plain,
    /// Set when it was replaced.
    shared: Option<Shared>,
    present: bool,
}

impl Drop for Inside {
    // Once for all functions, and not once in each.
    #[inline(never)]
    fn drop(&mut self) {
        match self {
            Inside::Nothing => {
                PLAIN.set(Plain::NOTHING);
                // A scope may have been opened in between.
                set_present(THREAD_HAS_SCOPE.get());
            }
            Inside::Another => put_back(),
        }
    }
}

#[cold]
fn put_back() {
    let before = BEFORE.try_with(|stack| stack.borrow_mut().pop());
    let Ok(Some(before)) = before else { return };
    PLAIN.set(before.plain);
    if let Some(shared) = before.shared {
        let _ = SHARED.try_with(|now| now.replace(shared));
    }
    set_present(before.present || THREAD_HAS_SCOPE.get());
}

#[cfg(test)]
mod tests {
    use std::panic;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_held_before_holds_again_after_each_guard_also_when_the_work_panics() {
        let moment = |seconds| Moment::now().checked_add(Duration::from_secs(seconds));
        let deadline = || Ambient::current().and_then(|ambient| ambient.deadline());
        let (outer, inner) = (moment(7), moment(3));
        assert!(Ambient::current().is_none());
        let work = || {
            let _outer = enter(outer, None);
            assert_eq!(deadline(), outer);
            let _ = panic::catch_unwind(|| Ambient::new(inner, None).scope(|| panic!("expected")));
            assert_eq!(deadline(), outer);
            let observer = Observer::default();
            Ambient::new(inner, Some(observer)).scope(|| {
                assert!(Ambient::current().is_some_and(|ambient| ambient.observer.is_some()));
                let _inside = enter(None, None);
                assert!(Ambient::current().is_some_and(|ambient| ambient.observer.is_none()));
            });
            assert_eq!(deadline(), outer);
            assert!(Ambient::current().is_some_and(|ambient| ambient.observer.is_none()));
        };
        work();
        assert!(Ambient::current().is_none());
    }
}
