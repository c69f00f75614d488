//! Assertions, and their messages when they fail.

use std::panic::{AssertUnwindSafe, catch_unwind};

use retry_runtime::{Policy, StopReason, retryable};
use retry_testing as testing;

use crate::faults::PayError;

#[retryable(max = 2, jitter = none, name = "asserting::charge")]
fn charge() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

/// The message that the assertion panics with.
pub(crate) fn words(work: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).expect_err("it panics");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast::<&str>().expect("a text").to_string(),
    }
}

#[test]
fn passing_assertions_can_be_chained_like_a_sentence() {
    let t = testing::scope();
    assert!(charge().is_err());
    t.assert("asserting::charge")
        .calls(1)
        .attempts(3)
        .slept_about("3s")
        .stopped(StopReason::Exhausted);
}

#[test]
fn a_failing_assertion_shows_every_attempt() {
    let t = testing::scope();
    t.fail("asserting::charge").first(1).latency("1s").with(|| PayError::Busy);
    assert!(charge().is_err());
    let text = words(|| drop(t.assert("asserting::charge").attempts(4)));
    assert_eq!(
        text,
        "`asserting::charge` should have made 4 attempts, and made 3\n\
         \n\
         call 1: gave up after 3 attempts in 4.0 s (exhausted)\n\
         \x20 attempt 1 at 0ns: transient: busy, after 1s (injected); slept 1s\n\
         \x20 attempt 2 at 2s: transient: busy; slept 2s\n\
         \x20 attempt 3 at 4s: transient: busy"
    );
}

#[test]
fn each_assertion_states_the_expected_and_the_actual_value() {
    let t = testing::scope();
    assert!(charge().is_err());
    let says = |words: String, expected: &str| {
        assert!(
            words.starts_with(&format!("`asserting::charge` should have {expected}\n")),
            "{words}"
        );
    };
    let assert = || t.assert("asserting::charge");
    says(words(|| drop(assert().calls(2))), "been called 2 times, and was called once");
    says(words(|| drop(assert().slept("2s"))), "slept 2s, and slept 3s");
    says(words(|| drop(assert().slept_about("2.5s"))), "slept about 2.5s, and slept 3s");
    says(words(|| drop(assert().delays(["1s"]))), "paused [1s], and paused [1s, 2s]");
    says(
        words(|| drop(assert().succeeded())),
        "stopped with `success`, and stopped with `exhausted`",
    );
}

#[test]
fn without_a_call_the_message_gives_a_likely_reason() {
    let t = testing::scope();
    let text = words(|| drop(t.assert("asserting::charge").attempts(1)));
    assert!(text.ends_with(
        "no call was made in this scope (one in another task or thread needs `t.wrap`)"
    ));
    let text = words(|| drop(t.report("asserting::charge")));
    assert!(text.starts_with("no call of `asserting::charge` has ended in this scope"), "{text}");
}

#[test]
fn a_schedule_is_a_table_of_exact_ranges() {
    const POLICY: Policy = Policy::new().max(2).checked();
    let schedule = testing::schedule(&POLICY);
    assert_eq!(schedule.len(), 2);
    assert_eq!(
        schedule.to_string(),
        "retry 1: 0ns to 1s, up to 1s in all\nretry 2: 0ns to 2s, up to 3s in all\n"
    );
    let site = retry_runtime::site("asserting::charge").expect("the function is declared above");
    let exact = "retry 1: 1s, up to 1s in all\nretry 2: 2s, up to 3s in all\n";
    assert_eq!(testing::schedule(site.policy()).to_string(), exact);
}
