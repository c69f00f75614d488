//! Events, metrics and progress: who receives what, and that no listener can delay or fail a call.
//!
//! Listeners receive the events of every call in the process and change the cost of a call, so these tests have
//! their own binary.

mod calls;
mod capture;
mod delivery;
mod metrics;
mod progress;
mod storm;
mod streams;
mod traced;
mod warned;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::events::{self, Event, ObserverGuard};

/// A lock for tests that emit many events and for tests whose queue those events would overflow.
static QUIET: Mutex<()> = Mutex::new(());

fn quiet() -> MutexGuard<'static, ()> {
    QUIET.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A breaker that a test drives directly to emit events.
struct TestBreaker(Breaker);

impl TestBreaker {
    fn new(name: &'static str) -> Self {
        TestBreaker(Breaker::new(name, BreakerSettings::new().consecutive(1)))
    }

    /// Opens the breaker.
    fn open(&self) {
        self.0.permit().unwrap().failure();
    }

    /// Makes the open breaker refuse a call.
    fn refuse(&self) {
        assert!(self.0.permit().is_err());
    }
}

/// The name of the event's breaker.
fn breaker_of(event: &Event) -> Option<&str> {
    match event {
        Event::BreakerTransition(event) => Some(&event.breaker),
        Event::BreakerRejected(event) => Some(&event.breaker),
        _ => None,
    }
}

/// Collects the texts of the events of one breaker.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Listens to one breaker only: tests run in parallel, and an observer receives the events of all of them.
    fn of(name: &'static str) -> (Log, ObserverGuard) {
        let log = Log::default();
        let kept = log.clone();
        let guard = events::observe(move |event| {
            if breaker_of(event) == Some(name) {
                kept.0.lock().unwrap().push(event.to_string());
            }
        });
        (log, guard)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
