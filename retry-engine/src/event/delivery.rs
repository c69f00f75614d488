//! The list of listeners, and the delivery of events to them.
//!
//! No listener can block a call or make it fail: observers run outside all locks, their panics end at the
//! [border](crate::base::border), and a full stream drops its oldest event. Calls that an observer makes are not reported
//! to observers, because that would recurse without end; likewise for `tracing`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use super::queue::Queue;
use super::rate::Rates;
use super::trace;
use super::vocabulary::{Event, EventKind};
use super::warnings::observer_panicked;
use crate::base::border::{Foreign, contained_once, is_inside};
use crate::base::sync::unpoisoned;

/// Whether a listener wants [routine events](Event::is_routine) too; they exist only then.
#[inline(always)]
pub(crate) fn wants_routine() -> bool {
    WANTED.load(Ordering::Relaxed)
}

/// Whether an event of this kind has a listener, `tracing` included. Ask before formatting texts for the event.
#[inline]
pub(crate) fn has_listener(kind: EventKind) -> bool {
    ATTACHED.load(Ordering::Relaxed) || trace::is_enabled(kind)
}

/// Whether somebody wants a span around the first attempt of each call.
pub(crate) fn wants_first_span() -> bool {
    SPANS.load(Ordering::Relaxed)
}

/// Whether any event has a listener, `tracing` included.
#[inline]
pub(crate) fn has_any_listener() -> bool {
    ATTACHED.load(Ordering::Relaxed) || trace::is_on()
}

/// Delivers an event that belongs to no function. The caller must not hold a lock.
#[cold]
pub(crate) fn emit(event: &Event) {
    static RATES: Rates = Rates::new();
    emit_limited(event, &RATES);
}

/// Delivers an event to all listeners, and to `tracing` unless these rates forbid that. Returns whether the event is the
/// first one that `tracing` did not get, and that is to be told later. The caller must not hold a lock.
#[cold]
pub(crate) fn emit_limited(event: &Event, rates: &Rates) -> bool {
    let is_untold = trace::emit(event, rates);
    if ATTACHED.load(Ordering::Relaxed) {
        deliver(event);
    }
    is_untold
}

fn deliver(event: &Event) {
    let listeners = unpoisoned(LISTENERS.read()).clone();
    let Some(listeners) = listeners else { return };
    let routine = event.is_routine();
    for listener in listeners.iter().filter(|listener| !routine || listener.routine) {
        match &listener.to {
            To::Stream(queue) => queue.push(event),
            To::Observer(observer) => observer.call(event),
            To::Tracing(_) | To::Spans(_) => {}
        }
    }
}

/// Tells `tracing` how many events of a function it did not get in seconds that are over. Returns whether there were any.
#[cold]
pub(crate) fn tell_left_out(site: &'static str, rates: &Rates) -> bool {
    trace::tell_left_out(site, rates)
}

/// A new number for the events of a call.
pub(crate) fn next_call() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Whether a listener that wants routine events is attached.
static WANTED: AtomicBool = AtomicBool::new(false);
/// Whether any listener is attached.
static ATTACHED: AtomicBool = AtomicBool::new(false);
/// Whether a listener wants spans of first attempts.
static SPANS: AtomicBool = AtomicBool::new(false);
static LISTENERS: RwLock<Option<Arc<[Listener]>>> = RwLock::new(None);
static CHANGED: OnceLock<fn()> = OnceLock::new();

/// Calls `changed` whenever the value of [`wants_routine`] changes. Only the first function that is set is called;
/// it must not attach or detach listeners.
pub(crate) fn on_change(changed: fn()) {
    // All callers pass the same function, so a second call changes nothing.
    let _ = CHANGED.set(changed);
}

/// A listener and the events that it wants.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) to: To,
    /// Whether the listener wants [routine events](Event::is_routine) too.
    pub(crate) routine: bool,
}

#[derive(Clone)]
pub(crate) enum To {
    Observer(Arc<Observer>),
    Stream(Arc<Queue>),
    /// `tracing`, which gets all other events anyway: this listener makes routine events exist.
    Tracing(Arc<()>),
    /// Spans of `tracing` around first attempts: routine events exist, so that such an attempt is seen.
    Spans(Arc<()>),
}

impl To {
    #[inline]
    fn is(&self, other: &To) -> bool {
        match (self, other) {
            (To::Observer(this), To::Observer(that)) => Arc::ptr_eq(this, that),
            (To::Stream(this), To::Stream(that)) => Arc::ptr_eq(this, that),
            (To::Tracing(this), To::Tracing(that)) | (To::Spans(this), To::Spans(that)) => {
                Arc::ptr_eq(this, that)
            }
            _ => false,
        }
    }
}

#[inline]
pub(crate) fn attach(listener: Listener) {
    change(|listeners| listeners.push(listener));
}

#[inline]
pub(crate) fn detach(to: &To) {
    change(|listeners| listeners.retain(|listener| !listener.to.is(to)));
}

fn change(edit: impl FnOnce(&mut Vec<Listener>)) {
    let mut guard = unpoisoned(LISTENERS.write());
    let mut listeners = guard.as_deref().map_or_else(Vec::new, <[Listener]>::to_vec);
    edit(&mut listeners);
    let (wanted, attached) =
        (listeners.iter().any(|listener| listener.routine), !listeners.is_empty());
    let spans = listeners.iter().any(|listener| matches!(listener.to, To::Spans(_)));
    let before = std::mem::replace(&mut *guard, attached.then(|| listeners.into()));
    ATTACHED.store(attached, Ordering::Relaxed);
    SPANS.store(spans, Ordering::Relaxed);
    if WANTED.swap(wanted, Ordering::Relaxed) != wanted {
        // Under the lock, so that `changed` runs in the order of the changes.
        if let Some(changed) = CHANGED.get() {
            changed();
        }
    }
    drop(guard);
    // Dropping an observer drops values of the user's: not under the lock.
    drop(before);
}

/// A function that is called with every event.
pub(crate) struct Observer {
    function: Box<dyn Fn(&Event) + Send + Sync>,
    panics: AtomicU64,
}

impl Observer {
    pub(crate) fn new(function: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Observer { function: Box::new(function), panics: AtomicU64::new(0) }
    }

    #[inline]
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    fn call(&self, event: &Event) {
        if is_inside(Foreign::Observer) {
            return;
        }
        let called = contained_once(Foreign::Observer, || (self.function)(event));
        if called.is_none() && self.panics.fetch_add(1, Ordering::Relaxed) == 0 {
            observer_panicked(event.name());
        }
    }
}
