//! Chaos from a configuration: off unless both the section and the switch are set.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use retry_config::Config;
use retry_runtime::{Classify, Interruption, StopReason, observe, retryable};
use retry_testing as testing;
use retry_testing::chaos;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
enum PayError {
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(max = 0, budget = none, name = "chaos::charge")]
fn charge(ran: &Cell<u32>) -> Result<u32, PayError> {
    ran.set(ran.get() + 1);
    Ok(ran.get())
}

#[retryable(max = 1, base = "0s", timeout = "5s", idempotent, budget = none, name = "chaos::ask")]
async fn ask() -> Result<u32, PayError> {
    Ok(1)
}

#[retryable(max = 0, on = any, budget = none, name = "chaos::no_place")]
fn no_place() -> Result<u32, String> {
    Ok(1)
}

/// Gives one test exclusive use of the process, since a configuration applies to all of it.
struct Turn {
    _turn: MutexGuard<'static, ()>,
}

fn turn(toml: &str, on: bool) -> Turn {
    static TURNS: Mutex<()> = Mutex::new(());
    let turn = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    chaos::install();
    chaos::switch(on);
    retry_config::apply(Config::from_toml(toml).expect("valid settings"))
        .expect("applicable settings");
    Turn { _turn: turn }
}

impl Drop for Turn {
    fn drop(&mut self) {
        chaos::switch(false);
        retry_config::reset();
    }
}

const TIMED_OUT: Interruption = Interruption::TimedOut { after: Duration::from_secs(30) };

#[test]
fn no_fault_is_injected_until_the_switch_is_set_too() {
    let _turn = turn("[op.\"chaos::charge\".chaos]\nrate = 1", false);
    let ran = Cell::new(0);
    assert_eq!(charge(&ran), Ok(1));
    chaos::switch(true);
    assert_eq!(charge(&ran), Err(PayError::Interrupted(TIMED_OUT)));
    assert_eq!(ran.get(), 1, "a fault replaces the body");
}

#[test]
fn the_rate_is_the_share_of_attempts_that_fail() {
    let _turn = turn("[op.\"chaos::*\".chaos]\nrate = 0.2", true);
    let ran = Cell::new(0);
    let failed = (0..2000).filter(|_| charge(&ran).is_err()).count();
    // Nine standard deviations to either side.
    assert!((240..560).contains(&failed), "{failed} of 2000 at a rate of 0.2");
}

#[test]
fn a_fault_after_the_body_leaves_the_effect() {
    let _turn = turn("[op.\"chaos::charge\"]\nchaos = { rate = 1.0, after_body = true }", true);
    let ran = Cell::new(0);
    assert!(charge(&ran).is_err());
    assert_eq!(ran.get(), 1);
}

#[test]
fn an_attempt_can_be_made_to_panic() {
    let _turn = turn("[op.\"chaos::charge\".chaos]\nrate = 1.0\nfault = \"panic\"", true);
    let ran = Cell::new(0);
    let work = std::panic::AssertUnwindSafe(|| charge(&ran));
    assert!(std::panic::catch_unwind(work).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_hanging_attempt_is_ended_by_its_timeout() {
    let _turn = turn("[op.\"chaos::ask\".chaos]\nrate = 1.0\nfault = \"hang\"", true);
    let started = tokio::time::Instant::now();
    let (result, report) = observe(ask()).await;
    let cut = Interruption::TimedOut { after: Duration::from_secs(5) };
    assert_eq!(result, Err(PayError::Interrupted(cut)));
    assert_eq!((report.attempts.len(), report.reason), (2, StopReason::Exhausted));
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn latency_alone_delays_the_body() {
    let toml = "[op.\"chaos::ask\".chaos]\nrate = 1.0\nlatency = \"200ms\"\nfault = \"none\"";
    let _turn = turn(toml, true);
    let started = tokio::time::Instant::now();
    assert_eq!(ask().await, Ok(1));
    assert_eq!(started.elapsed().as_millis(), 200);
}

#[test]
fn a_function_whose_error_cannot_be_made_and_a_disabled_one_are_left_alone() {
    let _turn = turn("[op.\"chaos::no_place\".chaos]\nrate = 1.0", true);
    assert_eq!(no_place(), Ok(1));
    drop(_turn);
    let toml = "[op.\"chaos::charge\"]\nenabled = false\nchaos = { rate = 1.0 }";
    let _turn = turn(toml, true);
    assert_eq!(charge(&Cell::new(0)), Ok(1));
}

#[test]
fn a_testing_scope_is_free_of_chaos() {
    let _turn = turn("[op.\"chaos::charge\".chaos]\nrate = 1.0", true);
    let t = testing::scope();
    assert_eq!(charge(&Cell::new(0)), Ok(1));
    t.assert("chaos::charge").attempts(1).succeeded();
}

#[test]
fn explain_shows_the_chaos_settings_with_their_source() {
    let _turn = turn("[op.\"chaos::charge\".chaos]\nrate = 0.05\nlatency = \"200ms\"", true);
    let text = retry_config::explain("chaos::charge").expect("it exists").to_string();
    assert!(text.contains("rate = 0.05, latency = \"200ms\", fault = \"fail\""), "{text}");
}

#[test]
fn invalid_chaos_settings_are_reported() {
    chaos::install();
    let says = |chaos: &str, expected: &str| {
        let text = Config::from_toml(&format!("[op.\"chaos::charge\"]\nchaos = {chaos}"));
        let text = text.expect_err("invalid settings").to_string();
        assert!(text.contains(expected), "{text}\n  instead of\n{expected}");
    };
    says(
        "{ latency = '1s' }",
        "`chaos` has no `rate`; write the part of all attempts that it hits",
    );
    says("{ rate = 1.5 }", "`rate` (1.5) must be from 0 to 1");
    says("{ rate = 0.5, latncy = '1s' }", "did you mean `latency`?");
    says("{ rate = 0.5, fault = 'explode' }", "unknown value of `fault` `explode`");
    says("0.5", "`chaos` is a table, not the number 0.5; write `chaos = { rate = 0.05 }`");
}
