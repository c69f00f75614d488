//! The breaker as its users see it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::super::settings::Window;
use super::super::window::Outcome;
use super::*;
use crate::base::clock::fake::{clock, pass};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Down;

impl Classify for Down {
    fn classify(&self) -> crate::failure::class::Class {
        crate::failure::class::Kind::Transient.into()
    }
}

fn breaker(settings: BreakerSettings) -> Breaker {
    Breaker::new("test", settings.jitter(0.0)).with_clock(clock)
}

fn window(calls: u32) -> BreakerSettings {
    BreakerSettings::new().window(Window::Count(calls)).min_calls(calls)
}

/// Runs `ok`, `fail`, `ignored` and `+1000` (milliseconds), and gives the state after each.
#[track_caller]
fn check(settings: BreakerSettings, script: &str, states: &str) {
    let breaker = breaker(settings);
    let mut seen = Vec::new();
    for word in script.split_whitespace() {
        match (word.strip_prefix('+'), breaker.permit()) {
            (Some(millis), _) => pass(Duration::from_millis(millis.parse().unwrap())),
            (_, Err(_)) => {
                seen.push("no");
                continue;
            }
            (_, Ok(permit)) => match word {
                "ok" => permit.success(),
                "fail" => permit.failure(),
                _ => permit.ignored(),
            },
        }
        seen.push(breaker.mode().name());
    }
    assert_eq!(seen.join(" "), states, "{script}");
}

#[test]
fn it_opens_refuses_probes_and_closes() {
    check(
        window(3).probes(1),
        "fail ok fail ok +5000 ok fail",
        "closed closed open no half_open closed closed",
    );
    check(
        window(1).window(Window::Time(10 * SECOND)).probes(1),
        "ok fail +9999 ok",
        "closed open half_open closed",
    );
}

#[test]
fn a_static_breaker_is_checked_at_compile_time() {
    static BREAKER: Breaker = Breaker::new("static", BreakerSettings::new());
    assert!(BREAKER.permit().is_ok());
    let error = Breaker::try_new("bad", BreakerSettings::new().rate(2.0)).unwrap_err();
    assert_eq!(error.to_string(), "`rate` (2) must be above 0 and at most 1");
}

#[test]
fn successes_that_never_took_the_lock_are_in_the_figures() {
    let breaker = breaker(BreakerSettings::new());
    (0..7).for_each(|_| breaker.permit().unwrap().success());
    breaker.permit().unwrap().failure();
    let figures = breaker.figures();
    assert_eq!((figures.calls, figures.successes(), figures.consecutive), (8, 7, 1));
}

#[test]
fn once_a_thread_has_filled_the_window_with_successes_it_writes_no_more() {
    let breaker = breaker(window(3));
    (0..300).for_each(|_| breaker.permit().unwrap().success());
    assert!(breaker.word.now().is_saturated());
    assert_eq!(breaker.figures().calls, 3);
    breaker.permit().unwrap().failure();
    assert!(!breaker.word.now().is_saturated());
}

#[test]
fn a_full_window_of_successes_is_forgotten_when_nobody_calls_any_more() {
    let breaker = breaker(window(3));
    (0..300).for_each(|_| breaker.permit().unwrap().success());
    assert_eq!(breaker.figures().calls, 3);
    pass(901 * SECOND);
    assert_eq!(breaker.figures().calls, 0);
}

#[test]
fn a_success_of_any_thread_ends_the_row_of_failures() {
    let breaker = breaker(BreakerSettings::new().consecutive(3));
    let fail = |times| (0..times).for_each(|_| breaker.permit().unwrap().failure());
    breaker.permit().unwrap().success();
    for _ in 0..3 {
        fail(2);
        std::thread::scope(|scope| {
            scope.spawn(|| breaker.permit().unwrap().success());
        });
    }
    fail(2);
    assert_eq!((breaker.figures().consecutive, breaker.mode()), (2, Mode::Closed));
    fail(1);
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn an_open_breaker_counts_the_refusals_of_all_threads_and_admits_exactly_at_its_end() {
    let breaker = breaker(window(1));
    breaker.permit().unwrap().failure();
    let refused = || breaker.permit().unwrap_err();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..400).for_each(|_| drop(refused())));
        }
    });
    assert_eq!((breaker.figures().rejected, breaker.mode()), (1200, Mode::Open));
    pass(Duration::from_millis(4_999));
    let last = Duration::from_millis(1);
    assert_eq!((refused().mode(), refused().retry_after()), (Mode::Open, Some(last)));
    pass(last);
    assert!(breaker.permit().unwrap().is_probe());
}

#[test]
fn a_refusal_says_which_order_refuses_and_for_how_long() {
    let breaker = breaker(window(1));
    let refused = || {
        let refused = breaker.permit().unwrap_err();
        (refused.mode(), refused.retry_after())
    };
    for _ in 0..2 {
        breaker.trip(Some(9 * SECOND));
        assert_eq!(refused(), (Mode::Open, Some(9 * SECOND)));
        breaker.force_open();
        assert_eq!([refused(), refused()], [(Mode::ForcedOpen, None); 2]);
        assert_eq!(breaker.figures().rejected, 2);
        breaker.trip(Some(Duration::MAX));
        assert_eq!(refused().0, Mode::Open);
        breaker.reset();
        assert!(breaker.permit().is_ok());
    }
}

#[test]
fn a_new_breaker_counts_nothing_of_one_that_is_gone() {
    for _ in 0..20 {
        let breaker = breaker(BreakerSettings::new());
        for _ in 0..3 {
            for calls in 1..=4 {
                breaker.permit().unwrap().success();
                assert_eq!(breaker.figures().calls, calls);
            }
            breaker.reset();
            assert_eq!(breaker.figures().calls, 0);
        }
        breaker.force_open();
        assert!(breaker.permit().is_err());
        assert_eq!(breaker.figures().rejected, 1);
    }
}

#[test]
fn a_success_of_a_call_that_began_before_a_reset_is_not_counted_after_it() {
    let breaker = breaker(BreakerSettings::new());
    breaker.permit().unwrap().success();
    let old: Vec<_> = (0..3).map(|_| breaker.permit().unwrap()).collect();
    breaker.permit().unwrap().success();
    breaker.reset();
    (0..2).for_each(|_| breaker.permit().unwrap().success());
    old.into_iter().for_each(|permit| permit.success());
    assert_eq!(breaker.figures().calls, 2);
}

#[test]
fn a_thread_that_is_ending_still_counts() {
    struct AtTheEnd(Arc<Breaker>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0.permit().unwrap().success();
        }
    }
    thread_local!(static LAST: std::cell::RefCell<Vec<AtTheEnd>> = const { std::cell::RefCell::new(Vec::new()) });

    let breaker = Arc::new(breaker(BreakerSettings::new()));
    breaker.permit().unwrap().success();
    for _ in 0..4 {
        let mine = Arc::clone(&breaker);
        let thread = std::thread::spawn(move || {
            LAST.with_borrow_mut(|last| last.push(AtTheEnd(Arc::clone(&mine))));
            mine.permit().unwrap().success();
        });
        thread.join().unwrap();
    }
    assert_eq!(breaker.figures().calls, 9);
}

#[test]
fn a_panic_counts_as_a_failure_and_goes_on() {
    let breaker = breaker(window(1));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        breaker.call(|| -> Result<(), Down> { resume_unwind(Box::new("boom")) })
    }));
    assert_eq!(*panicked.unwrap_err().downcast::<&str>().unwrap(), "boom");
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn a_probe_that_is_dropped_gives_its_place_back_and_decides_nothing() {
    let breaker = Arc::new(breaker(window(1).probes(1)));
    breaker.probe();
    let permit = Permit::acquire(Arc::clone(&breaker)).unwrap();
    assert!(permit.is_probe());
    assert!(breaker.permit().is_err());
    drop(permit);
    assert_eq!(breaker.mode(), Mode::HalfOpen);
    assert!(breaker.permit().is_ok());
}

#[test]
fn a_slow_success_can_open_and_a_quick_one_does_not() {
    let breaker = breaker(window(2).slow(SECOND).slow_rate(1.0));
    for (time, mode) in [(999, Mode::Closed), (1000, Mode::Closed), (2000, Mode::Open)] {
        let permit = breaker.permit().unwrap();
        pass(Duration::from_millis(time));
        permit.success();
        assert_eq!(breaker.mode(), mode);
    }
}

#[test]
fn a_refusal_names_the_breaker_and_the_time_left() {
    let breaker = breaker(window(1));
    breaker.trip(Some(7 * SECOND));
    pass(2 * SECOND);
    let refused = breaker.permit().unwrap_err();
    assert_eq!(refused.to_string(), "the circuit breaker `test` is open");
    assert_eq!(refused.retry_after(), Some(5 * SECOND));
    assert_eq!(breaker.next_admission(), Some(clock() + 5 * SECOND));
}

#[test]
fn of_one_seed_two_breakers_open_for_the_same_time() {
    let open_until = |seed| {
        let settings = BreakerSettings::new().consecutive(1);
        let breaker = Breaker::new("test", settings).with_clock(clock).with_seed(seed);
        breaker.permit().unwrap().failure();
        breaker.next_admission()
    };
    assert_eq!(open_until(7), open_until(7));
    assert_ne!(open_until(7), open_until(9));
}

#[test]
fn many_threads_lose_no_result_and_probes_stay_within_their_limit() {
    let breaker = breaker(window(1000).min_calls(1000));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for call in 0..100 {
                    let permit = breaker.permit().unwrap();
                    if call % 10 == 0 { permit.failure() } else { permit.success() }
                }
            });
        }
    });
    let figures = breaker.figures();
    assert_eq!((figures.calls, figures.failures), (400, 40));

    breaker.probe();
    let admitted = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    if let Ok(permit) = breaker.permit() {
                        admitted.fetch_add(1, Ordering::Relaxed);
                        std::mem::forget(permit);
                    }
                }
            });
        }
    });
    assert_eq!(admitted.load(Ordering::Relaxed), 5);
}

#[test]
fn a_look_at_the_breaker_after_time_has_changed_the_window_does_not_open_it() {
    let settings = BreakerSettings::new().window(Window::Time(10 * SECOND)).min_calls(5);
    let breaker = breaker(settings);
    let give = |successes, failures| {
        (0..successes).for_each(|_| breaker.permit().unwrap().success());
        (0..failures).for_each(|_| breaker.permit().unwrap().failure());
    };
    give(10, 0);
    pass(5 * SECOND);
    [(0, 4), (1, 4), (1, 1), (1, 0)].iter().for_each(|(ok, bad)| give(*ok, *bad));
    // The first successes leave the window: 9 of 12 failed, and no result has come since.
    pass(5 * SECOND + Duration::from_millis(500));
    let figures = breaker.figures();
    assert_eq!((figures.calls, figures.failures, figures.trips), (12, 9, true));
    assert_eq!(breaker.mode(), Mode::Closed);
    // The next result is judged, also a success.
    give(1, 0);
    assert_eq!(breaker.mode(), Mode::Open);
}

proptest! {
    /// The path around the lock decides like the machine that counts every result.
    #[test]
    fn with_kept_successes_it_is_in_the_same_state_as_the_plain_machine(
        timed in any::<bool>(),
        size in 1u32..12,
        min in 1u32..12,
        consecutive in prop::option::of(1u32..5),
        calls in prop::collection::vec((0u8..8, 0u64..3_000), 1..120),
        // Some fill the run of a thread.
        burst in prop::option::of(1u32..600),
    ) {
        let window = if timed { Window::Time(10 * SECOND) } else { Window::Count(size) };
        let mut settings = BreakerSettings::new().window(window).min_calls(min).jitter(0.0);
        settings.consecutive = consecutive;
        let (breaker, mut machine) = (breaker(settings), Machine::new(settings));
        // The breaker counts from its first look at the clock.
        breaker.mode();
        let mut now = Duration::ZERO;
        for (kind, millis) in calls {
            for _ in 0..burst.filter(|_| kind == 6).unwrap_or_default() {
                if let (Ok(permit), Ok(ticket)) = (breaker.permit(), machine.admit(now)) {
                    permit.success();
                    machine.record(now, ticket, Outcome::Success, false);
                }
            }
            match (breaker.permit(), machine.admit(now)) {
                (Ok(permit), Ok(ticket)) if kind < 3 => {
                    permit.failure();
                    machine.record(now, ticket, Outcome::Failure, false);
                }
                (Ok(permit), Ok(ticket)) => {
                    permit.success();
                    machine.record(now, ticket, Outcome::Success, false);
                }
                (permit, ticket) => prop_assert_eq!(permit.is_err(), ticket.is_err()),
            }
            if kind == 7 {
                now += Duration::from_millis(millis);
                pass(Duration::from_millis(millis));
            }
            // Without taking the lock: reading would count what was kept.
            let closed = breaker.word.admits();
            prop_assert_eq!(closed, machine.state.mode() == Mode::Closed);
        }
        prop_assert_eq!(breaker.figures(), machine.figures(now));
    }

    #[test]
    fn permits_are_conserved_under_any_order_of_success_failure_drop_and_panic(
        moves in prop::collection::vec(0u8..5, 0..60),
    ) {
        // Results are ignored, so that the state stays half-open and only permits move.
        let breaker = breaker(window(1).probes(3));
        breaker.probe();
        let mut out = Vec::new();
        for step in moves {
            match step {
                0 | 1 => out.extend(breaker.permit().ok()),
                2 => drop(out.pop()),
                3 => out.pop().map(|permit| permit.ignored()).unwrap_or(()),
                _ => {
                    let permit = out.pop();
                    let panicked = catch_unwind(AssertUnwindSafe(|| {
                        let held = permit;
                        if let Some(permit) = held { permit.ignored() }
                        resume_unwind(Box::new(()));
                    }));
                    prop_assert!(panicked.is_err());
                }
            }
            prop_assert_eq!(breaker.figures().in_flight as usize, out.len());
            prop_assert!(out.len() <= 3);
        }
    }
}
