//! Faults, injected by the name of a function.

use std::cell::Cell;
use std::time::Duration;

use retry_runtime::{Classify, Interruption, StopReason, retryable};
use retry_testing as testing;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
pub(crate) enum PayError {
    #[error("no answer")]
    #[classify(ambiguous)]
    NoAnswer,
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error("declined")]
    #[classify(permanent)]
    Declined,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(jitter = none, name = "faults::charge")]
fn charge(ran: &Cell<u32>) -> Result<u32, PayError> {
    ran.set(ran.get() + 1);
    Ok(ran.get())
}

#[retryable(jitter = none, timeout = "5s", idempotent, name = "faults::ask")]
async fn ask(ran: &Cell<u32>) -> Result<u32, PayError> {
    ran.set(ran.get() + 1);
    Ok(ran.get())
}

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

#[test]
fn the_first_attempts_fail_with_the_error_and_only_later_ones_run_the_body() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").first(2).with(|| PayError::Busy).then_ok();
    assert_eq!(charge(&ran), Ok(1));
    t.assert("faults::charge").calls(1).attempts(3).slept("3s").delays(["1s", "2s"]).succeeded();
    let report = t.report("faults::charge");
    assert_eq!(report.attempts[0].error.as_deref(), Some("busy"));
}

#[test]
fn an_async_body_replaced_by_a_fault_is_not_polled() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::ask").first(1).with(|| PayError::Busy);
    assert_eq!(futures::executor::block_on(ask(&ran)), Ok(1));
    t.assert("faults::ask").attempts(2).slept("1s");
}

#[test]
fn the_first_attempts_of_a_function_are_counted_over_all_calls_of_the_scope() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").first(2).with(|| PayError::Declined);
    assert_eq!(charge(&ran), Err(PayError::Declined));
    assert_eq!(charge(&ran), Err(PayError::Declined));
    assert_eq!(charge(&ran), Ok(1));
    t.assert("faults::charge").calls(3).attempts(3).slept("0s");
}

#[test]
fn with_a_count_per_call_every_call_has_its_own_first_attempts() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").first(1).in_each_call().with(|| PayError::Busy);
    assert!(charge(&ran).is_ok() && charge(&ran).is_ok());
    t.assert("faults::charge").calls(2).attempts(4).slept("2s");
}

#[test]
fn every_third_means_the_third_and_the_sixth_attempt() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").every(3).with(|| PayError::Declined);
    let failed: Vec<bool> = (0..7).map(|_| charge(&ran).is_err()).collect();
    assert_eq!(failed, [false, false, true, false, false, true, false]);
}

#[test]
fn a_rate_with_the_same_seed_hits_the_same_attempts() {
    let outcomes = |seed| {
        let (t, ran) = (testing::scope(), Cell::new(0));
        t.seed(seed).fail("faults::charge").rate(0.2).with(|| PayError::Declined);
        (0..500).map(|_| charge(&ran).is_err()).collect::<Vec<_>>()
    };
    let failed = outcomes(7).iter().filter(|failed| **failed).count();
    assert!((60..140).contains(&failed), "{failed} of 500 at a rate of 0.2");
    assert_eq!(outcomes(7), outcomes(7));
    assert_ne!(outcomes(7), outcomes(8));
}

#[test]
fn of_several_matching_faults_the_first_happens_and_all_count_the_attempt() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").first(1).with(|| PayError::Busy);
    t.fail("faults::charge").first(2).with(|| PayError::Declined);
    assert_eq!(charge(&ran), Err(PayError::Declined));
    let report = t.report("faults::charge");
    let errors: Vec<_> = report.attempts.iter().filter_map(|a| a.error.as_deref()).collect();
    assert_eq!(errors, ["busy", "declined"]);
}

#[test]
fn a_fault_after_the_body_keeps_the_effect_and_loses_the_answer() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").first(1).with(|| PayError::NoAnswer).after_body();
    assert_eq!(charge(&ran), Err(PayError::NoAnswer));
    assert_eq!(ran.get(), 1);
    t.assert("faults::charge").attempts(1).stopped(StopReason::Ambiguous);
}

#[test]
fn a_fault_after_an_async_body_loses_the_answer_too() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::ask").first(1).with(|| PayError::NoAnswer).after_body();
    assert_eq!(futures::executor::block_on(ask(&ran)), Ok(2));
}

#[test]
fn latency_advances_the_scopes_time_before_the_body_runs() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").latency("200ms");
    assert_eq!(charge(&ran), Ok(1));
    assert_eq!(t.elapsed(), Duration::from_millis(200));
    let duration = t.report("faults::charge").attempts[0].duration;
    assert_eq!(duration, Some(Duration::from_millis(200)));
}

#[test]
fn latency_longer_than_the_timeout_causes_a_timeout() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::ask").first(1).latency("6s");
    assert_eq!(futures::executor::block_on(ask(&ran)), Ok(1));
    t.assert("faults::ask").attempts(2).slept("1s");
    assert_eq!(t.elapsed(), SECONDS(6), "five until the timeout, one until the retry");
}

#[test]
fn a_hanging_attempt_is_ended_by_the_timeout() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::ask").hang();
    let cut = Interruption::TimedOut { after: SECONDS(5) };
    assert_eq!(futures::executor::block_on(ask(&ran)), Err(PayError::Interrupted(cut)));
    assert_eq!(ran.get(), 0);
    t.assert("faults::ask").attempts(4).slept("7s").stopped(StopReason::Exhausted);
    assert_eq!(t.elapsed(), SECONDS(27));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_attempt_is_ended_by_the_timeout_under_tokios_paused_clock() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::ask").first(1).hang();
    t.fail("faults::ask").first(2).latency("1s");
    assert_eq!(ask(&ran).await, Ok(1));
    assert_eq!(t.elapsed(), SECONDS(7), "five until the timeout, one of pause, one of latency");
    t.assert("faults::ask").attempts(2).slept("1s").succeeded();
}

#[test]
fn an_injected_panic_propagates_like_a_panic_of_the_body() {
    let (t, ran) = (testing::scope(), Cell::new(0));
    t.fail("faults::charge").first(1).panic();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| charge(&ran)));
    let payload = panicked.expect_err("it panics");
    let text = payload.downcast_ref::<String>().expect("a text");
    assert_eq!(text, "attempt 1 was made to panic");
    t.assert("faults::charge").calls(1).stopped(StopReason::Aborted);
}

mod errors {
    use std::io;

    use super::*;

    #[retryable(on = any, jitter = none)]
    fn as_text() -> Result<u32, String> {
        Ok(1)
    }

    #[retryable(jitter = none)]
    fn as_option() -> Option<u32> {
        Some(1)
    }

    #[retryable(jitter = none)]
    fn borrows(text: &str) -> io::Result<&str> {
        Ok(text)
    }

    #[retryable(jitter = none)]
    fn boxed() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        Ok(1)
    }

    struct Own;
    impl Classify for Own {
        fn classify(&self) -> retry_runtime::Class {
            retry_runtime::Kind::Transient.into()
        }
    }
    impl retry_runtime::Inject for Own {}

    #[retryable(jitter = none)]
    fn by_hand() -> Result<u32, Own> {
        Ok(1)
    }

    struct Generic<E>(std::marker::PhantomData<E>);
    impl<E: Classify> Generic<E> {
        #[retryable(jitter = none, name = "errors::generic")]
        fn ask(&self) -> Result<u32, E> {
            Ok(1)
        }
    }

    #[test]
    fn errors_of_many_types_can_be_injected() {
        let t = testing::scope();
        t.fail("errors::as_text").first(1).with(|| "down".to_owned());
        t.fail("as_option").first(1).with(|| retry_runtime::Missing);
        t.fail("borrows").first(1).with(|| io::Error::from(io::ErrorKind::ConnectionRefused));
        t.fail("boxed").first(1).with(|| -> Box<dyn std::error::Error + Send + Sync> {
            Box::new(io::Error::from(io::ErrorKind::ConnectionRefused))
        });
        t.fail("by_hand").first(1).with(|| Own);
        assert_eq!(as_text(), Ok(1));
        assert_eq!(as_option(), Some(1));
        assert_eq!(borrows("x").expect("the second attempt"), "x");
        assert_eq!(boxed().expect("the second attempt"), 1);
        assert!(by_hand().is_ok());
        for name in ["as_text", "as_option", "borrows", "boxed", "by_hand"] {
            t.assert(name).attempts(2).slept("1s").succeeded();
        }
    }

    #[test]
    #[should_panic(expected = "but errors of `errors::generic` cannot be injected: implement \
                               `retry_runtime::Inject` for")]
    fn an_error_of_a_generic_type_cannot_be_injected() {
        let t = testing::scope();
        t.fail("errors::generic").first(1).with(|| PayError::Busy);
        let _ = Generic::<PayError>(std::marker::PhantomData).ask();
    }
}
