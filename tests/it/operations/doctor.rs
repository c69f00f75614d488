use retry_runtime::{Finding, doctor, retryable};

use super::{Cut, Down, secs};
use crate::virtual_time::{advance, virtually};

/// The doctor's findings about the function with this name.
fn found(name: &str) -> Vec<Finding> {
    doctor().into_iter().filter(|it| it.name == name).map(|it| it.finding).collect()
}

#[test]
fn a_classification_that_never_returns_permanent_is_found_after_enough_failures() {
    #[retryable(max = 4, base = "0s", budget = none, on = any, name = "doctor::everything")]
    fn fetch() -> Result<u32, Down> {
        Err(Down::Unknown)
    }
    let _ = (fetch(), fetch(), fetch());
    assert_eq!(found("doctor::everything"), []);
    let _ = fetch();
    assert_eq!(found("doctor::everything"), [Finding::NeverPermanent { failures: 20 }]);
}

#[test]
fn ambiguous_failures_are_a_finding_only_without_an_idempotency_declaration() {
    #[retryable(max = 4, base = "0s", name = "doctor::undeclared")]
    fn undeclared() -> Result<u32, Down> {
        Err(Down::Lost)
    }
    #[retryable(max = 4, base = "0s", idempotent = false, name = "doctor::declared")]
    fn declared() -> Result<u32, Down> {
        Err(Down::Lost)
    }
    let _ = (undeclared(), declared());
    assert_eq!(found("doctor::undeclared"), [Finding::Undeclared { calls: 1 }]);
    assert_eq!(found("doctor::declared"), []);
}

#[retryable(max = 1, base = "1ms", name = "doctor::blocks")]
fn blocks() -> Result<u32, Down> {
    Err(Down::Down)
}

#[retryable(max = 1, base = "1ms", name = "doctor::blocks_in_its_place")]
fn blocks_in_its_place() -> Result<u32, Down> {
    Err(Down::Down)
}

#[tokio::test]
async fn a_blocking_sleep_is_a_finding_on_a_thread_of_a_runtime_but_not_elsewhere() {
    let _ = blocks();
    let elsewhere = std::thread::spawn(blocks_in_its_place).join();
    assert_eq!(elsewhere.expect("no panic"), Err(Down::Down));
    assert_eq!(found("doctor::blocks"), [Finding::BlockedWorker]);
    assert_eq!(found("doctor::blocks_in_its_place"), []);
    // The task continues.
    tokio::task::yield_now().await;
}

#[test]
fn a_nested_retryable_call_is_found_with_the_maximum_number_of_attempts() {
    #[retryable(max = 3, base = "0s", budget = none, name = "doctor::inner")]
    fn inner() -> Result<u32, Down> {
        Err(Down::Down)
    }
    #[retryable(max = 2, base = "0s", budget = none, name = "doctor::outer")]
    fn outer() -> Result<u32, Down> {
        inner()
    }
    let _ = outer();
    assert_eq!(
        found("doctor::inner"),
        [Finding::Nested { outer: "doctor::outer", worst_case: Some(12) }]
    );
    assert_eq!(found("doctor::outer"), []);
}

#[test]
fn a_budget_that_was_empty_for_more_than_a_minute_is_found() {
    #[retryable(max = 1, base = "0s", budget(capacity = 1, refill = none), name = "doctor::empty")]
    fn fetch() -> Result<u32, Cut> {
        Err(Cut::Down)
    }
    virtually(|| {
        let _ = (fetch(), fetch());
        advance(secs(50));
        let _ = fetch();
        assert_eq!(found("doctor::empty"), []);
        advance(secs(20));
        let _ = fetch();
        assert_eq!(found("doctor::empty"), [Finding::BudgetEmpty { longest: secs(70) }]);
    });
}

mod twins {
    use super::*;

    #[retryable(max = 0, name = "doctor::twin")]
    pub(super) fn one() -> Result<u32, Down> {
        Ok(1)
    }

    #[retryable(max = 0, name = "doctor::twin")]
    pub(super) fn two() -> Result<u32, Down> {
        Ok(2)
    }
}

#[test]
fn functions_with_the_same_name_are_found_before_they_are_called() {
    let [
        Finding::SharedName { others: one, found: first },
        Finding::SharedName { others: two, found: same },
    ] = &found("doctor::twin")[..]
    else {
        panic!("{:?}", doctor())
    };
    assert!(one[0].starts_with(file!()) && two[0].starts_with(file!()) && one != two);
    let text = doctor().into_iter().find(|it| it.name == "doctor::twin").expect("two").to_string();
    assert!(text.contains("give each a `name = …` of its own"), "{text}");
    let holds = retry_runtime::site("doctor::twin").expect("linked");
    assert_eq!((first, same), (&format!("{}:{}", holds.file(), holds.line()), first));
    assert_eq!((twins::one(), twins::two()), (Ok(1), Ok(2)));
}

/// A look-up by name finds one of the functions that share a name. Which one depends on how the program was linked, so
/// a test that counts by a shared name passes on one machine and fails on another.
#[test]
fn no_other_function_of_these_tests_shares_its_name() {
    let shared = doctor().into_iter().filter(|it| matches!(it.finding, Finding::SharedName { .. }));
    let names: Vec<_> = shared.map(|it| it.name).filter(|name| *name != "doctor::twin").collect();
    assert!(names.is_empty(), "give each a `name = …` of its own: {names:#?}");
}

#[test]
fn a_budget_that_refused_once_and_is_full_again_is_not_a_finding() {
    #[retryable(max = 1, base = "0s", budget(capacity = 1, refill = "1s"), name = "doctor::full")]
    fn fetch() -> Result<u32, Cut> {
        Err(Cut::Down)
    }
    virtually(|| {
        let _ = (fetch(), fetch());
        advance(secs(600));
        assert_eq!(found("doctor::full"), []);
    });
}

mod disagreeing {
    use super::*;

    pub(super) const LINE: u32 = line!();
    #[retryable(max = 0, breaker("doctor::shared", consecutive = 3), name = "doctor::first")]
    fn first() -> Result<u32, Cut> {
        Ok(1)
    }

    #[retryable(max = 0, breaker("doctor::shared", consecutive = 4), name = "doctor::second")]
    fn second() -> Result<u32, Cut> {
        Ok(2)
    }

    #[retryable(max = 0, breaker = "doctor::shared", name = "doctor::third")]
    fn third() -> Result<u32, Cut> {
        Ok(3)
    }

    #[retryable(max = 0, budget("doctor::shared", capacity = 3), name = "doctor::fourth")]
    fn fourth() -> Result<u32, Cut> {
        Ok(4)
    }

    #[retryable(max = 0, budget("doctor::shared", capacity = 4), name = "doctor::fifth")]
    fn fifth() -> Result<u32, Cut> {
        Ok(5)
    }

    pub(super) fn call_all() {
        let all = [second(), third(), first(), fourth(), fifth()];
        assert!(all.iter().all(Result::is_ok));
    }
}

#[test]
fn one_name_with_two_settings_is_found_with_the_place_of_the_settings_that_apply() {
    let conflict = |of, line: u32| Finding::ConflictingSettings {
        of,
        shared: "doctor::shared",
        holds: format!("{}:{line}", file!()),
    };
    let expect = || {
        assert_eq!(found("doctor::first"), []);
        assert_eq!(found("doctor::second"), [conflict("breaker", disagreeing::LINE + 1)]);
        assert_eq!(found("doctor::third"), []);
        assert_eq!(found("doctor::fourth"), []);
        assert_eq!(found("doctor::fifth"), [conflict("budget", disagreeing::LINE + 16)]);
    };
    expect();
    disagreeing::call_all();
    expect();
    let breaker = retry_runtime::breaker("doctor::shared").expect("called");
    assert_eq!(breaker.settings().consecutive, Some(3), "the first by file and line");
}

#[test]
fn a_share_that_nothing_connects_is_found_once_calls_use_it() {
    #[retryable(max = 0, breaker(share = "doctor::nowhere"), name = "doctor::shares")]
    fn shares() -> Result<u32, Cut> {
        Ok(1)
    }
    #[retryable(max = 0, breaker(key = host, share = "doctor::nowhere"), name = "doctor::shares_by_key")]
    fn shares_by_key(host: &str) -> Result<u32, Cut> {
        Ok(1)
    }
    #[retryable(max = 0, breaker, name = "doctor::shares_nothing")]
    fn shares_nothing() -> Result<u32, Cut> {
        Ok(1)
    }
    assert_eq!(found("doctor::shares"), [], "the program may connect it before the first call");
    let all = [shares(), shares_by_key("eu"), shares_nothing()];
    assert!(all.iter().all(Result::is_ok));
    let missing = [Finding::NotConnected { share: "doctor::nowhere" }];
    assert_eq!(found("doctor::shares"), missing);
    assert_eq!(found("doctor::shares_by_key"), missing);
    assert_eq!(found("doctor::shares_nothing"), []);
    let told = missing[0].to_string();
    assert!(
        told.starts_with("its breaker has the share `doctor::nowhere`, which nothing"),
        "{told}"
    );
}
