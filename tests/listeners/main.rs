//! Events, metrics and progress: who is told what, and that nobody who listens can hold up or fail a call.
//!
//! Whoever listens hears all calls of the process, and changes what they cost: a binary of its own.

mod calls;
mod delivery;
mod metrics;
mod progress;
mod streams;
mod traced;
mod warned;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::events::{self, Event, ObserverGuard};

/// Taken by a test that makes so many events that another one's queue would overflow, and by that one.
static QUIET: Mutex<()> = Mutex::new(());

fn quiet() -> MutexGuard<'static, ()> {
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A breaker that opens and closes by hand, to have something happen: two events each time.
struct Bell(Breaker);

impl Bell {
    fn new(name: &'static str) -> Self {
        Bell(Breaker::new(name, BreakerSettings::new().consecutive(1)))
    }

    /// Opens the breaker.
    fn ring(&self) {
        self.0.permit().unwrap().failure();
    }

    /// Has the open breaker refuse a call.
    fn knock(&self) {
        assert!(self.0.permit().is_err());
    }
}

/// The name of the breaker that the event is about.
fn breaker(event: &Event) -> Option<&str> {
    match event {
        Event::BreakerTransition(event) => Some(&event.breaker),
        Event::BreakerRejected(event) => Some(&event.breaker),
        _ => None,
    }
}

/// The texts of the events of one breaker, as far as they have come.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Listens to one breaker: tests run in parallel, and everybody hears everything.
    fn of(name: &'static str) -> (Log, ObserverGuard) {
        let log = Log::default();
        let kept = log.clone();
        let guard = events::observe(move |event| {
            if breaker(event) == Some(name) {
                kept.0.lock().unwrap().push(event.to_string());
            }
        });
        (log, guard)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
