//! The kill switch: `enabled = false`.

use std::cell::Cell;

use retry_runtime::retryable;

use super::program::{apply, apply_with, attempts_of_charge, explained, turn};

#[retryable(on = any, base = "0s", recover = instead, name = "switch::recovered")]
fn recovered(calls: &Cell<u32>) -> Result<u32, String> {
    calls.set(calls.get() + 1);
    Err("down".to_owned())
}

fn instead(_: retry_runtime::RetryError<String>, _: &Cell<u32>) -> Result<u32, String> {
    Ok(7)
}

#[test]
fn the_kill_switch_leaves_one_plain_attempt_and_recover() {
    let _turn = turn();
    apply("[global]\nenabled = false").unwrap();
    assert_eq!(attempts_of_charge(), 1);
    let calls = Cell::new(0);
    assert_eq!((recovered(&calls), calls.get()), (Ok(7), 1));
    retry_config::reset();
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn one_operation_can_be_switched_off_while_the_global_switch_is_on() {
    let _turn = turn();
    apply("[global]\nenabled = true\n[op.\"billing::charge\"]\nenabled = false").unwrap();
    assert_eq!(attempts_of_charge(), 1);
    assert_eq!(explained("billing::refund", "enabled").0, "true");
}

#[test]
fn no_operation_can_override_the_kill_switch() {
    let _turn = turn();
    apply("[global]\nenabled = false\n[op.\"billing::charge\"]\nenabled = true").unwrap();
    assert_eq!(attempts_of_charge(), 1);
    assert_eq!(
        explained("billing::charge", "enabled"),
        ("false".to_owned(), "global.enabled at line 2".to_owned())
    );
}

#[test]
fn the_environment_overrides_the_switch_of_the_file() {
    let _turn = turn();
    apply_with("", &[("RETRY_ENABLED", "off")]).unwrap();
    assert_eq!(attempts_of_charge(), 1);
    assert_eq!(explained("billing::charge", "enabled").1, "environment RETRY_ENABLED");
    apply_with("[global]\nenabled = false", &[("RETRY_ENABLED", "true")]).unwrap();
    assert_eq!(attempts_of_charge(), 4);
}
