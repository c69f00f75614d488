//! Testing annotated functions: `cargo test --example testing`; `cargo run --example testing` prints double effects.
//!
//! A shop orders from a supplier. The tests need no supplier and take no time: they choose by name which attempts
//! fail, and they read like requirements.

use std::cell::RefCell;
use std::collections::HashSet;
use std::process::ExitCode;

use retry_runtime::{CallId, Classify, Interruption, retryable};
use retry_testing as testing;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[cfg_attr(not(test), allow(dead_code, reason = "constructed in the tests"))]
enum OrderError {
    #[error("connection refused")]
    #[classify(transient)]
    Refused,
    #[error("no answer")]
    #[classify(ambiguous)]
    NoAnswer,
    #[error("sold out")]
    #[classify(permanent)]
    SoldOut,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// A test double of the supplier: delivers for every request unless it has already seen the request's key.
#[derive(Default)]
struct Supplier {
    seen: RefCell<HashSet<CallId>>,
}

impl Supplier {
    fn post(&self, key: Option<CallId>) -> Result<u32, OrderError> {
        if key.is_none_or(|key| self.seen.borrow_mut().insert(key)) {
            testing::effect("delivered");
        }
        Ok(1)
    }
}

/// Wrongly declared idempotent: every request is another order.
#[retryable(idempotent, name = "shop::order")]
fn order(supplier: &Supplier) -> Result<u32, OrderError> {
    supplier.post(None)
}

/// Sends the same key in every attempt of a call, so the supplier recognises a repeated request.
#[retryable(idempotent, attempt = attempt, name = "shop::order_once")]
fn order_once(supplier: &Supplier) -> Result<u32, OrderError> {
    supplier.post(Some(attempt.call_id()))
}

#[retryable(max = 2, base = "10s", timeout = "20s", jitter = none, idempotent, name = "shop::stock")]
#[cfg_attr(not(test), allow(dead_code, reason = "called in the tests"))]
async fn stock(item: &str) -> Result<usize, OrderError> {
    Ok(item.len())
}

fn main() -> ExitCode {
    let (t, supplier) = (testing::scope(), Supplier::default());
    let without = t.explore(|| order(&supplier));
    println!("without a key: {without}\n");
    let with = t.explore(|| order_once(&supplier));
    println!("with the call's id as the key: {with}");
    if without.doubled().is_empty() || !with.doubled().is_empty() {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use retry_runtime::StopReason;

    use super::*;

    #[test]
    fn an_order_succeeds_when_the_supplier_is_back_after_two_attempts() {
        let (t, supplier) = (testing::scope(), Supplier::default());
        t.jitter_off().fail("shop::order").first(2).with(|| OrderError::Refused).then_ok();
        assert_eq!(order(&supplier), Ok(1));
        t.assert("shop::order").attempts(3).delays(["1s", "2s"]).succeeded();
        assert_eq!(t.effects("delivered"), 1);
    }

    #[test]
    fn a_sold_out_item_is_not_retried() {
        let (t, supplier) = (testing::scope(), Supplier::default());
        t.fail("shop::order").with(|| OrderError::SoldOut);
        assert_eq!(order(&supplier), Err(OrderError::SoldOut));
        t.assert("shop::order").attempts(1).slept("0s").stopped(StopReason::Permanent);
    }

    #[test]
    fn without_a_key_a_lost_answer_causes_a_second_delivery() {
        let (t, supplier) = (testing::scope(), Supplier::default());
        t.fail("shop::order").first(1).with(|| OrderError::NoAnswer).after_body();
        assert_eq!(order(&supplier), Ok(1));
        assert_eq!(t.effects("delivered"), 2);
    }

    #[test]
    fn with_a_key_nothing_is_ever_delivered_twice() {
        let (t, supplier) = (testing::scope(), Supplier::default());
        t.explore(|| order_once(&supplier)).assert_once();
    }

    #[tokio::test]
    async fn a_stock_request_without_an_answer_is_given_up_after_a_minute_and_a_half() {
        let t = testing::scope();
        t.fail("shop::stock").hang();
        let timed_out = Interruption::TimedOut { after: Duration::from_secs(20) };
        assert_eq!(stock("tea").await, Err(OrderError::Interrupted(timed_out)));
        t.assert("shop::stock").attempts(3).slept_about("30s").stopped(StopReason::Exhausted);
        assert_eq!(t.elapsed(), Duration::from_secs(90));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stock_request_can_run_on_another_thread() {
        let t = testing::scope();
        t.fail("shop::stock").first(1).latency("200ms").with(|| OrderError::Refused);
        let task = tokio::spawn(t.wrap(stock("tea")));
        assert_eq!(task.await.expect("no panic"), Ok(3));
        t.assert("shop::stock").attempts(2).slept("10s");
    }

    #[test]
    fn the_schedule_of_an_order_is_as_documented() {
        let site = retry_runtime::site("shop::order").expect("the function is annotated");
        assert_eq!(
            testing::schedule(site.policy()).to_string(),
            "retry 1: 0ns to 1s, up to 1s in all\n\
             retry 2: 0ns to 2s, up to 3s in all\n\
             retry 3: 0ns to 4s, up to 7s in all\n"
        );
    }
}
