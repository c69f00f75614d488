//! Tests of the `async` functions.

use retry_runtime::{Interruption, StopReason};
use retry_testing as testing;
use std::time::Duration;

use crate::service::{ShopError, order, parcel, price};

#[tokio::test]
async fn a_price_is_requested_once_if_the_answer_comes() {
    let t = testing::scope();
    assert_eq!(price("tea").await, Ok(9));
    t.assert("price").attempts(1).succeeded();
}

#[tokio::test]
async fn a_price_survives_one_failure() {
    let t = testing::scope();
    t.fail("price").first(1).with(|| ShopError::Refused).then_ok();
    assert_eq!(price("tea").await, Ok(9));
    t.assert("price").attempts(2).slept("2s").succeeded();
}

#[tokio::test]
async fn a_price_survives_two_failures() {
    let t = testing::scope();
    t.fail("price").first(2).with(|| ShopError::Refused).then_ok();
    assert_eq!(price("tea").await, Ok(9));
    t.assert("price").attempts(3).slept("6s").succeeded();
}

#[tokio::test]
async fn a_price_survives_three_failures() {
    let t = testing::scope();
    t.fail("price").first(3).with(|| ShopError::Refused).then_ok();
    assert_eq!(price("tea").await, Ok(9));
    t.assert("price").attempts(4).slept("14s").succeeded();
}

#[tokio::test]
async fn a_price_survives_four_failures() {
    let t = testing::scope();
    t.fail("price").first(4).with(|| ShopError::Refused).then_ok();
    assert_eq!(price("tea").await, Ok(9));
    t.assert("price").attempts(5).slept("30s").succeeded();
}

#[tokio::test]
async fn a_price_without_an_answer_is_given_up() {
    let t = testing::scope();
    t.fail("price").with(|| ShopError::Throttled);
    assert_eq!(price("tea").await, Err(ShopError::Throttled));
    t.assert("price").attempts(5).delays(["2s", "4s", "8s", "16s"]).stopped(StopReason::Exhausted);
}

#[tokio::test(start_paused = true)]
async fn a_price_is_given_up_under_tokios_paused_clock_too() {
    let t = testing::scope();
    t.fail("price").with(|| ShopError::Refused);
    assert_eq!(price("tea").await, Err(ShopError::Refused));
    t.assert("price").attempts(5).slept("30s").stopped(StopReason::Exhausted);
}

#[tokio::test]
async fn prices_are_requested_concurrently() {
    let t = testing::scope();
    t.fail("price").first(2).in_each_call().with(|| ShopError::Refused);
    let (one, two, three) = tokio::join!(price("a"), price("bb"), price("ccc"));
    assert_eq!((one, two, three), (Ok(3), Ok(6), Ok(9)));
    t.assert("price").calls(3).attempts(9).slept("18s");
    assert_eq!(t.elapsed(), Duration::from_secs(6), "the requests wait at the same time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_are_requested_on_other_threads() {
    let t = testing::scope();
    t.fail("price").first(3).with(|| ShopError::Refused);
    let tasks: Vec<_> = (0..3).map(|_| tokio::spawn(t.wrap(price("tea")))).collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), Ok(9));
    }
    t.assert("price").calls(3).attempts(6);
}

#[tokio::test]
async fn an_order_waits_for_its_price() {
    let t = testing::scope();
    t.fail("price").first(2).with(|| ShopError::Refused);
    assert_eq!(order("tea").await, Ok(12));
    t.assert("order").attempts(1).slept("0s").succeeded();
    t.assert("price").attempts(3).slept("6s").succeeded();
}

#[tokio::test]
async fn an_order_whose_price_takes_too_long_may_have_been_placed() {
    let t = testing::scope();
    t.fail("price").latency("25s");
    let cut = Interruption::TimedOut { after: Duration::from_secs(20) };
    assert_eq!(order("tea").await, Err(ShopError::Interrupted(cut)));
    t.assert("order").attempts(1).stopped(StopReason::Ambiguous);
}

#[tokio::test]
async fn an_order_survives_long_pauses() {
    let t = testing::scope();
    t.fail("order").first(3).with(|| ShopError::Refused).then_ok();
    assert_eq!(order("tea").await, Ok(12));
    t.assert("order").attempts(4).delays(["5s", "15s", "45s"]).succeeded();
}

#[tokio::test]
async fn a_parcel_is_awaited_until_its_deadline() {
    let t = testing::scope();
    t.fail("parcel").with(|| ShopError::Refused);
    assert_eq!(parcel("tea").await, Err(ShopError::Refused));
    t.assert("parcel").attempts(13).slept("2m").stopped(StopReason::Deadline);
}

#[tokio::test]
async fn a_hanging_parcel_is_interrupted_at_its_deadline() {
    let t = testing::scope();
    t.fail("parcel").hang();
    assert_eq!(parcel("tea").await, Err(ShopError::Interrupted(Interruption::DeadlinePassed)));
    assert_eq!(t.elapsed(), Duration::from_secs(120));
}

#[tokio::test]
async fn an_order_is_never_placed_twice() {
    let t = testing::scope();
    let place = async || {
        testing::effect("placed");
        order("tea").await
    };
    t.explore_async(place).await.assert_once();
}
