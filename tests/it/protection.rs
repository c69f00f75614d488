//! Budgets and breakers of annotated functions: what they refuse, which tokens they return, what callers see.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
use retry_runtime::budget::{Budget, BudgetSettings};
use retry_runtime::{
    Classify, Interruption, RetryError, StopReason, observe, observe_blocking, retryable,
};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
enum Trouble {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("slow down")]
    #[classify(throttled)]
    Throttled,
    #[error("refused")]
    #[classify(permanent)]
    Refused,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(max = 3, base = "0s", name = "protection::dead")]
fn dead(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

#[test]
fn a_dead_dependency_gets_little_more_than_its_normal_load() {
    let calls = Cell::new(0);
    let mut refused = 0;
    for _ in 0..1000 {
        let (result, report) = observe_blocking(|| dead(&calls));
        assert_eq!(result, Err(Trouble::Down), "the original failure comes back");
        refused += u32::from(report.reason == StopReason::Budget);
    }
    // Six tokens at first, and twenty once the budget has seen the volume.
    assert_eq!(calls.get(), 1000 + 20);
    assert!(refused >= 990);
    assert!(retry_runtime::budget("protection::dead").unwrap().available() < 1.0);
}

#[test]
fn a_successful_retry_gets_its_token_back() {
    #[retryable(max = 1, base = "0s", name = "protection::flaky")]
    fn flaky(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        if calls.get() % 2 == 0 { Ok(1) } else { Err(Trouble::Down) }
    }
    let calls = Cell::new(0);
    for _ in 0..100 {
        assert_eq!(flaky(&calls), Ok(1));
    }
    assert_eq!(retry_runtime::budget("protection::flaky").unwrap().owed(), 0.0);
}

#[test]
fn a_budget_shared_by_name_is_spent_by_all_and_configured_by_one() {
    #[retryable(max = 9, base = "0s", budget("protection::shared", capacity = 2, deposit = 0.0))]
    fn first(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Err(Trouble::Down)
    }
    #[retryable(max = 9, base = "0s", budget = "protection::shared")]
    fn second(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Err(Trouble::Down)
    }
    let calls = Cell::new(0);
    second(&calls).unwrap_err();
    assert_eq!(calls.get(), 3, "two retries, as the other function's attribute says");
    first(&calls).unwrap_err();
    assert_eq!(calls.get(), 4, "nothing is left");
}

#[test]
fn without_a_budget_only_the_attempt_limit_holds_and_a_static_budget_can_be_named() {
    static SMALL: Budget = Budget::new(BudgetSettings::new().capacity(1));
    #[retryable(max = 20, base = "0s", budget = none)]
    fn endless(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Err(Trouble::Throttled)
    }
    #[retryable(max = 20, base = "0s", budget = SMALL)]
    fn small(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Err(Trouble::Throttled)
    }
    let calls = Cell::new(0);
    endless(&calls).unwrap_err();
    assert_eq!(calls.get(), 21);
    small(&calls).unwrap_err();
    assert_eq!(calls.get(), 21 + 3, "a retry after `Throttled` costs half a token");
}

#[test]
fn a_preset_is_chosen_by_its_name() {
    #[retryable(max = 9, base = "0s", budget = grpc, name = "protection::grpc")]
    fn grpc(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Err(Trouble::Down)
    }
    let calls = Cell::new(0);
    grpc(&calls).unwrap_err();
    assert_eq!(calls.get(), 5, "retries while more than half of the 10 tokens are left");
}

#[tokio::test(start_paused = true)]
async fn a_future_dropped_during_a_pause_owes_nothing_and_one_dropped_during_a_retry_does() {
    #[retryable(max = 3, base = "1s", jitter = none, name = "protection::dropped")]
    async fn slow(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        tokio::time::sleep(Duration::from_secs(1)).await;
        Err(Trouble::Down)
    }
    let budget = retry_runtime::budget("protection::dropped").unwrap();
    for (millis, calls_made, owed) in [(500, 1, 0.0), (1500, 1, 0.0), (2500, 2, 1.0)] {
        let calls = Cell::new(0);
        let dropped = tokio::time::timeout(Duration::from_millis(millis), slow(&calls)).await;
        assert!(dropped.is_err());
        assert_eq!((calls.get(), budget.owed().ceil()), (calls_made, owed), "after {millis} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_during_a_call_ends_it_with_the_last_error() {
    #[retryable(max = 9, base = "1s", breaker(consecutive = 2), name = "protection::opens")]
    async fn opens(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Err(Trouble::Down)
    }
    let calls = Cell::new(0);
    let (result, report) = observe(opens(&calls)).await;
    assert_eq!((result, report.reason), (Err(Trouble::Down), StopReason::CircuitOpen));
    assert_eq!(calls.get(), 2);

    let (result, report) = observe(opens(&calls)).await;
    let Err(Trouble::Interrupted(Interruption::CircuitOpen { retry_after: Some(wait) })) = result
    else {
        panic!("refused on the first attempt: {result:?}");
    };
    assert_eq!((report.reason, report.retry_after), (StopReason::CircuitOpen, Some(wait)));
    assert_eq!((calls.get(), report.attempts_made()), (2, 0));

    let breaker = retry_runtime::breaker("protection::opens").unwrap();
    assert_eq!(breaker.mode(), Mode::Open);
    breaker.admission().await;
    assert!(breaker.permit().is_ok());
}

#[test]
fn recover_sees_that_the_breaker_is_open() {
    fn instead(failure: RetryError<Trouble>) -> Result<u32, Trouble> {
        assert_eq!(failure.reason(), StopReason::CircuitOpen);
        Ok(7)
    }
    #[retryable(max = 9, base = "0s", breaker(consecutive = 1), recover = instead)]
    fn falls_back() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    assert_eq!(falls_back(), Ok(7));
    assert_eq!(falls_back(), Ok(7));
}

#[test]
fn permanent_failures_do_not_open_a_breaker() {
    #[retryable(breaker(consecutive = 1), name = "protection::permanent")]
    fn refused() -> Result<u32, Trouble> {
        Err(Trouble::Refused)
    }
    assert_eq!(refused(), Err(Trouble::Refused));
    assert_eq!(retry_runtime::breaker("protection::permanent").unwrap().mode(), Mode::Closed);
}

#[test]
fn a_keyed_breaker_leaves_other_keys_alone() {
    #[retryable(max = 0, breaker("protection::hosts", consecutive = 1, key = host, keys = 8))]
    fn ask(host: &str, calls: &AtomicU32) -> Result<u32, Trouble> {
        calls.fetch_add(1, Ordering::Relaxed);
        if host == "bad" { Err(Trouble::Down) } else { Ok(1) }
    }
    let calls = AtomicU32::new(0);
    assert_eq!(ask("bad", &calls), Err(Trouble::Down));
    assert!(matches!(ask("bad", &calls), Err(Trouble::Interrupted(_))));
    assert_eq!(ask("good", &calls), Ok(1));
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let bad = retry_runtime::breaker("protection::hosts[bad]").unwrap();
    assert_eq!(bad.mode(), Mode::Open);
}

#[test]
fn a_breaker_is_shared_by_name_by_constant_and_by_static() {
    const SHARED: &str = "protection::payments";
    static DECLARED: Breaker = Breaker::new("declared", BreakerSettings::new().consecutive(1));
    #[retryable(max = 0, breaker("protection::payments", consecutive = 1))]
    fn trips() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    #[retryable(breaker = SHARED)]
    fn by_constant() -> Result<u32, Trouble> {
        Ok(1)
    }
    #[retryable(breaker = DECLARED)]
    fn by_static() -> Result<u32, Trouble> {
        Ok(1)
    }
    assert_eq!(by_constant(), Ok(1));
    assert_eq!(trips(), Err(Trouble::Down));
    assert!(by_constant().is_err());
    assert_eq!(by_static(), Ok(1));
    retry_runtime::breaker("declared").unwrap().force_open();
    assert!(by_static().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_timed_out_attempt_counts_as_a_failure_for_the_breaker_and_a_dropped_one_does_not() {
    #[retryable(
        max = 0,
        timeout = "1s",
        idempotent,
        breaker(consecutive = 2),
        name = "protection::hangs"
    )]
    async fn hangs() -> Result<u32, Trouble> {
        std::future::pending().await
    }
    let breaker = retry_runtime::breaker("protection::hangs").unwrap();
    for _ in 0..5 {
        assert!(tokio::time::timeout(Duration::from_millis(500), hangs()).await.is_err());
    }
    assert_eq!((breaker.mode(), breaker.figures().calls), (Mode::Closed, 0));
    for _ in 0..2 {
        assert!(matches!(hangs().await, Err(Trouble::Interrupted(Interruption::TimedOut { .. }))));
    }
    assert_eq!(breaker.mode(), Mode::Open);
}

#[test]
fn a_panic_counts_as_a_failure_and_propagates() {
    #[retryable(breaker(consecutive = 1), name = "protection::panics")]
    fn panics() -> Result<u32, Trouble> {
        panic!("on purpose")
    }
    assert!(std::panic::catch_unwind(panics).is_err());
    assert_eq!(retry_runtime::breaker("protection::panics").unwrap().mode(), Mode::Open);
}

#[test]
fn methods_with_the_same_name_have_separate_keyed_breakers() {
    struct First;
    struct Second;
    impl First {
        #[retryable(max = 0, breaker(consecutive = 1, key = host))]
        fn ask(&self, host: &str) -> Result<u32, Trouble> {
            let _ = host;
            Err(Trouble::Down)
        }
    }
    impl Second {
        #[retryable(max = 0, breaker(consecutive = 1, key = host))]
        fn ask(&self, host: &str) -> Result<u32, Trouble> {
            let _ = host;
            Ok(1)
        }
    }
    assert_eq!(First.ask("a"), Err(Trouble::Down));
    assert!(matches!(First.ask("a"), Err(Trouble::Interrupted(_))));
    assert_eq!(Second.ask("a"), Ok(1));
}

#[test]
fn a_setting_of_none_removes_the_default() {
    #[retryable(budget(capacity = 3, refill = none), name = "protection::no_refill")]
    fn quiet() -> Result<u32, Trouble> {
        Ok(1)
    }
    assert_eq!(quiet(), Ok(1));
    let budget = retry_runtime::budget("protection::no_refill").unwrap();
    assert_eq!(*budget.settings(), BudgetSettings::new().capacity(3).no_refill());
}
