//! What a call hands down to the calls inside it: the smaller deadline, and who observes.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Moment;
#[cfg(feature = "testing")]
use crate::testing::Within;
use crate::{Report, Site, tally};

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
    /// No call inside may sleep past it.
    pub(crate) deadline: Option<Moment>,
    /// Wants the report of the next call.
    pub(crate) observer: Option<Observer>,
    /// The function in whose attempt this is, when that one is timed or not the first.
    pub(crate) outer: Option<&'static Site>,
    /// The testing scope that the calls belong to, where it is not that of the thread.
    #[cfg(feature = "testing")]
    pub(crate) within: Option<Within>,
    /// The task that it was made in: one that is polled inside, by a runtime that the work blocks on, is
    /// none of the work's business.
    task: Option<Task>,
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
    /// Whether `AMBIENT` says anything: all that a call looks at when it does not.
    static PRESENT: Cell<bool> = const { Cell::new(false) };
    static AMBIENT: RefCell<Ambient> = RefCell::default();
}

#[cfg(feature = "testing")]
thread_local! {
    /// The testing scope that was opened on this thread, and holds for all that runs on it.
    static THREAD: RefCell<Option<Within>> = const { RefCell::new(None) };
}

/// The testing scope that holds here.
#[cfg(feature = "testing")]
pub(crate) fn within() -> Option<Within> {
    if !is_present() {
        return None;
    }
    let own = AMBIENT.try_with(|ambient| ambient.borrow().within.clone()).ok().flatten();
    own.or_else(|| THREAD.try_with(|within| within.borrow().clone()).ok().flatten())
}

/// Sets the testing scope of this thread.
#[cfg(feature = "testing")]
pub(crate) fn set_thread_scope(within: Option<Within>) {
    let ambient = AMBIENT.try_with(|ambient| ambient.borrow().says_anything()).unwrap_or(false);
    let present = ambient || within.is_some();
    PRESENT.set(present);
    tally::set_open(!present);
    let _ = THREAD.try_with(|thread| thread.replace(within));
}

#[cfg(feature = "testing")]
fn thread_has_scope() -> bool {
    THREAD.try_with(|within| within.borrow().is_some()).unwrap_or(false)
}

#[cfg(not(feature = "testing"))]
fn thread_has_scope() -> bool {
    false
}

/// Whether anything holds here: one look at a flag.
#[inline(always)]
pub(crate) fn is_present() -> bool {
    PRESENT.get()
}

impl Ambient {
    /// What holds for the calls of this task.
    pub(crate) fn new(deadline: Option<Moment>, observer: Option<Observer>) -> Self {
        Ambient {
            deadline,
            observer,
            outer: None,
            #[cfg(feature = "testing")]
            within: within(),
            task: this_task(),
        }
    }

    #[cfg(feature = "testing")]
    fn says_anything(&self) -> bool {
        let Ambient { deadline, observer, outer, within, task: _ } = self;
        deadline.is_some() || observer.is_some() || outer.is_some() || within.is_some()
    }

    /// Inside of this testing scope.
    #[cfg(feature = "testing")]
    pub(crate) fn tested(mut self, within: Within) -> Self {
        self.within = Some(within);
        self
    }

    /// Inside of an attempt of this function.
    pub(crate) fn inside(mut self, outer: Option<&'static Site>) -> Self {
        self.outer = outer;
        self
    }

    /// What holds here; `None` when nothing does.
    pub(crate) fn current() -> Option<Ambient> {
        if !is_present() {
            return None;
        }
        let ambient = AMBIENT.try_with(|ambient| ambient.borrow().clone()).ok()?;
        let elsewhere = this_task().is_some_and(|task| ambient.task != Some(task));
        (!elsewhere).then_some(ambient)
    }

    /// Runs `work` under this ambient, and puts back what held before, also when `work` panics.
    pub(crate) fn scope<T>(self, work: impl FnOnce() -> T) -> T {
        let _restore = self.enter();
        work()
    }

    /// Holds until what is returned is dropped, which puts back what held before.
    pub(crate) fn enter(self) -> Option<Restore> {
        // A thread that is ending may have lost its locals: then nothing is handed down.
        let before = AMBIENT.try_with(|ambient| ambient.replace(self)).ok()?;
        let restore = Restore { before, present: PRESENT.replace(true) };
        tally::set_open(false);
        Some(restore)
    }
}

/// Puts back what held before, when it is dropped.
pub(crate) struct Restore {
    before: Ambient,
    present: bool,
}

impl Drop for Restore {
    fn drop(&mut self) {
        let before = std::mem::take(&mut self.before);
        let _ = AMBIENT.try_with(|ambient| ambient.replace(before));
        let present = self.present || thread_has_scope();
        PRESENT.set(present);
        tally::set_open(!present);
    }
}
