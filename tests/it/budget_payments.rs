//! Which ends of a call a budget hears of: the deposit of its first try, the charge of its last failure, and the refund
//! of a retry that was cancelled or answered.

use std::cell::Cell;
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::budget::{Budget, BudgetSettings, Charge, DepositOn, Refund};
use retry_runtime::{
    CancelToken, Classify, Interruption, StopReason, observe, observe_blocking, retryable,
};

use crate::virtual_time::{advance, virtually};

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Classify)]
enum Trouble {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("slow down")]
    #[classify(throttled, after = after)]
    Busy { after: Duration },
    #[error("reset")]
    #[classify(ambiguous)]
    Reset,
    #[error("shedding load")]
    #[classify(overloaded)]
    Shedding,
    #[error("no such thing")]
    #[classify(permanent)]
    Unknown,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// Charges one token for each failure of a kind that is retried, and earns nothing by time or success.
const PER_FAILURE: BudgetSettings = BudgetSettings::new()
    .capacity(10)
    .deposit(0.0)
    .throttled_cost(1.0)
    .refund(Refund::Tokens(0.0))
    .charge(Charge::Failures { above: 0.0 })
    .no_refill();

#[track_caller]
fn check_final(
    budget: &Budget,
    call: impl FnOnce() -> Result<u32, Trouble>,
    reason: StopReason,
    owed: f64,
) {
    budget.reset();
    let (result, report) = observe_blocking(call);
    assert!(result.is_err());
    assert_eq!((report.reason, budget.owed()), (reason, owed), "{report:?}");
}

#[test]
fn the_last_failure_of_a_call_is_charged_if_it_would_have_been_retried() {
    static BUDGET: Budget = Budget::new(PER_FAILURE);
    static BREAKER: Breaker =
        Breaker::new("payments::trips", BreakerSettings::new().consecutive(1));
    #[retryable(max = 1, base = "0s", budget = BUDGET)]
    fn plain(error: Trouble) -> Result<u32, Trouble> {
        Err(error)
    }
    #[retryable(max = 5, base = "0s", deadline = "5s", budget = BUDGET)]
    fn late() -> Result<u32, Trouble> {
        advance(Duration::from_secs(6));
        Err(Trouble::Down)
    }
    #[retryable(max = 5, base = "0s", breaker = BREAKER, budget = BUDGET)]
    fn trips() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    let far = Duration::from_secs(3_600);
    check_final(&BUDGET, || plain(Trouble::Down), StopReason::Exhausted, 2.0);
    check_final(&BUDGET, || virtually(late), StopReason::Deadline, 1.0);
    check_final(
        &BUDGET,
        || plain(Trouble::Busy { after: far }),
        StopReason::RetryAfterTooLong,
        1.0,
    );
    check_final(&BUDGET, trips, StopReason::CircuitOpen, 1.0);
    // Nobody would have retried these.
    check_final(&BUDGET, || plain(Trouble::Reset), StopReason::Ambiguous, 0.0);
    check_final(&BUDGET, || plain(Trouble::Shedding), StopReason::Overloaded, 0.0);
    check_final(&BUDGET, || plain(Trouble::Unknown), StopReason::Permanent, 0.0);
}

#[test]
fn the_budget_of_a_key_hears_of_first_tries_and_last_failures_too() {
    const CHARGED: Charge = Charge::Failures { above: 0.0 };
    #[retryable(
        max = 1, base = "0s", name = "payments::charged_key",
        budget(key = host, capacity = 10, deposit = 0.0, charge = CHARGED)
    )]
    fn charged(host: &str) -> Result<u32, Trouble> {
        let _ = host;
        Err(Trouble::Down)
    }
    #[retryable(
        max = 0, name = "payments::paid_key",
        budget(key = host, capacity = 10, start = 0.0, deposit = 1.0, deposit_on = DepositOn::EveryCall)
    )]
    fn paid(host: &str, result: Result<u32, Trouble>) -> Result<u32, Trouble> {
        let _ = host;
        result
    }
    charged("a").unwrap_err();
    assert_eq!(owed_by_key("payments::charged_key", "a").ceil(), 2.0);
    paid("a", Err(Trouble::Down)).unwrap_err();
    assert_eq!(owed_by_key("payments::paid_key", "a").ceil(), 9.0);
    paid("a", Ok(1)).unwrap();
    assert_eq!(owed_by_key("payments::paid_key", "a").ceil(), 8.0);
}

/// The debt of the budget of one key, rounded up by the caller: time pays off a little of it.
fn owed_by_key(name: &str, key: &str) -> f64 {
    retry_runtime::budget_keys(name)[key].owed()
}

/// Every call pays a token off, also one that fails.
const PER_CALL: BudgetSettings = BudgetSettings::new()
    .capacity(10)
    .start(0.0)
    .deposit(1.0)
    .deposit_on(DepositOn::EveryCall)
    .no_refill();

#[test]
fn a_call_that_fails_makes_one_deposit_where_every_call_does_and_none_elsewhere() {
    static EVERY: Budget = Budget::new(PER_CALL);
    static FIRST_TRY: Budget = Budget::new(PER_CALL.deposit_on(DepositOn::FirstTry));
    #[retryable(max = 0, budget = EVERY)]
    fn every() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    #[retryable(max = 0, budget = FIRST_TRY)]
    fn first_try() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    for _ in 0..3 {
        every().unwrap_err();
        first_try().unwrap_err();
    }
    assert_eq!((EVERY.owed(), FIRST_TRY.owed()), (7.0, 10.0));
}

#[test]
fn only_the_first_attempt_of_a_call_makes_a_deposit() {
    static BUDGET: Budget = Budget::new(PER_CALL);
    #[retryable(max = 3, base = "0s", budget = BUDGET)]
    fn down() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    // The deposit of the first attempt pays for one retry, whose failure costs a token and earns none.
    let (_, report) = observe_blocking(|| down().unwrap_err());
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Budget, 2));
    assert_eq!(BUDGET.owed(), 10.0);
}

#[test]
fn an_attempt_after_a_rejected_value_makes_no_deposit_of_its_own() {
    static BUDGET: Budget = Budget::new(PER_CALL);
    #[retryable(max = 1, base = "0s", retry_if = |value: &u32| *value == 0, budget = BUDGET)]
    fn pending(calls: &Cell<u32>, then: Result<u32, Trouble>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        if calls.get() == 1 { Ok(0) } else { then }
    }
    for (then, owed) in [(Ok(1), 9.0), (Err(Trouble::Unknown), 8.0)] {
        let calls = Cell::new(0);
        assert_eq!((pending(&calls, then), calls.get()), (then, 2));
        assert_eq!(BUDGET.owed(), owed, "one deposit for the call");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_cancelled_before_its_attempt_gives_its_token_back() {
    static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(5).no_refill());
    #[retryable(max = 9, base = "2s", backoff = fixed, jitter = none, cancel = token, budget = BUDGET)]
    async fn cancelled(token: CancelToken) -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    let token = CancelToken::new();
    let canceller = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        token.cancel();
    };
    let ((), (result, report)) = futures::join!(canceller, observe(cancelled(token.clone())));
    assert_eq!(result, Err(Trouble::Interrupted(Interruption::Cancelled)));
    assert_eq!(report.attempts_made(), 2);
    assert_eq!(
        BUDGET.owed(),
        1.0,
        "the retry that was made stays owed, the cancelled one does not"
    );
}

#[test]
fn a_retry_whose_hook_outlasts_the_deadline_gives_its_token_back() {
    static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(5).no_refill());
    #[retryable(
        max = 9, base = "1s", jitter = none, deadline = "10s", budget = BUDGET,
        on_retry = |_| advance(Duration::from_secs(11))
    )]
    fn hook_is_late() -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
    let (_, report) = virtually(|| observe_blocking(hook_is_late));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Deadline, 1));
    assert_eq!(BUDGET.owed(), 0.0);
}

#[test]
fn a_retry_that_is_answered_by_a_rejected_value_gives_its_token_back() {
    static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(5).deposit(0.0).no_refill());
    #[retryable(max = 2, base = "0s", retry_if = |value: &u32| *value == 0, budget = BUDGET)]
    fn polled(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        if calls.get() == 1 { Err(Trouble::Down) } else { Ok(0) }
    }
    let calls = Cell::new(0);
    assert_eq!((polled(&calls), calls.get()), (Ok(0), 3));
    assert_eq!(BUDGET.owed(), 0.0, "the other side answered, and the next attempt owes nothing");
}

#[test]
fn a_success_after_a_refusal_gives_nothing_back_for_the_retry_that_failed_before() {
    static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(1).deposit(0.0).no_refill());
    #[retryable(attempts = forever, base = "1s", budget = BUDGET)]
    fn patient(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        if calls.get() < 3 { Err(Trouble::Down) } else { Ok(1) }
    }
    let calls = Cell::new(0);
    assert_eq!((virtually(|| patient(&calls)), calls.get()), (Ok(1), 3));
    assert_eq!(BUDGET.owed(), 1.0, "the second retry was refused, and owed nothing");
}
