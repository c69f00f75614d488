//! Loom models: every interleaving of two threads around the word and the lock.

use loom::sync::Arc;
use loom::thread;

use super::super::settings::Window;
use super::*;

fn model(settings: BreakerSettings, run: impl Fn(Arc<Breaker>, Instant) + Sync + Send + 'static) {
    let now = Instant::now();
    loom::model(move || run(Arc::new(Breaker::new("model", settings.jitter(0.0))), now));
}

fn window(calls: u32) -> BreakerSettings {
    BreakerSettings::new().window(Window::Count(calls)).min_calls(calls).probes(1)
}

#[test]
fn loom_of_two_threads_that_race_for_the_last_half_open_permit_one_gets_it() {
    model(window(1), |breaker, now| {
        breaker.probe(now);
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
            other.record(Moment::of(now), first, Outcome::Success, false);
        });
        // Another generation, closed as well: the result does not belong to it.
        breaker.force_close(now);
        thread.join().unwrap();
        breaker.record(Moment::of(now), second, Outcome::Success, false);
        assert_eq!(breaker.figures(now).calls, 0);
    });
}

#[test]
fn loom_a_success_that_races_a_failure_is_not_lost() {
    model(window(2), |breaker, now| {
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(Moment::of(now), first, Outcome::Success, false);
        });
        breaker.record(Moment::of(now), second, Outcome::Failure, false);
        thread.join().unwrap();
        // One of two failed: whichever came first, the rate of 0.5 is reached.
        assert_eq!(breaker.mode(now), Mode::Open);
    });
}

#[test]
fn loom_two_successes_are_both_kept() {
    model(window(4), |breaker, now| {
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(Moment::of(now), first, Outcome::Success, false);
        });
        breaker.record(Moment::of(now), second, Outcome::Success, false);
        thread.join().unwrap();
        assert_eq!(breaker.figures(now).calls, 2);
    });
}

#[test]
fn loom_a_dropped_probe_races_its_timeout_and_the_place_is_free_once() {
    model(window(1), |breaker, now| {
        breaker.probe(now);
        let ticket = breaker.admit(now).unwrap();
        let later = now + breaker.settings.probe_timeout;
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || other.abandon(|| Moment::of(now), ticket));
        let missing = breaker.mode(later) == Mode::Open;
        thread.join().unwrap();
        let free = breaker.admit(later);
        // Dropped in time: half-open with room for one. Missing: open, and the drop changes nothing.
        assert_eq!(free.is_ok(), !missing);
        assert!(breaker.admit(later).is_err());
    });
}
