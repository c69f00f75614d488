//! Budgets of annotated functions while things fail for a while: lone calls, patient calls, polls, hanging retries, keys.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use retry_runtime::{Classify, DelaySource, Interruption, StopReason, observe, retryable};
use tokio::time::{Instant, advance, sleep, timeout};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
enum Trouble {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

const SECOND: Duration = Duration::from_secs(1);

fn owed(name: &str) -> f64 {
    retry_runtime::budget(name).expect("the function is linked").owed()
}

fn down(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

#[tokio::test(start_paused = true)]
async fn a_lone_call_makes_all_of_its_retries_and_so_do_two_at_once() {
    #[retryable(max = 20, base = "1s", name = "outage::lone")]
    async fn lone(calls: &Cell<u32>) -> Result<u32, Trouble> {
        down(calls)
    }
    let calls = Cell::new(0);
    let (_, report) = observe(lone(&calls)).await;
    assert_eq!((calls.take(), report.reason), (21, StopReason::Exhausted));
    assert!(owed("outage::lone") <= 3.0, "the retries after the third owe nothing");

    advance(600 * SECOND).await;
    let both = join_all([lone(&calls), lone(&calls)]).await;
    assert_eq!((calls.get(), both.len()), (42, 2));
}

#[tokio::test(start_paused = true)]
async fn a_fourth_call_beside_three_that_are_being_retried_makes_them_all_pay() {
    #[retryable(max = 20, base = "1s", jitter = none, name = "outage::four")]
    async fn four(calls: &Cell<u32>) -> Result<u32, Trouble> {
        down(calls)
    }
    let calls = Cell::new(0);
    join_all([four(&calls), four(&calls), four(&calls), four(&calls)]).await;
    assert!(calls.get() <= 4 + 7, "{} attempts", calls.get());
}

#[retryable(attempts = unlimited, deadline = "10m", base = "1s", name = "budget_outage::patient")]
async fn patient(calls: &Cell<u32>) -> Result<u32, Trouble> {
    down(calls)
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_limit_on_its_attempts_uses_its_ten_minutes() {
    let (calls, start) = (Cell::new(0), Instant::now());
    let (_, report) = observe(patient(&calls)).await;
    assert_eq!(report.reason, StopReason::Deadline);
    assert!(start.elapsed() >= 570 * SECOND, "ended after {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn calls_that_the_budget_holds_back_outlast_the_outage_and_do_not_come_back_together() {
    let calls = Cell::new(0);
    let reports = join_all((0..20).map(|_| observe(patient(&calls)))).await;
    let mut held = BTreeSet::new();
    let mut delays = 0;
    for (_, report) in reports {
        assert_ne!(report.reason, StopReason::Budget);
        let of_budget = report.attempts.iter().filter_map(|attempt| attempt.delay);
        for delay in of_budget.filter(|delay| delay.source == DelaySource::Budget) {
            assert!((15 * SECOND..=30 * SECOND).contains(&delay.length), "{delay:?}");
            held.insert(delay.length);
            delays += 1;
        }
    }
    assert!(delays > 300, "{delays} refusals");
    assert_eq!(held.len(), delays, "no two are equal");
}

#[tokio::test(start_paused = true)]
async fn a_poll_until_a_value_is_there_draws_nothing_from_the_budget() {
    #[retryable(
        max = 100, base = "1s", on = any, retry_if = |state: &&str| *state == "pending",
        name = "outage::poll", budget(capacity = 1)
    )]
    async fn poll(calls: &Cell<u32>) -> Result<&'static str, Trouble> {
        calls.set(calls.get() + 1);
        Ok(if calls.get() > 90 { "done" } else { "pending" })
    }
    let calls = Cell::new(0);
    assert_eq!(poll(&calls).await, Ok("done"));
    assert_eq!((calls.take(), owed("outage::poll")), (91, 0.0));

    #[retryable(max = 1, base = "1s", retry_if = |_| true, name = "outage::grpc", budget = grpc)]
    async fn never(calls: &Cell<u32>) -> Result<u32, Trouble> {
        calls.set(calls.get() + 1);
        Ok(1)
    }
    assert_eq!(never(&calls).await, Ok(1));
    assert_eq!(owed("outage::grpc"), 0.0, "the last value is no failure either");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_calls_whose_retry_hangs_and_whose_callers_leave_make_few_requests_more() {
    #[retryable(max = 3, base = "100ms", name = "outage::hangs")]
    async fn hangs(requests: &Cell<u32>, failed: &Cell<bool>) -> Result<u32, Trouble> {
        requests.set(requests.get() + 1);
        if failed.replace(true) { std::future::pending().await } else { Err(Trouble::Down) }
    }
    let requests = Cell::new(0);
    for _ in 0..200 {
        let _ = timeout(SECOND, hangs(&requests, &Cell::new(false))).await;
    }
    assert!(requests.get() <= 220, "{} requests", requests.get());

    let at_once = Cell::new(0);
    advance(3_600 * SECOND).await;
    let fresh: Vec<_> = (0..200).map(|_| Cell::new(false)).collect();
    join_all(fresh.iter().map(|failed| timeout(SECOND, hangs(&at_once, failed)))).await;
    assert!(at_once.get() <= 220, "{} requests at once", at_once.get());
}

#[tokio::test(start_paused = true)]
async fn a_dead_host_does_not_spend_the_retries_of_a_healthy_one() {
    #[retryable(max = 3, base = "100ms", name = "outage::hosts", budget(key = host))]
    async fn by_budget(host: &str, script: &RefCell<Vec<bool>>) -> Result<u32, Trouble> {
        if host == "dead" || !script.borrow_mut().pop().unwrap_or(true) {
            return Err(Trouble::Down);
        }
        Ok(1)
    }
    #[retryable(max = 3, base = "100ms", name = "outage::by_breaker", breaker(key = host, min_calls = 1000))]
    async fn by_breaker(host: String, script: &RefCell<Vec<bool>>) -> Result<u32, Trouble> {
        if host == "dead" || !script.borrow_mut().pop().unwrap_or(true) {
            return Err(Trouble::Down);
        }
        Ok(1)
    }
    let script = RefCell::new(Vec::new());
    let (mut owed_by_dead, mut reasons) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        reasons.push(observe(by_budget("dead", &script)).await.1.reason);
        let _ = by_breaker("dead".to_owned(), &script).await;
        owed_by_dead.push(owed("outage::hosts"));
    }
    assert_eq!(reasons[5], StopReason::Budget, "{reasons:?}");
    assert!(owed_by_dead[5] < 5.0, "the function's own has tokens left: {owed_by_dead:?}");
    for _ in 0..6 {
        script.replace(vec![true, false]);
        assert_eq!(by_budget("healthy", &script).await, Ok(1));
        script.replace(vec![true, false]);
        assert_eq!(by_breaker("healthy".to_owned(), &script).await, Ok(1));
    }
    for name in ["outage::hosts", "outage::by_breaker"] {
        let keys = retry_runtime::budget_keys(name);
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["dead", "healthy"]);
        assert!(keys["dead"].owed() > 2.0 && keys["healthy"].owed() == 0.0, "{keys:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_gets_its_token_back_where_the_functions_own_budget_refuses() {
    #[retryable(max = 1, base = "1s", name = "outage::above", budget(key = host, capacity = 10))]
    async fn ask(host: u32) -> Result<u32, Trouble> {
        let _ = host;
        Err(Trouble::Down)
    }
    for host in 0..6 {
        assert_eq!(observe(ask(host)).await.1.reason, StopReason::Exhausted);
    }
    assert_eq!(observe(ask(100)).await.1.reason, StopReason::Budget);
    let keys = retry_runtime::budget_keys("outage::above");
    assert_eq!((keys["100"].owed(), keys["5"].owed().ceil()), (0.0, 1.0));
    assert_eq!(keys["5"].capacity(), 10.0, "the settings are those of each key");
    assert!(owed("outage::above") > 5.0);
}

#[tokio::test(start_paused = true)]
async fn a_shared_table_is_one_table_and_one_budget_above() {
    #[retryable(max = 1, base = "1s", budget("outage::shared", key = host))]
    async fn one(host: &str) -> Result<u32, Trouble> {
        let _ = host;
        Err(Trouble::Down)
    }
    #[retryable(max = 1, base = "1s", budget("outage::shared", key = host, keys = 2))]
    async fn other(host: &str) -> Result<u32, Trouble> {
        let _ = host;
        Err(Trouble::Down)
    }
    for _ in 0..2 {
        let _ = (one("a").await, other("a").await);
    }
    let keys = retry_runtime::budget_keys("outage::shared");
    assert!(keys["a"].owed() > 2.5 && owed("outage::shared") > 2.5, "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cleared_function_keeps_the_volume_of_its_calls() {
    #[retryable(max = 1, base = "0s", name = "outage::cleared")]
    async fn flaky(fails: bool) -> Result<u32, Trouble> {
        if fails { Err(Trouble::Down) } else { Ok(1) }
    }
    for call in 0..300 {
        sleep(Duration::from_millis(100)).await;
        let _ = flaky(call % 100 == 99).await;
        if call % 50 == 0 {
            retry_runtime::clear("outage::cleared");
        }
    }
    let capacity = retry_runtime::budget("outage::cleared").unwrap().capacity();
    assert!((16.0..=20.0).contains(&capacity), "{capacity} for 300 calls in 30 s");
    sleep(60 * SECOND).await;
    assert!(retry_runtime::budget("outage::cleared").unwrap().capacity() < 14.0);
}
