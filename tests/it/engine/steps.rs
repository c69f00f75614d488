//! Decisions without the loop: the rules of a call, asked by a program that has its own loop.

use std::time::Duration;

use retry_runtime::{
    Class, Hint, Jitter, Kind, Kinds, Next, Policy, Steps, StopReason, observe_blocking,
};

use super::{every, ms, secs};
use crate::virtual_time::{advance, virtually};

/// Tells the steps one failure after another; the time of each pause passes.
#[track_caller]
fn check(mut steps: Steps, failures: &[Class], expected: &[Next]) {
    let decided: Vec<Next> = virtually(|| {
        let decide = |class: &Class| {
            let next = steps.after(*class);
            advance(next.pause().unwrap_or_default());
            next
        };
        failures.iter().map(decide).collect()
    });
    assert_eq!(decided, expected);
}

fn pause(delay: Duration) -> Next {
    Next::Pause(delay)
}

const TRANSIENT: Class = Class::new(Kind::Transient);
const EXHAUSTED: Next = Next::Stop(StopReason::Exhausted);

#[test]
fn steps_end_with_the_limit_on_attempts_and_say_so_again() {
    let expected = [pause(secs(1)), pause(secs(1)), EXHAUSTED, EXHAUSTED];
    check(every(secs(1), 3).steps(), &[TRANSIENT; 4], &expected);
}

#[test]
fn steps_with_a_seed_give_the_delays_that_a_call_with_that_seed_draws() {
    for jitter in [Jitter::Full, Jitter::Decorrelated, Jitter::Additive(0.5)] {
        let policy = Policy::new().max(6).base(ms(70)).jitter(jitter);
        let mut expected: Vec<Next> = policy.delays(9).map(Next::Pause).collect();
        expected.push(EXHAUSTED);
        check(policy.steps().with_seed(9), &[TRANSIENT; 7], &expected);
    }
}

#[test]
fn steps_ask_the_rules_about_kinds_that_a_call_asks() {
    let policy = every(secs(1), 9);
    let one = |policy: Policy, kind: Kind, next| check(policy.steps(), &[kind.into()], &[next]);
    let stop = Next::Stop;
    one(policy, Kind::Throttled, pause(secs(1)));
    one(policy, Kind::Permanent, stop(StopReason::Permanent));
    one(policy, Kind::Overloaded, stop(StopReason::Overloaded));
    one(policy, Kind::Ambiguous, stop(StopReason::Ambiguous));
    one(policy.idempotent(true), Kind::Ambiguous, pause(secs(1)));
    let on = policy.on(Kinds::NONE.with(Kind::Transient));
    one(on, Kind::Throttled, stop(StopReason::Permanent));
}

#[test]
fn the_deadline_of_steps_counts_from_the_first_failure() {
    let policy = every(secs(1), 9).deadline(secs(3));
    virtually(|| {
        let mut steps = policy.steps();
        advance(secs(60));
        for _ in 0..3 {
            assert_eq!(steps.after(Kind::Transient), pause(secs(1)));
            advance(secs(1));
        }
        assert_eq!(steps.after(Kind::Transient), Next::Stop(StopReason::Deadline));
        steps.reset();
        assert_eq!(steps.after(Kind::Transient), pause(secs(1)), "a reset begins the time anew");
    });
}

#[test]
fn the_time_of_steps_counts_from_their_beginning_if_the_program_names_it() {
    for policy in [every(secs(1), 9).deadline(secs(61)), every(secs(1), 9).no_retry_after(secs(61))]
    {
        virtually(|| {
            let mut steps = policy.steps();
            steps.begin();
            advance(secs(60)); // the first attempt
            assert_eq!(steps.after(Kind::Transient), pause(secs(1)), "{policy:?}");
            advance(secs(1));
            assert_eq!(steps.after(Kind::Transient), Next::Stop(StopReason::Deadline));
            steps.reset();
            advance(secs(60));
            assert_eq!(steps.after(Kind::Transient), pause(secs(1)), "a reset forgets it");
        });
    }
}

#[test]
fn steps_take_the_answers_that_a_judge_gives() {
    let mut steps = every(secs(1), 9).hint(Hint::Exact).steps();
    assert_eq!(steps.after(true), pause(secs(1)));
    assert_eq!(steps.after(Some(ms(1234))), pause(ms(1234)));
    for next in [steps.after(false), steps.after(None::<Duration>)] {
        assert_eq!(next, Next::Stop(StopReason::Permanent));
    }
}

#[test]
fn a_hint_is_spread_and_one_beyond_its_cap_stops_the_steps() {
    let hint = |seconds| TRANSIENT.after(secs(seconds));
    let mut steps = every(secs(1), 9).hint_cap(secs(10)).steps();
    for _ in 0..8 {
        let delay = steps.after(hint(7)).pause().expect("a short hint");
        assert!(secs(7) <= delay && delay <= secs(8), "{delay:?}");
    }
    steps.reset();
    assert_eq!(steps.after(hint(11)), Next::Stop(StopReason::RetryAfterTooLong));
}

#[test]
fn a_reset_begins_attempts_and_backoff_anew() {
    let mut steps = Policy::new().max(2).jitter(Jitter::None).steps();
    for _ in 0..3 {
        assert_eq!(steps.after(Kind::Transient), pause(secs(1)));
        assert_eq!(steps.after(Kind::Transient), pause(secs(2)));
        assert_eq!(steps.failed(), 2);
        steps.reset();
        assert_eq!(steps.failed(), 0);
    }
}

#[test]
fn limits_that_end_no_attempt_hold_for_steps() {
    virtually(|| {
        let mut steps = every(secs(1), 3).reset_after(secs(60)).steps();
        for _ in 0..4 {
            assert_eq!(steps.after(Kind::Transient), pause(secs(1)));
            assert_eq!(steps.after(Kind::Transient), pause(secs(1)));
            advance(secs(61));
        }
        assert_eq!(steps.failed(), 2, "healthy attempts began anew");
        let mut steps = every(secs(1), 9).no_retry_after(secs(2)).steps();
        for _ in 0..2 {
            assert_eq!(steps.after(Kind::Transient), pause(secs(1)));
            advance(secs(1));
        }
        assert_eq!(steps.after(Kind::Transient), Next::Stop(StopReason::Deadline));
        let mut steps = every(secs(1), 1).forever().steps();
        assert!((0..1000).all(|_| steps.after(Kind::Transient) == pause(secs(1))));
    });
}

#[test]
fn clones_do_not_share_their_jitter_unless_the_program_chose_the_seed() {
    let policy = Policy::new().max(5).base(secs(1));
    let draw = |mut steps: Steps| [TRANSIENT; 5].map(|class| steps.after(class));
    let fresh = policy.steps();
    assert_ne!(draw(fresh.clone()), draw(fresh.clone()), "before the first failure");
    let mut begun = policy.steps();
    let _ = begun.after(Kind::Transient);
    assert_ne!(draw(begun.clone()), draw(begun), "after it");
    let seeded = policy.steps().with_seed(7);
    assert_eq!(draw(seeded.clone()), draw(seeded));
}

#[test]
fn steps_are_constants_and_can_be_sent_and_shared() {
    const STEPS: Steps = every(secs(1), 2).steps();
    fn shared<T: Clone + std::fmt::Debug + Send + Sync + 'static>(value: T) -> T {
        value
    }
    check(shared(STEPS), &[TRANSIENT; 2], &[pause(secs(1)), EXHAUSTED]);
}

#[test]
fn a_loop_over_steps_makes_as_many_attempts_as_a_call() {
    let policy = every(ms(300), 9).deadline(secs(2));
    let (_, report) =
        virtually(|| observe_blocking(|| policy.call(|_| Err::<(), _>(super::Failure::Refused))));
    let attempts = virtually(|| {
        let (mut steps, mut attempts) = (policy.steps(), 0);
        loop {
            attempts += 1;
            match steps.after(Kind::Transient) {
                Next::Pause(delay) => advance(delay),
                Next::Stop(reason) => {
                    assert_eq!(reason, report.reason);
                    return attempts;
                }
            }
        }
    });
    assert_eq!(attempts, report.attempts_made());
}
