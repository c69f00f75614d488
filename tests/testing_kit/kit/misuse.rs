//! The kit's messages when it is misused.

use retry_runtime::retryable;
use retry_testing as testing;

use crate::asserting::words;
use crate::faults::PayError;

#[retryable(jitter = none, name = "misuse::charge")]
fn charge() -> Result<u32, PayError> {
    Ok(1)
}

#[retryable(jitter = none, name = "misuse::ask")]
async fn ask() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

mod one {
    #[super::retryable(on = any)]
    pub(super) fn twin() -> Result<u32, String> {
        Ok(1)
    }
}

mod two {
    #[super::retryable(on = any)]
    pub(super) fn twin() -> Result<u32, String> {
        Ok(1)
    }
}

/// Asserts the panic message of `misuse` in an otherwise valid scope.
#[track_caller]
fn check(misuse: impl FnOnce(&testing::Scope), expected: &str) {
    let text = words(|| {
        let t = testing::scope();
        misuse(&t);
    });
    assert!(text.contains(expected), "{text}\n  instead of\n{expected}");
}

#[test]
fn an_unknown_name_is_reported_with_the_nearest_one() {
    check(
        |t| drop(t.fail("misuse::chrage").first(1).panic()),
        "no annotated function is named `misuse::chrage`; did you mean `misuse::charge`?",
    );
    check(
        |t| assert_eq!(t.attempts("chrage"), 0),
        "no annotated function is named `chrage`; did you mean `",
    );
    check(
        |t| drop(t.assert("something::else::altogether")),
        "no annotated function is named `something::else::altogether`; `retry_runtime::sites()` lists all",
    );
}

#[test]
fn an_ambiguous_name_is_reported() {
    assert_eq!((one::twin(), two::twin()), (Ok(1), Ok(1)));
    check(
        |t| drop(t.delays("twin")),
        "`twin` is the end of several names: `kit::misuse::one::twin`, `kit::misuse::two::twin`; write more of it",
    );
}

#[test]
fn an_error_of_the_wrong_type_is_reported_with_both_types_and_the_location() {
    check(
        |t| {
            t.fail("misuse::charge").first(1).with(|| "down".to_owned());
            let _ = charge();
        },
        "makes a `alloc::string::String`, but `misuse::charge` fails with `kit::faults::PayError`",
    );
    check(
        |t| {
            t.fail("misuse::charge").first(1).with(|| "down");
            let _ = charge();
        },
        &format!("the fault on `misuse::charge` ({}:", file!()),
    );
}

#[test]
fn an_error_of_the_wrong_type_fails_the_test_even_if_a_task_swallows_the_panic() {
    let text = words(|| {
        let t = testing::scope();
        t.fail("misuse::charge").first(1).with(|| 7_u8);
        let thread = std::thread::spawn(t.wrap_fn(charge));
        assert!(thread.join().is_err());
    });
    assert!(text.contains("makes a `u8`, but `misuse::charge` fails with"), "{text}");
}

#[test]
fn a_fault_without_an_action_is_reported() {
    let incomplete =
        "does not say what happens: add `.with(…)`, `.panic()`, `.hang()` or `.latency(…)`";
    check(|t| drop(t.fail("misuse::charge").first(1)), incomplete);
    check(|t| drop(t.fail("misuse::charge").first(1).after_body()), incomplete);
    check(|t| drop(t.fail("misuse::charge").latency("1s").after_body()), incomplete);
}

#[test]
fn a_selector_that_matches_nothing_and_an_invalid_duration_are_reported() {
    check(|t| drop(t.fail("misuse::charge").first(0)), "`first` (0) must be at least 1");
    check(|t| drop(t.fail("misuse::charge").every(0)), "`every` (0) must be at least 1");
    check(|t| drop(t.fail("misuse::charge").rate(1.5)), "`rate` (1.5) must be from 0 to 1");
    check(
        |t| assert!(t.attempts_at_most(0).elapsed().is_zero()),
        "`attempts_at_most` (0) must be at least 1",
    );
    check(
        |t| drop(t.fail("misuse::charge").latency("5 parsecs")),
        "`5 parsecs` has the unknown unit `parsecs`; write a number with a unit",
    );
}

#[test]
fn a_hang_is_refused_for_a_function_that_nothing_can_interrupt() {
    check(
        |t| drop(t.fail("misuse::charge").hang()),
        "`misuse::charge` is not `async`: nothing could end an attempt that hangs",
    );
}

#[test]
fn a_second_scope_on_a_thread_is_reported_with_the_location_of_the_first() {
    check(
        |_| drop(testing::scope()),
        &format!("a testing scope is already open here, since {}", file!()),
    );
}

#[test]
fn a_second_scope_in_a_wrapped_thread_is_reported() {
    let t = testing::scope();
    let thread = std::thread::spawn(t.wrap_fn(|| words(|| drop(testing::scope()))));
    let text = thread.join().expect("the words");
    assert!(text.starts_with("a testing scope is already open here"), "{text}");
}

#[test]
fn a_new_scope_can_open_after_the_first_has_ended() {
    for _ in 0..2 {
        let t = testing::scope();
        t.seed(1);
    }
}

#[test]
fn a_guard_that_is_dropped_immediately_is_reported() {
    let text = words(|| {
        let _ = testing::scope();
    });
    assert!(text.contains("has ended before anything happened in it: keep its guard"), "{text}");
}

#[test]
fn a_wrapped_thread_that_outlives_the_scope_is_reported() {
    let t = testing::scope();
    let late = t.wrap_fn(charge);
    drop(t);
    let text = words(|| drop(late()));
    assert!(
        text.starts_with("a call of `misuse::charge` starts in a testing scope that has ended"),
        "{text}"
    );
    assert!(
        text.contains("keep the guard alive until its wrapped tasks and threads are joined"),
        "{text}"
    );
}

#[test]
fn a_wrapped_task_asleep_at_the_end_of_the_scope_is_reported() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let t = testing::scope();
    // The sleeper stays asleep because another task stays busy.
    let busy = t.wrap(std::future::pending::<()>());
    let text = runtime.block_on(async move {
        let sleeper = tokio::spawn(t.wrap(ask()));
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        drop(t);
        let payload = sleeper.await.expect_err("the task has panicked").into_panic();
        *payload.downcast::<String>().expect("a text")
    });
    drop(busy);
    assert!(text.starts_with("a call sleeps in a testing scope that has ended"), "{text}");
}

#[test]
fn a_fault_that_never_happened_is_reported_at_the_end_of_the_scope() {
    let text = words(|| {
        let t = testing::scope();
        t.fail("misuse::charge").first(1).with(|| PayError::Busy);
    });
    assert!(
        text.contains("never happened: `misuse::charge` made no attempt in this scope"),
        "{text}"
    );
    let text = words(|| {
        let t = testing::scope();
        t.fail("misuse::charge").every(2).with(|| PayError::Busy);
        let _ = charge();
    });
    assert!(text.ends_with("never happened: `misuse::charge` made one attempt"), "{text}");
}

#[test]
fn a_missing_success_after_then_ok_is_reported_at_the_end_of_the_scope() {
    let text = words(|| {
        let t = testing::scope();
        t.fail("misuse::charge").with(|| PayError::Declined).then_ok();
        let _ = charge();
    });
    assert!(
        text.ends_with("says `then_ok`, but no call of `misuse::charge` has succeeded after it"),
        "{text}"
    );
}

#[test]
fn a_panicking_test_gets_no_further_messages() {
    let text = words(|| {
        let t = testing::scope();
        t.fail("misuse::charge").first(1).with(|| PayError::Busy);
        panic!("the test's own failure");
    });
    assert_eq!(text, "the test's own failure");
}
