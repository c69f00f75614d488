//! Tests of the sync functions.

use retry_runtime::StopReason;
use retry_testing as testing;

use crate::service::{ShopError, invoice, stock};

#[test]
fn stock_is_requested_once_if_it_answers() {
    let t = testing::scope();
    assert_eq!(stock("tea"), Ok(3));
    t.assert("stock").calls(1).attempts(1).slept("0s").succeeded();
}

#[test]
fn stock_survives_one_failure() {
    let t = testing::scope();
    t.fail("stock").first(1).with(|| ShopError::Refused).then_ok();
    assert_eq!(stock("tea"), Ok(3));
    t.assert("stock").attempts(2).slept("2s").succeeded();
}

#[test]
fn stock_survives_two_failures() {
    let t = testing::scope();
    t.fail("stock").first(2).with(|| ShopError::Refused).then_ok();
    assert_eq!(stock("tea"), Ok(3));
    t.assert("stock").attempts(3).slept("6s").succeeded();
}

#[test]
fn stock_survives_three_failures() {
    let t = testing::scope();
    t.fail("stock").first(3).with(|| ShopError::Refused).then_ok();
    assert_eq!(stock("tea"), Ok(3));
    t.assert("stock").attempts(4).slept("14s").succeeded();
}

#[test]
fn stock_survives_four_failures() {
    let t = testing::scope();
    t.fail("stock").first(4).with(|| ShopError::Refused).then_ok();
    assert_eq!(stock("tea"), Ok(3));
    t.assert("stock").attempts(5).slept("30s").succeeded();
}

#[test]
fn stock_survives_five_failures() {
    let t = testing::scope();
    t.fail("stock").first(5).with(|| ShopError::Refused).then_ok();
    assert_eq!(stock("tea"), Ok(3));
    t.assert("stock").attempts(6).slept("62s").succeeded();
}

#[test]
fn stock_gives_up_after_six_failures() {
    let t = testing::scope();
    t.fail("stock").with(|| ShopError::Refused);
    assert_eq!(stock("tea"), Err(ShopError::Refused));
    t.assert("stock").attempts(6).slept("62s").stopped(StopReason::Exhausted);
}

#[test]
fn stock_does_not_retry_a_missing_item() {
    let t = testing::scope();
    t.fail("stock").first(1).with(|| ShopError::Missing);
    assert_eq!(stock("tea"), Err(ShopError::Missing));
    t.assert("stock").attempts(1).stopped(StopReason::Permanent);
}

#[test]
fn stock_does_not_retry_an_ambiguous_failure() {
    let t = testing::scope();
    t.fail("stock").first(1).with(|| ShopError::NoAnswer).after_body();
    assert_eq!(stock("tea"), Err(ShopError::NoAnswer));
    t.assert("stock").attempts(1).stopped(StopReason::Ambiguous);
}

#[test]
fn stock_spends_its_budget_on_a_long_outage() {
    let t = testing::scope();
    t.fail("stock").with(|| ShopError::Refused);
    assert!((0..5).all(|_| stock("tea").is_err()));
    t.assert("stock").calls(5).stopped(StopReason::Budget);
    assert!(t.attempts("stock") < 5 * 6);
}

#[test]
fn stock_sleeps_through_a_long_outage_without_a_budget() {
    let t = testing::scope();
    t.budget_off().fail("stock").with(|| ShopError::Refused);
    assert!((0..5).all(|_| stock("tea").is_err()));
    t.assert("stock").calls(5).attempts(30).slept("310s").stopped(StopReason::Exhausted);
}

#[test]
fn an_invoice_respects_its_deadline() {
    let t = testing::scope();
    t.jitter_off().fail("invoice").with(|| ShopError::Throttled);
    assert!(invoice("tea").is_err());
    t.assert("invoice").attempts(5).slept("15s").stopped(StopReason::Deadline);
}

#[test]
fn an_invoice_is_written_after_slow_failures() {
    let t = testing::scope();
    t.seed(7).fail("invoice").first(2).latency("3s").with(|| ShopError::Refused).then_ok();
    assert_eq!(invoice("tea"), Ok("one tea".to_owned()));
    assert!(t.report("invoice").total.as_secs() >= 6);
}

#[test]
fn every_third_attempt_fails_and_each_invoice_is_still_written() {
    let t = testing::scope();
    t.jitter_off().fail("invoice").every(3).with(|| ShopError::Refused).then_ok();
    assert!((0..9).all(|_| invoice("tea").is_ok()));
    t.assert("invoice").calls(9).attempts(13).slept("4s").succeeded();
}

#[test]
fn an_invoice_is_never_written_twice() {
    let t = testing::scope();
    let write = || {
        testing::effect("written");
        invoice("tea")
    };
    t.explore(write).assert_once();
}
