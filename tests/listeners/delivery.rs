//! Observers: what they are told, and what becomes of their panics and of their own calls.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use retry_runtime::events;

use super::{Bell, Log, breaker};

#[test]
fn an_observer_is_told_until_its_guard_is_dropped() {
    let (bell, (log, guard)) = (Bell::new("told"), Log::of("told"));
    bell.ring();
    bell.knock();
    assert_eq!(
        log.take(),
        [
            "the circuit breaker `told` went from closed to open",
            "the circuit breaker `told` is open and refused an attempt",
        ]
    );
    drop(guard);
    bell.knock();
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_panic_of_one_observer_reaches_neither_the_call_nor_the_others_and_is_counted() {
    let bell = Bell::new("panics");
    let panicking = events::observe(|event| {
        if breaker(event) == Some("panics") {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    });
    let (log, _guard) = Log::of("panics");
    bell.ring();
    bell.knock();
    assert_eq!(log.take().len(), 2);
    assert_eq!(panicking.panics(), 2);
}

#[test]
fn a_payload_that_panics_when_it_is_dropped_does_not_reach_the_call_either() {
    struct Spiteful;
    impl Drop for Spiteful {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }
    let bell = Bell::new("spiteful");
    let guard = events::observe(|event| {
        if breaker(event) == Some("spiteful") {
            std::panic::resume_unwind(Box::new(Spiteful));
        }
    });
    bell.ring();
    assert_eq!(guard.panics(), 1);
}

#[test]
fn what_an_observer_does_itself_is_told_to_streams_and_to_no_observer() {
    static INNER: std::sync::LazyLock<Bell> = std::sync::LazyLock::new(|| Bell::new("inner"));
    let outer = Bell::new("outer");
    let told = Arc::new(AtomicU32::new(0));
    let mut stream = events::stream(10_000);
    let _guard = events::observe({
        let told = Arc::clone(&told);
        move |event| match breaker(event) {
            Some("outer") => INNER.ring(),
            Some("inner") => drop(told.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        }
    });
    outer.ring();
    assert_eq!(told.load(Ordering::Relaxed), 0);
    let mut seen = Vec::new();
    while let Some(event) = stream.try_recv() {
        seen.extend(
            breaker(&event).filter(|name| ["outer", "inner"].contains(name)).map(str::to_owned),
        );
    }
    seen.sort();
    assert_eq!(seen, ["inner", "outer"]);
}

#[test]
fn an_observer_may_attach_another_one_and_detach_itself() {
    let bell = Bell::new("reentrant");
    let guards = Arc::new(Mutex::new(Vec::new()));
    let attached = Arc::new(AtomicBool::new(false));
    let guard = events::observe({
        let (guards, attached) = (Arc::clone(&guards), Arc::clone(&attached));
        move |event| {
            if breaker(event) != Some("reentrant") {
                return;
            }
            let own = guards.lock().unwrap().pop();
            drop(own);
            let attached = Arc::clone(&attached);
            let other = events::observe(move |event| {
                attached.fetch_or(breaker(event) == Some("reentrant"), Ordering::Relaxed);
            });
            guards.lock().unwrap().push(other);
        }
    });
    guards.lock().unwrap().push(guard);
    bell.ring();
    assert!(!attached.load(Ordering::Relaxed), "attached while the event was told");
    bell.knock();
    assert!(attached.load(Ordering::Relaxed));
    guards.lock().unwrap().clear();
}
