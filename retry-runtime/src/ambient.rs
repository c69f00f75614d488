//! What a call hands down to the calls inside it: the smaller deadline, and who observes.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Report;
use crate::clock::Moment;

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
}

thread_local! {
    /// Whether `AMBIENT` says anything: all that a call looks at when it does not.
    static PRESENT: Cell<bool> = const { Cell::new(false) };
    static AMBIENT: RefCell<Ambient> = RefCell::default();
}

/// Whether anything holds here: one look at a flag.
#[inline(always)]
pub(crate) fn is_present() -> bool {
    PRESENT.get()
}

impl Ambient {
    /// What holds here; `None` when nothing does.
    pub(crate) fn current() -> Option<Ambient> {
        is_present().then(|| AMBIENT.with_borrow(Ambient::clone))
    }

    /// Runs `work` under this ambient, and puts back what held before, also when `work` panics.
    pub(crate) fn scope<T>(self, work: impl FnOnce() -> T) -> T {
        let _restore = Restore { before: AMBIENT.replace(self), present: PRESENT.replace(true) };
        work()
    }
}

struct Restore {
    before: Ambient,
    present: bool,
}

impl Drop for Restore {
    fn drop(&mut self) {
        AMBIENT.set(std::mem::take(&mut self.before));
        PRESENT.set(self.present);
    }
}
