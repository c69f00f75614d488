//! Tests of a configuration that names budgets and breakers.

use std::cell::Cell;

use futures::executor::block_on;
use retry_runtime::breaker::Mode;
use retry_runtime::retryable;

use super::program::{Trouble, apply, explained, quote, track, turn};

#[retryable(base = "0s", max = 1, name = "protection::own", breaker)]
fn own(calls: &Cell<u32>) -> Result<u32, Trouble> {
    calls.set(calls.get() + 1);
    Err(Trouble::Down)
}

#[retryable(base = "0s", max = 0, name = "protection::keyed", breaker("hosts", consecutive = 1, key = host))]
fn keyed(host: &str) -> Result<u32, Trouble> {
    let _ = host;
    Err(Trouble::Down)
}

fn capacity(name: &str) -> f64 {
    retry_runtime::budget(name).expect("the budget exists").capacity()
}

#[test]
fn a_budget_section_applies_to_every_function_that_shares_the_budget() {
    let _turn = turn();
    assert_eq!(capacity("shared"), 5.0, "the value from the attribute");
    let applied = apply("[budget.shared]\ncapacity = 2\ndeposit = 0").unwrap();
    let shown: Vec<String> = applied.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "budget.shared: capacity 5 -> 2 (budget.shared.capacity at line 2)",
            "budget.shared: deposit 0.1 -> 0 (budget.shared.deposit at line 3)",
        ]
    );
    assert_eq!(capacity("shared"), 2.0);
    let calls = Cell::new(0);
    assert!(block_on(quote(&calls)).is_err());
    assert_eq!(calls.take(), 3, "two tokens, two retries");
    assert!(block_on(quote(&calls)).is_err());
    assert_eq!(calls.take(), 1, "the tokens are spent");
    retry_config::reset();
    assert_eq!(capacity("shared"), 5.0);
}

#[test]
fn an_operation_can_get_another_budget_its_own_or_none() {
    let _turn = turn();
    let toml = "[budget.small]\ncapacity = 1\n[op.\"protection::own\"]\nbudget = \"small\"\n\
                [op.\"billing::v2::quote\"]\nbudget = \"none\"";
    apply(toml).unwrap();
    assert_eq!(explained("protection::own", "budget").0, "small");
    assert_eq!(capacity("small"), 1.0);
    let calls = Cell::new(0);
    assert!(own(&calls).is_err() && own(&calls).is_err());
    assert_eq!(calls.take(), 3, "the two functions share one retry");
    assert_eq!(explained("billing::v2::quote", "budget").0, "none");

    apply("[budget.\"protection::own\"]\npreset = \"grpc\"").unwrap();
    assert_eq!(capacity("protection::own"), 10.0);
    assert_eq!(explained("protection::own", "budget").0, "its own");
}

#[test]
fn a_breaker_section_configures_the_breaker_of_that_name() {
    let _turn = turn();
    apply("[breaker.carrier]\nconsecutive = 1\n[op.\"shipping::track\"]\nmax = 0").unwrap();
    let calls = Cell::new(0);
    assert!(block_on(track(&calls)).is_err());
    assert_eq!(retry_runtime::breaker("carrier").unwrap().mode(), Mode::Open);
    assert!(matches!(block_on(track(&calls)), Err(Trouble::Interrupted(_))));
    assert_eq!(calls.take(), 1);
    retry_runtime::breaker("carrier").unwrap().force_close();
}

#[test]
fn a_breaker_can_be_removed_keyed_ones_too() {
    let _turn = turn();
    let toml = "[op.\"protection::own\"]\nbreaker = \"none\"\n[op.\"protection::keyed\"]\nbreaker = \"none\"";
    apply(toml).unwrap();
    retry_runtime::breaker("protection::own").unwrap().force_open();
    let calls = Cell::new(0);
    assert_eq!(own(&calls), Err(Trouble::Down));
    retry_runtime::breaker("protection::own").unwrap().force_close();
    for _ in 0..3 {
        assert_eq!(keyed("eu"), Err(Trouble::Down), "after one failure the breaker would be open");
    }
    retry_config::reset();
    assert_eq!(keyed("eu"), Err(Trouble::Down));
    assert!(matches!(keyed("eu"), Err(Trouble::Interrupted(_))));
}

/// resilience4j#2325: a breaker that was open was closed by a change of its settings, and the dead side called.
#[test]
fn a_change_of_settings_keeps_the_state_of_a_breaker_and_handles_follow_the_name() {
    let _turn = turn();
    let handle = retry_runtime::breaker("carrier").unwrap();
    handle.force_close();
    let calls = Cell::new(0);
    let once = "[op.\"shipping::track\"]\nmax = 0\n";
    apply(once).unwrap();
    for _ in 0..2 {
        assert_eq!(block_on(track(&calls)), Err(Trouble::Down));
    }
    apply(&format!("{once}[breaker.carrier]\nconsecutive = 4")).unwrap();
    assert_eq!(handle.settings().consecutive, Some(4), "an old handle shows the new settings");
    assert_eq!(handle.figures().consecutive, 2, "what was counted is carried over");
    assert_eq!(block_on(track(&calls)), Err(Trouble::Down));
    assert_eq!(handle.mode(), Mode::Closed);
    apply(&format!("{once}[breaker.carrier]\nconsecutive = 4\nopen = \"2h\"")).unwrap();
    assert_eq!(block_on(track(&calls)), Err(Trouble::Down));
    assert_eq!(handle.mode(), Mode::Open);
    for toml in ["[breaker.carrier]\nopen = \"1h\"", "[breaker.carrier]\nwindow = \"30s\"", ""] {
        apply(toml).unwrap();
        assert_eq!(handle.mode(), Mode::Open, "{toml}");
        assert_eq!(retry_runtime::breaker("carrier").unwrap().mode(), Mode::Open, "{toml}");
        assert!(matches!(block_on(track(&calls)), Err(Trouble::Interrupted(_))), "{toml}");
    }
    assert_eq!((handle.settings().consecutive, calls.get()), (Some(3), 4));
    retry_config::reset();
    assert_eq!(handle.mode(), Mode::Open);
    handle.force_close();
    assert_eq!(retry_runtime::breaker("carrier").unwrap().mode(), Mode::Closed);
}

#[test]
fn a_section_for_a_breaker_with_a_key_applies_to_all_its_keys() {
    let _turn = turn();
    let toml = "[breaker.hosts]\nconsecutive = 2\nforget = \"1m\"";
    let applied = apply(toml).unwrap();
    assert_eq!(
        applied.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "breaker.hosts: consecutive 1 -> 2 (breaker.hosts.consecutive at line 2)",
            "breaker.hosts: forget 15m -> 1m (breaker.hosts.forget at line 3)",
        ]
    );
    for host in ["first", "second"] {
        assert_eq!(keyed(host), Err(Trouble::Down));
        assert_eq!(keyed(host), Err(Trouble::Down));
        assert!(matches!(keyed(host), Err(Trouble::Interrupted(_))), "{host}");
    }
    assert_eq!(keyed("third"), Err(Trouble::Down));
    retry_config::reset();
    let third = retry_runtime::breaker("hosts[third]").unwrap();
    assert_eq!((third.mode(), third.settings().consecutive), (Mode::Closed, Some(1)));
    assert_eq!(retry_runtime::breaker("hosts[first]").unwrap().mode(), Mode::Open);
    assert_eq!(keyed("third"), Err(Trouble::Down));
    assert!(matches!(keyed("third"), Err(Trouble::Interrupted(_))));
}

#[test]
fn a_section_equal_to_the_attribute_changes_nothing() {
    let _turn = turn();
    let mode = || retry_runtime::breaker("carrier").unwrap().mode();
    retry_runtime::breaker("carrier").unwrap().force_open();
    assert!(apply("[breaker.carrier]\nconsecutive = 3").unwrap().changes.is_empty());
    assert_eq!(mode(), Mode::ForcedOpen);
    retry_config::reset();
    assert_eq!(mode(), Mode::ForcedOpen);
    retry_runtime::breaker("carrier").unwrap().force_close();

    let budget = || retry_runtime::budget("shared").unwrap();
    let calls = Cell::new(0);
    assert!(block_on(quote(&calls)).is_err());
    let spent = budget().available();
    assert!(spent < 5.0);
    apply("[budget.shared]\ncapacity = 5").unwrap();
    assert!(budget().available() < 5.0);
    apply("[budget.shared]\ncapacity = 2").unwrap();
    apply("[budget.shared]\ncapacity = 5").unwrap();
    assert_eq!(budget().available().floor(), 3.0, "two were owed, all of the smaller capacity");
}

#[test]
fn a_budget_goes_on_owing_what_it_owed_whatever_its_settings_become() {
    let _turn = turn();
    let handle = retry_runtime::budget("shared").unwrap();
    let small = "[budget.shared]\ncapacity = 2\ndeposit = 0\nrefill = \"none\"";
    let available = || retry_runtime::budget("shared").unwrap().available();
    apply(small).unwrap();
    let calls = Cell::new(0);
    assert!(block_on(quote(&calls)).is_err());
    assert_eq!(available(), 0.0);
    apply(&format!("{small}\n[op.\"billing::charge\"]\nmax = 1")).unwrap();
    assert_eq!(available(), 0.0, "its settings did not change");
    apply("").unwrap();
    apply(small).unwrap();
    assert_eq!(available(), 0.0);
    assert_eq!((handle.owed(), handle.capacity()), (2.0, 2.0), "an old handle follows the name");
    apply("[budget.shared]\ncapacity = 1").unwrap();
    assert!(handle.available() < 0.1, "a smaller capacity gives no tokens");
}

#[derive(Clone, Copy)]
enum First {
    Succeeds,
    Fails,
    Panics,
}

impl First {
    fn happens(self) -> Result<u32, Trouble> {
        match self {
            First::Succeeds => Ok(1),
            First::Fails => Err(Trouble::Down),
            First::Panics => panic!("on purpose"),
        }
    }
}

#[retryable(max = 0, name = "protection::first", breaker)]
fn first(first: First) -> Result<u32, Trouble> {
    first.happens()
}

#[retryable(max = 0, name = "protection::first_awaited", breaker)]
async fn first_awaited(first: First) -> Result<u32, Trouble> {
    first.happens()
}

#[retryable(max = 0, name = "protection::first_reported", breaker, report)]
fn first_reported(first: First) -> Result<u32, retry_runtime::RetryError<Trouble>> {
    first.happens()
}

/// The counts of a function and of its breaker after a first attempt.
#[derive(Debug, PartialEq)]
struct Left {
    first_tries: u64,
    failures: u64,
    attempts: u64,
    aborted: u64,
    successes_of_the_breaker: u32,
    failures_of_the_breaker: u32,
}

fn left(name: &str) -> Left {
    let stats = retry_runtime::stats(name).expect("the function exists");
    let figures = retry_runtime::breaker(name).expect("the breaker exists").figures();
    Left {
        first_tries: stats.first_try,
        failures: stats.failed,
        attempts: stats.attempts,
        aborted: stats.reasons.aborted,
        successes_of_the_breaker: figures.calls - figures.failures,
        failures_of_the_breaker: figures.failures,
    }
}

#[test]
fn a_first_attempt_leaves_the_same_behind_whether_its_function_is_configured_or_not() {
    let _turn = turn();
    let names = ["protection::first", "protection::first_awaited", "protection::first_reported"];
    let calls: [&dyn Fn(First); 3] =
        [&|how| _ = first(how), &|how| _ = block_on(first_awaited(how)), &|how| {
            _ = first_reported(how)
        }];
    let plenty = names.map(|name| format!("[op.\"{name}\"]\nbase = \"3s\"\n")).concat();
    let timed = names.map(|name| format!("[op.\"{name}\"]\nmeasure = true\n")).concat();
    let mut all = Vec::new();
    for toml in ["", &plenty, &timed] {
        apply(toml).unwrap();
        for (name, call) in names.iter().zip(calls) {
            retry_runtime::clear(name);
            retry_runtime::breaker(name).unwrap().reset();
            for how in [First::Succeeds, First::Fails, First::Succeeds, First::Panics] {
                _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(how)));
            }
            all.push(left(name));
        }
    }
    let expected = Left {
        first_tries: 2,
        failures: 1,
        attempts: 4,
        aborted: 1,
        successes_of_the_breaker: 2,
        failures_of_the_breaker: 2,
    };
    assert!(all.iter().all(|left| *left == expected), "{all:#?}");
}
