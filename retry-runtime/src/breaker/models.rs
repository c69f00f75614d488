//! Loom models: every interleaving of two threads around the word and the lock.

use loom::sync::Arc;
use loom::thread;

use super::super::settings::Window;
use super::*;

fn model(settings: BreakerSettings, run: impl Fn(Arc<Breaker>, Moment) + Sync + Send + 'static) {
    let now = Moment::of(Instant::now());
    loom::model(move || run(Arc::new(Breaker::new("model", settings.jitter(0.0))), now));
}

fn window(calls: u32) -> BreakerSettings {
    BreakerSettings::new().window(Window::Count(calls)).min_calls(calls).probes(1)
}

#[test]
fn loom_of_two_threads_that_race_for_the_last_half_open_permit_one_gets_it() {
    model(window(1), |breaker, now| {
        breaker.locked(now, Machine::probe);
        let other = Arc::clone(&breaker);
        let admitted = move |breaker: &Breaker| u32::from(breaker.admit(now).is_ok());
        let thread = thread::spawn(move || admitted(&other));
        let here = admitted(&breaker);
        assert_eq!(here + thread.join().unwrap(), 1);
    });
}

#[test]
fn loom_a_success_that_races_a_transition_is_counted_in_its_own_generation_or_not_at_all() {
    model(window(2), |breaker, now| {
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(now, first, Outcome::Success, false);
        });
        // Another generation, closed as well: the result does not belong to it.
        breaker.locked(now, Machine::force_close);
        thread.join().unwrap();
        breaker.record(now, second, Outcome::Success, false);
        assert_eq!(breaker.locked(now, Machine::figures).calls, 0);
    });
}

#[test]
fn loom_a_success_that_races_a_failure_is_not_lost() {
    model(window(2), |breaker, now| {
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(now, first, Outcome::Success, false);
        });
        breaker.record(now, second, Outcome::Failure, false);
        thread.join().unwrap();
        // One of two failed: whichever came first, the rate of 0.5 is reached.
        assert_eq!(breaker.locked(now, Machine::mode), Mode::Open);
    });
}

#[test]
fn loom_two_successes_are_both_kept() {
    model(window(4), |breaker, now| {
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(now, first, Outcome::Success, false);
        });
        breaker.record(now, second, Outcome::Success, false);
        thread.join().unwrap();
        assert_eq!(breaker.locked(now, Machine::figures).calls, 2);
    });
}

#[test]
fn loom_a_dropped_probe_races_its_timeout_and_the_place_is_free_once() {
    model(window(1), |breaker, now| {
        breaker.locked(now, Machine::probe);
        let ticket = breaker.admit(now).unwrap();
        let later = now.checked_add(breaker.settings.probe_timeout).expect("in range");
        let other = Arc::clone(&breaker);
        let thread =
            thread::spawn(move || other.locked(now, |machine, now| machine.abandon(now, ticket)));
        let missing = breaker.locked(later, Machine::mode) == Mode::Open;
        thread.join().unwrap();
        let free = breaker.admit(later);
        // Dropped in time: half-open with room for one. Missing: open, and the drop changes nothing.
        assert_eq!(free.is_ok(), !missing);
        assert!(breaker.admit(later).is_err());
    });
}
