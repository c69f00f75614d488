//! `explore` finds effects that happen twice.

use std::cell::RefCell;
use std::collections::HashSet;

use retry_runtime::{CallId, retryable};
use retry_testing as testing;

use crate::asserting::words;
use crate::faults::PayError;

/// A bank that charges for every request whose idempotency key is new or missing.
#[derive(Default)]
struct Bank {
    seen: RefCell<HashSet<CallId>>,
}

impl Bank {
    fn post(&self, key: Option<CallId>) -> Result<u32, PayError> {
        if key.is_none_or(|key| self.seen.borrow_mut().insert(key)) {
            testing::effect("charged");
        }
        Ok(1)
    }
}

#[retryable(idempotent, name = "explored::charge")]
fn charge(bank: &Bank) -> Result<u32, PayError> {
    bank.post(None)
}

#[retryable(idempotent, attempt = attempt, name = "explored::charge_with_key")]
fn charge_with_key(bank: &Bank) -> Result<u32, PayError> {
    bank.post(Some(attempt.call_id()))
}

#[retryable(idempotent = false, name = "explored::charge_carefully")]
fn charge_carefully(bank: &Bank) -> Result<u32, PayError> {
    bank.post(None)
}

#[retryable(idempotent, max = 1, name = "explored::charge_async")]
async fn charge_async(key: bool) -> Result<u32, PayError> {
    if key {
        testing::effect_once("charged", "order 7");
    } else {
        testing::effect("charged");
    }
    Ok(1)
}

#[test]
fn a_function_that_sends_no_key_charges_twice() {
    let (t, bank) = (testing::scope(), Bank::default());
    let found = t.explore(|| charge(&bank));
    // Four attempts: each combination of two failures before a success, and of four failures.
    assert_eq!((found.runs(), found.is_complete()), (1 + 2 + 4 + 8 + 16, true));
    let first = &found.doubled()[0];
    assert_eq!((first.effect.as_str(), first.times, first.usual), ("charged", 2, 1));
    let text = words(|| found.assert_once());
    let expected = "`charged` happened 2 times instead of 1, when\n  \
                    attempt 1 of `explored::charge` failed after its effect\n  \
                    attempt 2 of `explored::charge` ran";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_function_that_sends_the_call_id_as_its_key_charges_once() {
    let (t, bank) = (testing::scope(), Bank::default());
    let found = t.explore(|| charge_with_key(&bank));
    found.assert_once();
    assert_eq!((found.runs(), found.is_complete()), (31, true));
}

#[test]
fn a_function_not_declared_idempotent_stops_at_the_first_ambiguous_failure() {
    let (t, bank) = (testing::scope(), Bank::default());
    let found = t.explore(|| charge_carefully(&bank));
    found.assert_once();
    assert_eq!(found.runs(), 3);
}

#[test]
fn a_wrong_classification_is_found_and_names_the_error() {
    let (t, bank) = (testing::scope(), Bank::default());
    // `Busy` claims that nothing has happened, but here the effect has happened before it is returned.
    let found = t.explore_with(|| PayError::Busy, || charge_carefully(&bank));
    assert!(!found.doubled().is_empty());
}

#[tokio::test]
async fn async_work_is_explored_too() {
    let t = testing::scope();
    let found = t.explore_async(|| charge_async(false)).await;
    assert_eq!(found.runs(), 1 + 2 + 4);
    // Two of the three runs with one attempt that failed after its effect, and the run with two such attempts.
    assert_eq!(found.doubled().len(), 2);
    t.explore_async(|| charge_async(true)).await.assert_once();
    t.explore_async_with(|| PayError::NoAnswer, || charge_async(true)).await.assert_once();
}

#[test]
fn an_effect_that_happens_twice_without_a_failure_is_not_a_double_effect() {
    let (t, bank) = (testing::scope(), Bank::default());
    let both = || (charge_carefully(&bank).is_ok(), charge_carefully(&bank).is_ok());
    let found = t.explore(both);
    found.assert_once();
    assert_eq!(found.runs(), 9);
}

#[test]
fn an_exploration_leaves_the_scope_unchanged() {
    let (t, bank) = (testing::scope(), Bank::default());
    t.explore(|| charge_with_key(&bank)).assert_once();
    assert_eq!((t.effects("charged"), t.attempts("explored::charge_with_key")), (0, 0));
    assert!(charge(&bank).is_ok());
    t.assert("explored::charge").calls(1).attempts(1);
}

#[retryable(on = any, name = "explored::no_place")]
fn no_place() -> Result<u32, String> {
    Ok(1)
}

#[test]
fn an_exploration_that_cannot_find_anything_is_reported() {
    let (t, bank) = (testing::scope(), Bank::default());
    let text = words(|| drop(t.explore(|| 7)));
    assert!(text.starts_with("`explore` found no retryable call in the work"), "{text}");
    let text = words(|| drop(t.explore(no_place)));
    assert!(
        text.starts_with("`explore` cannot make a failure for `explored::no_place`: pass one"),
        "{text}"
    );
    let text = words(|| drop(t.explore_with(|| "down".to_owned(), no_place)));
    assert!(
        text.starts_with("`explore` saw no effect: have the double of the remote service call"),
        "{text}"
    );
    t.explore(|| charge_with_key(&bank)).assert_once();
}
