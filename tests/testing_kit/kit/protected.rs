//! The budgets, breakers and settings of a scope.

use std::time::Duration;

use retry_runtime::breaker::Mode;
use retry_runtime::{Interruption, StopReason, retryable};
use retry_testing as testing;

use crate::faults::PayError;

#[retryable(max = 3, jitter = none, name = "protected::fetch")]
fn fetch() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 0, breaker(consecutive = 2, open = "10s"), name = "protected::guarded")]
fn guarded() -> Result<u32, PayError> {
    Ok(1)
}

#[retryable(max = 0, breaker("hosts", consecutive = 1, key = host), name = "protected::keyed")]
fn keyed(host: &str) -> Result<usize, PayError> {
    Ok(host.len())
}

#[retryable(max = 8, name = "protected::spread")]
fn spread() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[test]
fn every_scope_has_a_full_budget_and_leaves_the_process_budget_alone() {
    for _ in 0..5 {
        let t = testing::scope();
        for _ in 0..5 {
            assert!(fetch().is_err());
        }
        // Six tokens: two calls with three retries.
        t.assert("protected::fetch").calls(5).attempts(11).stopped(StopReason::Budget);
    }
    let budget = retry_runtime::budget("protected::fetch").expect("every function has a budget");
    assert_eq!(budget.owed().to_bits(), 0.0_f64.to_bits());
}

#[test]
fn without_a_budget_every_retry_is_made() {
    let t = testing::scope();
    t.budget_off();
    for _ in 0..5 {
        assert!(fetch().is_err());
    }
    t.assert("protected::fetch").attempts(20).stopped(StopReason::Exhausted);
}

#[test]
fn a_breaker_opens_and_closes_only_in_its_scope() {
    let open = |result: Result<u32, PayError>| {
        matches!(result, Err(PayError::Interrupted(Interruption::CircuitOpen { .. })))
    };
    for _ in 0..2 {
        let t = testing::scope();
        t.fail("protected::guarded").first(2).with(|| PayError::Busy);
        assert!(!open(guarded()) && !open(guarded()), "each scope starts with a closed breaker");
        assert!(open(guarded()));
        let here = retry_runtime::breaker("protected::guarded").expect("the scope's own");
        assert_eq!(here.mode(), Mode::Open);
        t.advance("13s");
        assert_eq!(guarded(), Ok(1), "a probe succeeds after the open period");
    }
    let breaker = retry_runtime::breaker("protected::guarded").expect("the function's own");
    assert_eq!(breaker.figures().calls, 0, "the breaker of the process has recorded nothing");
}

#[test]
fn keyed_breakers_belong_to_the_scope_too() {
    for _ in 0..2 {
        let t = testing::scope();
        t.fail("protected::keyed").first(1).with(|| PayError::Busy);
        assert_eq!(keyed("eu"), Err(PayError::Busy));
        assert!(keyed("eu").is_err_and(|error| error != PayError::Busy), "open");
        assert_eq!(keyed("usa"), Ok(3));
    }
}

#[test]
fn the_same_seed_gives_the_same_delays_and_another_seed_different_ones() {
    let delays = |seed: Option<u64>| {
        let t = testing::scope();
        seed.map(|seed| t.seed(seed));
        assert!(spread().is_err());
        t.delays("protected::spread")
    };
    assert_eq!(delays(Some(7)), delays(Some(7)));
    assert_eq!(delays(None), delays(None));
    assert_ne!(delays(Some(7)), delays(Some(8)));
}

#[test]
fn without_jitter_the_delays_are_the_plain_backoff() {
    let t = testing::scope();
    t.jitter_off().attempts_at_most(4);
    assert!(spread().is_err());
    t.assert("protected::spread").attempts(4).delays(["1s", "2s", "4s"]);
}

#[test]
fn attempts_at_most_lowers_the_limit_and_never_raises_it() {
    let t = testing::scope();
    t.attempts_at_most(2);
    assert!(fetch().is_err());
    t.assert("protected::fetch").attempts(2).slept("1s").stopped(StopReason::Exhausted);
    t.attempts_at_most(100);
    assert!(fetch().is_err());
    assert_eq!(t.attempts("protected::fetch"), 2 + 4);
}

#[test]
fn code_in_a_scope_takes_no_virtual_time_unless_the_test_advances_it() {
    let t = testing::scope();
    assert_eq!(t.elapsed(), Duration::ZERO);
    t.advance("90s");
    assert_eq!(t.elapsed(), Duration::from_secs(90));
}
