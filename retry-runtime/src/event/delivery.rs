//! Who listens, and how an event reaches them.
//!
//! Nobody who listens can hold up a call or fail it: observers are called outside of any lock and their
//! panics end here, streams drop what does not fit. What happens inside of an observer, because it makes
//! calls of its own, is not told to observers again: it would never end.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use super::kind::EventKind;
use super::queue::Queue;
use super::trace;
use super::vocabulary::Event;
use super::warnings::observer_panicked;
use crate::base::sync::unpoisoned;

/// Whether anybody listens: the events of a call that succeeds at once are made only then.
#[inline(always)]
pub(crate) fn wanted() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// Whether an event of this kind would reach anybody, `tracing` included: the question to ask before
/// texts are made for it.
#[inline]
pub(crate) fn hears(kind: EventKind) -> bool {
    ATTACHED.load(Ordering::Relaxed) || trace::hears(kind)
}

/// Whether there is anybody at all who could hear an event, `tracing` included.
#[inline]
pub(crate) fn is_heard() -> bool {
    ATTACHED.load(Ordering::Relaxed) || trace::is_on()
}

/// Tells an event to everybody who listens. The caller holds no lock.
#[cold]
pub(crate) fn emit(event: &Event) {
    if trace::is_on() {
        enter(TRACING, || trace::say(event));
    }
    let listeners = unpoisoned(LISTENERS.read()).clone();
    let Some(listeners) = listeners else { return };
    let routine = event.is_routine();
    for listener in listeners.iter().filter(|listener| !routine || listener.routine) {
        match &listener.to {
            To::Stream(queue) => queue.push(event),
            To::Observer(observer) => enter(OBSERVERS, || observer.tell(event)),
            To::Tracing(_) => {}
        }
    }
}

/// The number of a call in its events.
pub(crate) fn next_call() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Whether somebody is attached who wants all events.
static WANTED: AtomicBool = AtomicBool::new(false);
/// Whether anybody is attached.
static ATTACHED: AtomicBool = AtomicBool::new(false);
static LISTENERS: RwLock<Option<Arc<[Listener]>>> = RwLock::new(None);
static CHANGED: OnceLock<fn()> = OnceLock::new();

/// Has `changed` called whenever the value of [`wanted`] changes. The first one that is set stays; it must neither attach nor detach.
pub(crate) fn on_change(changed: fn()) {
    // All callers pass the same function.
    let _ = CHANGED.set(changed);
}

/// One that listens.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) to: To,
    /// Whether it wants the events of calls that succeed at once, too.
    pub(crate) routine: bool,
}

#[derive(Clone)]
pub(crate) enum To {
    Observer(Arc<Observer>),
    Stream(Arc<Queue>),
    /// Nobody but `tracing`, which is told anyway: for the events of calls that succeed at once.
    Tracing(Arc<()>),
}

impl To {
    fn is(&self, other: &To) -> bool {
        match (self, other) {
            (To::Observer(this), To::Observer(that)) => Arc::ptr_eq(this, that),
            (To::Stream(this), To::Stream(that)) => Arc::ptr_eq(this, that),
            (To::Tracing(this), To::Tracing(that)) => Arc::ptr_eq(this, that),
            _ => false,
        }
    }
}

pub(crate) fn attach(listener: Listener) {
    change(|listeners| listeners.push(listener));
}

pub(crate) fn detach(to: &To) {
    change(|listeners| listeners.retain(|listener| !listener.to.is(to)));
}

fn change(edit: impl FnOnce(&mut Vec<Listener>)) {
    let mut guard = unpoisoned(LISTENERS.write());
    let mut listeners = guard.as_deref().map_or_else(Vec::new, <[Listener]>::to_vec);
    edit(&mut listeners);
    let (wanted, attached) =
        (listeners.iter().any(|listener| listener.routine), !listeners.is_empty());
    let before = std::mem::replace(&mut *guard, attached.then(|| listeners.into()));
    ATTACHED.store(attached, Ordering::Relaxed);
    if WANTED.swap(wanted, Ordering::Relaxed) != wanted {
        // Under the lock, so that the last change is also the last that is told.
        if let Some(changed) = CHANGED.get() {
            changed();
        }
    }
    drop(guard);
    // What a listener drops with itself may be anything: not under the lock.
    drop(before);
}

/// A function that is told every event.
pub(crate) struct Observer {
    tell: Box<dyn Fn(&Event) + Send + Sync>,
    panics: AtomicU64,
}

impl Observer {
    pub(crate) fn new(tell: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Observer { tell: Box::new(tell), panics: AtomicU64::new(0) }
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn tell(&self, event: &Event) {
        let told = panic::catch_unwind(AssertUnwindSafe(|| (self.tell)(event)));
        let Err(payload) = told else { return };
        if self.panics.fetch_add(1, Ordering::Relaxed) == 0 {
            observer_panicked(event.name());
        }
        // A payload may panic in its own drop; what that panics with is better never dropped.
        if let Err(worse) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(worse);
        }
    }
}

const TRACING: u8 = 1;
const OBSERVERS: u8 = 2;

thread_local! {
    /// Whom this thread is telling something right now.
    static INSIDE: Cell<u8> = const { Cell::new(0) };
}

/// Runs `tell` unless this thread is inside of one of the same sort.
fn enter(sort: u8, tell: impl FnOnce()) {
    // A thread that is ending may have lost its locals: then nothing is told.
    let Ok(before) = INSIDE.try_with(Cell::get) else { return };
    if before & sort != 0 {
        return;
    }
    let _leave = Leave(before);
    INSIDE.set(before | sort);
    tell();
}

struct Leave(u8);

impl Drop for Leave {
    fn drop(&mut self) {
        let _ = INSIDE.try_with(|inside| inside.set(self.0));
    }
}
