//! Loom models: every interleaving of two threads around the word and the lock.

use loom::sync::Arc;
use loom::thread;

use super::super::settings::Window;
use super::super::window::Outcome;
use super::*;

fn model(settings: BreakerSettings, run: impl Fn(Arc<Breaker>, Moment) + Sync + Send + 'static) {
    let now = Moment::of(Instant::now());
    loom::model(move || run(Arc::new(Breaker::new("model", settings.jitter(0.0))), now));
}

/// Records a success, after which the breaker has an answer and keeps successes in the word.
fn answered(breaker: &Breaker, now: Moment) {
    let ticket = breaker.admit(now).unwrap();
    breaker.record(now, ticket.held, Outcome::Success, false);
    assert!(breaker.word.admit_fast().is_some());
}

fn window(calls: u32) -> BreakerSettings {
    BreakerSettings::new().window(Window::Count(calls)).min_calls(calls).probes(1)
}

#[test]
fn loom_of_two_threads_that_race_for_the_last_half_open_permit_one_gets_it() {
    model(window(1), |breaker, now| {
        breaker.locked_rarely(now, Machine::probe);
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
        answered(&breaker, now);
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(now, first.held, Outcome::Success, false);
        });
        // Another generation, closed as well: the result does not belong to it.
        breaker.locked_rarely(now, Machine::force_close);
        thread.join().unwrap();
        breaker.record(now, second.held, Outcome::Success, false);
        assert_eq!(breaker.locked_rarely(now, Machine::figures).calls, 0);
    });
}

#[test]
fn loom_a_success_that_races_a_failure_is_not_lost() {
    model(window(3).rate(1.0 / 3.0), |breaker, now| {
        answered(&breaker, now);
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(now, first.held, Outcome::Success, false);
        });
        breaker.record(now, second.held, Outcome::Failure, false);
        thread.join().unwrap();
        // One of three failed: whichever came first, the rate of a third is reached.
        assert_eq!(breaker.locked_rarely(now, Machine::mode), Mode::Open);
    });
}

#[test]
fn loom_a_success_that_came_before_a_failure_ends_the_row_of_failures() {
    model(BreakerSettings::new().consecutive(2), |breaker, now| {
        answered(&breaker, now);
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        breaker.record(now, first.held, Outcome::Failure, false);
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            let ticket = other.admit(now).unwrap();
            other.record(now, ticket.held, Outcome::Success, false);
        });
        thread.join().unwrap();
        breaker.record(now, second.held, Outcome::Failure, false);
        assert_eq!(breaker.locked_rarely(now, Machine::figures).consecutive, 1);
    });
}

#[test]
fn loom_a_refusal_that_races_another_order_is_one_of_either_state() {
    model(window(1), |breaker, now| {
        let second = Duration::from_secs(1);
        breaker.locked_rarely(now, |machine, tick| machine.open_for(tick, second));
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.admit(now).map_err(|refused| (refused.mode, refused.retry_after))
        });
        breaker.locked_rarely(now, Machine::force_open);
        let refused = thread.join().unwrap().unwrap_err();
        assert!([(Mode::Open, Some(second)), (Mode::ForcedOpen, None)].contains(&refused));
    });
}

#[test]
fn loom_a_refusal_that_races_the_closing_is_refused_for_the_time_that_was_left_or_admitted() {
    model(window(1), |breaker, now| {
        let second = Duration::from_secs(1);
        breaker.locked_rarely(now, |machine, tick| machine.open_for(tick, second));
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || other.admit(now).map_err(|refused| refused.retry_after));
        breaker.locked_rarely(now, Machine::force_close);
        let left = thread.join().unwrap().map_err(|left| assert_eq!(left, Some(second)));
        drop(left);
        assert_eq!(breaker.locked_rarely(now, Machine::figures).rejected, 0);
    });
}

#[test]
fn loom_refusals_of_two_threads_are_both_counted() {
    model(window(1), |breaker, now| {
        breaker.locked_rarely(now, Machine::force_open);
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || assert!(other.admit(now).is_err()));
        assert!(breaker.admit(now).is_err());
        thread.join().unwrap();
        assert_eq!(breaker.locked_rarely(now, Machine::figures).rejected, 2);
    });
}

#[test]
fn loom_two_successes_are_both_kept() {
    model(window(4), |breaker, now| {
        answered(&breaker, now);
        let (first, second) = (breaker.admit(now).unwrap(), breaker.admit(now).unwrap());
        let other = Arc::clone(&breaker);
        let thread = thread::spawn(move || {
            other.record(now, first.held, Outcome::Success, false);
        });
        breaker.record(now, second.held, Outcome::Success, false);
        thread.join().unwrap();
        assert_eq!(breaker.locked_rarely(now, Machine::figures).calls, 3);
    });
}

#[test]
fn loom_a_dropped_probe_races_its_timeout_and_has_no_result_either_way() {
    model(window(1), |breaker, now| {
        breaker.locked_rarely(now, Machine::probe);
        let ticket = breaker.admit(now).unwrap();
        let later = now.checked_add(breaker.settings.probe_timeout).expect("in range");
        let other = Arc::clone(&breaker);
        let mut ticket = Some(ticket);
        let abandon = move |machine: &mut Machine, now| {
            machine.abandon(now, ticket.take().expect("the step runs once"));
        };
        let thread = thread::spawn(move || other.locked_rarely(now, abandon));
        let missing = breaker.locked_rarely(later, Machine::mode) == Mode::Open;
        thread.join().unwrap();
        assert!(missing);
        assert!(breaker.admit(later).is_err());
    });
}
