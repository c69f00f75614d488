//! Dropped calls, and panics: whose they are.

use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::base::clock::fake::{clock, pass};
use crate::base::time::Instant;
use crate::breaker::{BreakerSettings, Mode, Window};
use crate::failure::class::{Class, Kind};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Down;

impl Classify for Down {
    fn classify(&self) -> Class {
        Kind::Transient.into()
    }
}

fn breaker(settings: BreakerSettings) -> Breaker {
    Breaker::new("test", settings.jitter(0.0)).with_clock(clock)
}

/// So many calls in a row that their callers drop after this time.
fn leave(breaker: &Breaker, calls: u32, after: Duration) {
    for _ in 0..calls {
        let permit = breaker.permit().unwrap();
        pass(after);
        drop(permit);
    }
}

#[test]
fn twenty_callers_who_leave_a_new_breaker_or_one_that_was_answered_open_it() {
    for answers in [0, 1, 500] {
        let breaker = breaker(BreakerSettings::new());
        (0..answers).for_each(|_| breaker.permit().unwrap().success());
        leave(&breaker, 19, SECOND);
        assert_eq!(breaker.mode(), Mode::Closed);
        leave(&breaker, 1, SECOND);
        assert_eq!(breaker.mode(), Mode::Open, "after {answers} answers");
    }
}

#[test]
fn callers_who_leave_at_once_say_nothing() {
    let breaker = breaker(BreakerSettings::new());
    breaker.permit().unwrap().success();
    for _ in 0..500 {
        leave(&breaker, 1, Duration::from_millis(999));
        pass(SECOND);
    }
    assert_eq!((breaker.mode(), breaker.figures().dropped), (Mode::Closed, 1));
}

#[test]
fn a_caller_who_left_at_once_or_whose_call_is_ignored_is_not_waited_for() {
    let breaker = breaker(BreakerSettings::new().min_calls(10));
    leave(&breaker, 5, SECOND);
    drop(breaker.permit().unwrap());
    breaker.permit().unwrap().ignored();
    leave(&breaker, 4, SECOND);
    assert_eq!(breaker.mode(), Mode::Closed);
    leave(&breaker, 1, SECOND);
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn calls_that_began_before_the_first_drop_count_once_they_are_certainly_long() {
    let breaker = breaker(BreakerSettings::new());
    breaker.permit().unwrap().success();
    let mut permits: Vec<_> = (0..40).map(|_| breaker.permit().unwrap()).collect();
    leave(&breaker, 1, 5 * SECOND);
    drop(permits.split_off(20));
    assert_eq!(breaker.figures().dropped, 1, "how long they ran is not known");
    pass(SECOND);
    drop(permits);
    assert_eq!((breaker.figures().dropped, breaker.mode()), (21, Mode::Closed));
    pass(8 * SECOND);
    leave(&breaker, 1, SECOND);
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn a_success_after_a_drop_puts_the_breaker_back_on_the_path_without_clock_and_lock() {
    let breaker = breaker(BreakerSettings::new());
    let is_fast = || breaker.word.admit_fast().is_some();
    assert!(!is_fast(), "a new breaker watches its first calls");
    breaker.permit().unwrap().success();
    assert!(is_fast());
    leave(&breaker, 1, SECOND);
    assert!(!is_fast());
    breaker.permit().unwrap().failure();
    assert!(is_fast());
    leave(&breaker, 1, SECOND);
    breaker.permit().unwrap().success();
    assert!(is_fast());
    assert_eq!(breaker.figures().calls, 3);
}

#[test]
fn a_success_that_was_kept_in_the_word_begins_the_row_of_drops_anew() {
    let breaker = breaker(BreakerSettings::new().window(Window::Count(5)).min_calls(5));
    for _ in 0..30 {
        leave(&breaker, 4, 3 * SECOND);
        (0..20).for_each(|_| breaker.permit().unwrap().success());
    }
    assert_eq!(breaker.mode(), Mode::Closed);
    leave(&breaker, 5, 3 * SECOND);
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn a_probe_that_is_dropped_after_a_second_failed() {
    let breaker = breaker(BreakerSettings::new().probes(1));
    breaker.probe();
    leave(&breaker, 1, Duration::from_millis(999));
    assert_eq!(breaker.mode(), Mode::HalfOpen);
    leave(&breaker, 1, SECOND);
    assert_eq!(breaker.mode(), Mode::Open);
}

struct Panics<F>(F);

impl<F: Future + Unpin> Future for Panics<F> {
    type Output = F::Output;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        assert!(std::pin::Pin::new(&mut self.0).poll(cx).is_pending());
        resume_unwind(Box::new("boom"))
    }
}

#[test]
fn a_future_that_is_dropped_while_another_one_panics_is_no_failure() {
    let breaker = breaker(BreakerSettings::new().consecutive(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut waits = Box::pin(breaker.call_async(pending::<Result<(), Down>>));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waits.as_mut().poll(&mut cx).is_pending());
        resume_unwind(Box::new("another one"));
    }));
    assert!(panicked.is_err());
    assert_eq!((breaker.mode(), breaker.figures().calls), (Mode::Closed, 0));
}

#[test]
fn a_future_that_panics_itself_is_a_failure() {
    let breaker = breaker(BreakerSettings::new().consecutive(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut call = pin!(breaker.call_async(|| Panics(pending::<Result<(), Down>>())));
        call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }));
    assert!(panicked.is_err());
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn a_clock_that_panics_when_a_call_is_dropped_harms_nobody() {
    fn broken() -> Instant {
        if thread::panicking() || BROKEN.get() {
            panic!("no time");
        }
        clock()
    }
    thread_local! { static BROKEN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) }; }
    let breaker = Breaker::new("test", BreakerSettings::new()).with_clock(broken);
    let permit = breaker.permit().unwrap();
    BROKEN.set(true);
    drop(permit);
    assert!(breaker.permit().is_ok(), "the default clock is read instead");
    BROKEN.set(false);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _permit = breaker.permit().unwrap();
        resume_unwind(Box::new("boom"));
    }));
    assert_eq!(*panicked.unwrap_err().downcast::<&str>().unwrap(), "boom");
}

#[test]
fn a_success_of_a_saturated_window_ends_an_async_call_for_good() {
    let breaker = breaker(BreakerSettings::new().window(Window::Count(2)).min_calls(2));
    for _ in 0..9 {
        let mut call = pin!(breaker.call_async(|| ready(Ok::<_, Down>(1))));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    }
    assert_eq!((breaker.figures().calls, breaker.figures().dropped), (2, 0));
}

/// A failure that cannot trip publishes nothing: the word must be the one that the machine would publish.
#[test]
fn after_a_failure_calls_need_the_lock_for_the_same_steps_as_after_a_look_at_the_state() {
    let base = BreakerSettings::new().min_calls(4);
    let counted = [3, 4, 9].map(|calls| base.window(Window::Count(calls)));
    let timed = base.window(Window::Time(10 * SECOND));
    let slow = counted[2].slow(SECOND);
    for settings in counted.into_iter().chain([timed, slow, counted[2].consecutive(2)]) {
        let breaker = breaker(settings.rate(0.5));
        for outcome in "ofoooofofoooofffooooooooooofoooofoffffff".chars() {
            let Ok(permit) = breaker.permit() else { break };
            match outcome {
                'f' => permit.failure(),
                _ => permit.success(),
            }
            if outcome == 'f' {
                let shown = breaker.word.now();
                breaker.locked_now(|_, _| ());
                assert_eq!(breaker.word.now(), shown, "{settings:?}");
            }
        }
        assert_eq!(breaker.mode(), Mode::Open, "{settings:?}");
    }
}
