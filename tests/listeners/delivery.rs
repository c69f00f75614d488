//! Observers: the events they receive, and how their panics and their own calls are handled.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use retry_runtime::events;

use super::{Log, TestBreaker, breaker_of};

#[test]
fn an_observer_receives_events_until_its_guard_is_dropped() {
    let (breaker, (log, guard)) = (TestBreaker::new("told"), Log::of("told"));
    breaker.open();
    breaker.refuse();
    assert_eq!(
        log.take(),
        [
            "the circuit breaker `told` went from closed to open",
            "the circuit breaker `told` is open and refused an attempt",
        ]
    );
    drop(guard);
    breaker.refuse();
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_panic_of_one_observer_affects_neither_the_call_nor_other_observers_and_is_counted() {
    let breaker = TestBreaker::new("panics");
    let panicking = events::observe(|event| {
        if breaker_of(event) == Some("panics") {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    });
    let (log, _guard) = Log::of("panics");
    breaker.open();
    breaker.refuse();
    assert_eq!(log.take().len(), 2);
    assert_eq!(panicking.panics(), 2);
}

#[test]
fn a_panic_payload_that_panics_on_drop_does_not_affect_the_call() {
    struct Spiteful;
    impl Drop for Spiteful {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }
    let breaker = TestBreaker::new("spiteful");
    let guard = events::observe(|event| {
        if breaker_of(event) == Some("spiteful") {
            std::panic::resume_unwind(Box::new(Spiteful));
        }
    });
    breaker.open();
    assert_eq!(guard.panics(), 1);
}

#[test]
fn events_caused_by_an_observer_go_to_streams_but_not_to_observers() {
    static INNER: std::sync::LazyLock<TestBreaker> =
        std::sync::LazyLock::new(|| TestBreaker::new("inner"));
    let outer = TestBreaker::new("outer");
    let told = Arc::new(AtomicU32::new(0));
    let mut stream = events::stream(10_000);
    let _guard = events::observe({
        let told = Arc::clone(&told);
        move |event| match breaker_of(event) {
            Some("outer") => INNER.open(),
            Some("inner") => drop(told.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
    });
    outer.open();
    assert_eq!(told.load(Ordering::Relaxed), 0);
    let mut seen = Vec::new();
    while let Some(event) = stream.try_recv() {
        seen.extend(
            breaker_of(&event).filter(|name| ["outer", "inner"].contains(name)).map(str::to_owned),
        );
    }
    seen.sort();
    assert_eq!(seen, ["inner", "outer"]);
}

#[test]
fn an_observer_may_attach_another_one_and_detach_itself() {
    let breaker = TestBreaker::new("reentrant");
    let guards = Arc::new(Mutex::new(Vec::new()));
    let attached = Arc::new(AtomicBool::new(false));
    let guard = events::observe({
        let (guards, attached) = (Arc::clone(&guards), Arc::clone(&attached));
        move |event| {
            if breaker_of(event) != Some("reentrant") {
                return;
            }
            let own = guards.lock().unwrap().pop();
            drop(own);
            let attached = Arc::clone(&attached);
            let other = events::observe(move |event| {
                attached.fetch_or(breaker_of(event) == Some("reentrant"), Ordering::Relaxed);
            });
            guards.lock().unwrap().push(other);
        }
    });
    guards.lock().unwrap().push(guard);
    breaker.open();
    assert!(!attached.load(Ordering::Relaxed), "attached while the event was being delivered");
    breaker.refuse();
    assert!(attached.load(Ordering::Relaxed));
    guards.lock().unwrap().clear();
}
