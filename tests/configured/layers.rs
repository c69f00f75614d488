//! Precedence of the layers: built-in, defaults, profile, attribute, patterns, the operation, the environment.

use std::time::Duration;

use retry_config::{Config, Growth, TimeLimit};
use retry_runtime::{Backoff, observe_blocking, retryable};

use super::program::{apply, apply_with, attempts_of_charge, explained, turn};

/// Each layer sets `cap` to another value for an operation whose attribute does not set it, lowest layer first.
#[test]
fn each_layer_overrides_the_one_below_it() {
    let _turn = turn();
    let layers = [
        ("[defaults]\ncap = \"11s\"\n", "defaults.cap at line 2"),
        (
            "[global]\nprofile = \"p\"\n[profile.p]\ncap = \"12s\"\n",
            "profile p: profile.p.cap at line 6",
        ),
        ("[op.\"*\"]\ncap = \"13s\"\n", "op.\"*\".cap at line 8"),
        ("[op.\"shipping::*\"]\ncap = \"14s\"\n", "op.\"shipping::*\".cap at line 10"),
        ("[op.\"shipping::label\"]\ncap = \"15s\"\n", "op.\"shipping::label\".cap at line 12"),
    ];
    assert_eq!(explained("shipping::label", "cap"), ("30s".to_owned(), "built-in".to_owned()));
    let mut toml = String::new();
    for (at, (section, origin)) in layers.into_iter().enumerate() {
        toml.push_str(section);
        apply(&toml).unwrap();
        let expected = (format!("{}s", 11 + at), origin.to_owned());
        assert_eq!(explained("shipping::label", "cap"), expected);
    }
    apply_with(&toml, &[("RETRY__OP__SHIPPING__LABEL__CAP", "16s")]).unwrap();
    let expected = ("16s".to_owned(), "environment RETRY__OP__SHIPPING__LABEL__CAP".to_owned());
    assert_eq!(explained("shipping::label", "cap"), expected);
}

#[test]
fn the_attribute_overrides_defaults_and_profile_and_its_section_overrides_it() {
    let _turn = turn();
    let below = "[global]\nprofile = \"p\"\n[defaults]\nmax = 7\n[profile.p]\nmax = 8\n";
    apply(below).unwrap();
    let (value, origin) = explained("billing::charge", "max");
    assert_eq!(value, "3");
    assert!(origin.starts_with("attribute at tests/configured/program.rs:"), "{origin}");
    assert_eq!(explained("shipping::label", "max").0, "8", "the attribute does not set `max`");
    apply(&format!("{below}[op.\"billing::charge\"]\nmax = 1")).unwrap();
    assert_eq!(explained("billing::charge", "max").0, "1");
    assert_eq!(attempts_of_charge(), 2);
}

#[test]
fn the_longest_pattern_wins_and_a_star_matches_any_text() {
    let _turn = turn();
    apply("[op.\"billing::v2::*\"]\nmax = 9\n[op.\"billing::*\"]\nmax = 8\n[op.\"*\"]\nmax = 7")
        .unwrap();
    let max = |name| explained(name, "max").0;
    assert_eq!(max("billing::v2::quote"), "9");
    assert_eq!(max("billing::charge"), "8");
    assert_eq!(max("shipping::label"), "7");
}

#[test]
fn only_the_chosen_profile_applies_and_the_environment_may_choose_another() {
    let _turn = turn();
    let profiles = "[profile.calm]\nmax = 1\n[profile.storm]\nmax = 0\n";
    apply(profiles).unwrap();
    assert_eq!(explained("shipping::label", "max").0, "3");
    let chosen = format!("[global]\nprofile = \"calm\"\n{profiles}");
    apply(&chosen).unwrap();
    assert_eq!(explained("shipping::label", "max").0, "1");
    apply_with(&chosen, &[("RETRY_PROFILE", "storm")]).unwrap();
    assert_eq!(explained("shipping::label", "max").0, "0");
}

#[test]
fn max_and_attempts_are_one_setting() {
    let _turn = turn();
    apply("[op.\"billing::*\"]\nmax = 9\n[op.\"billing::charge\"]\nattempts = 2").unwrap();
    assert_eq!(
        explained("billing::charge", "max"),
        ("1".to_owned(), "op.\"billing::charge\".attempts at line 4".to_owned())
    );
    assert_eq!(attempts_of_charge(), 2);
}

#[test]
fn a_list_of_delays_replaces_the_base_of_the_attribute() {
    let _turn = turn();
    apply("[op.\"billing::charge\"]\nbackoff = [\"1ms\", \"2ms\"]").unwrap();
    assert_eq!(explained("billing::charge", "backoff").0, "[1ms, 2ms]");
    assert!(retry_config::explain("billing::charge").unwrap().get("base").is_none());
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn none_removes_a_limit() {
    let _turn = turn();
    apply("[op.\"billing::v2::quote\"]\ndeadline = \"none\"").unwrap();
    assert_eq!(explained("billing::v2::quote", "deadline").0, "none");
}

#[test]
fn idempotency_can_be_turned_off() {
    let _turn = turn();
    let calls = std::cell::Cell::new(0);
    assert!(super::program::refund(&calls).is_err());
    assert_eq!(calls.take(), 3, "an idempotent function is retried after an ambiguous failure");
    apply("[op.\"billing::refund\"]\nidempotent = false").unwrap();
    assert!(super::program::refund(&calls).is_err());
    assert_eq!(calls.take(), 1);
}

#[test]
fn a_configuration_built_in_code_works_like_one_from_a_file() {
    let _turn = turn();
    let mut config = Config::default().with_environment([("", ""); 0]);
    let op = config.op.entry("billing::charge".to_owned()).or_default();
    op.max = Some(1);
    op.backoff = Some(Growth::Fixed);
    op.deadline = Some(TimeLimit::After(Duration::from_secs(5)));
    let applied = retry_config::apply(config).unwrap();
    let shown: Vec<String> = applied.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "billing::charge: max 3 -> 1 (op.\"billing::charge\".max)",
            "billing::charge: backoff exponential -> fixed (op.\"billing::charge\".backoff)",
            "billing::charge: deadline none -> 5s (op.\"billing::charge\".deadline)",
        ]
    );
    assert_eq!(attempts_of_charge(), 2);
}

#[test]
fn applying_the_same_configuration_changes_nothing_and_a_reset_restores_the_attributes() {
    let _turn = turn();
    let before = super::program::everything();
    let toml = "[defaults]\nmax = 1\n[op.\"billing::*\"]\njitter = \"none\"";
    assert!(!apply(toml).unwrap().changes.is_empty());
    assert_eq!(apply(toml).unwrap().to_string(), "nothing changed");
    assert!(retry_config::current().is_some());
    assert!(!retry_config::reset().changes.is_empty());
    assert_eq!(super::program::everything(), before);
    assert!(retry_config::current().is_none());
}

#[test]
fn without_a_configuration_every_function_follows_its_attribute() {
    let _turn = turn();
    assert_eq!(apply("").unwrap().changes, []);
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn explaining_an_unknown_operation_suggests_the_nearest_name() {
    let error = retry_config::explain("billing::chrage").unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown operation `billing::chrage`; did you mean `billing::charge`?"
    );
    let error = retry_config::explain("charge").unwrap_err();
    assert_eq!(error.to_string(), "unknown operation `charge`; did you mean `billing::charge`?");
}

#[test]
fn an_explanation_prints_as_a_table_and_serializes() {
    let _turn = turn();
    apply("[op.\"shipping::label\"]\nmax = 5").unwrap();
    let explanation = retry_config::explain("shipping::label").unwrap();
    let table = explanation.to_string();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("shipping::label (tests/configured/program.rs:"), "{table}");
    assert_eq!(lines[1], "  enabled     true                   built-in");
    assert_eq!(
        lines[2],
        "  max         5                      op.\"shipping::label\".max at line 2"
    );
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["settings"][1]["origin"]["key"], "op.\"shipping::label\".max");
    assert_eq!(json["settings"][1]["origin"]["from"], "config");
}

#[test]
fn an_operation_without_settings_of_its_own_follows_the_lower_layers() {
    let _turn = turn();
    apply("[defaults]\nmax = 5\nbase = \"0s\"").unwrap();
    let calls = std::cell::Cell::new(0);
    assert!(super::program::label(&calls).is_err());
    assert_eq!(calls.get(), 6);
}

#[test]
fn a_running_call_keeps_the_settings_it_started_with() {
    let _turn = turn();
    let calls = std::cell::Cell::new(0);
    assert!(
        super::program::meddling(&calls, &|| drop(apply("[defaults]\nmax = 0").unwrap())).is_err()
    );
    assert_eq!(calls.take(), 4, "the call started with three retries");
    assert!(super::program::meddling(&calls, &|| {}).is_err());
    assert_eq!(calls.take(), 1);
}

#[test]
fn a_call_never_mixes_two_configurations() {
    let _turn = turn();
    // One configuration gives one attempt, the other three; a mixture of `max` and `enabled` would give two.
    let one = "[op.\"billing::charge\"]\nmax = 1\nenabled = false";
    let other = "[op.\"billing::charge\"]\nmax = 2\nenabled = true";
    let done = std::sync::atomic::AtomicBool::new(false);
    apply(one).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    assert!(matches!(attempts_of_charge(), 1 | 3));
                }
            });
        }
        for round in 0..200 {
            apply(if round % 2 == 0 { other } else { one }).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

fn in_steps_of_a_millisecond(retry: u32) -> Duration {
    Duration::from_millis(retry.into())
}

const STEPS: Backoff = Backoff::Custom(in_steps_of_a_millisecond);

#[retryable(max = 1, on = any, backoff = STEPS, jitter = none, budget = none, name = "layers::steps")]
fn steps() -> Result<u32, String> {
    Err("down".to_owned())
}

/// The whole milliseconds of the delays of a call.
fn delays_of_steps() -> Vec<u128> {
    let (_, report) = observe_blocking(steps);
    let delays = report.attempts.iter().filter_map(|attempt| attempt.delay);
    delays.map(|delay| delay.length.as_millis()).collect()
}

#[test]
fn a_backoff_of_the_programs_own_stays_when_other_settings_change() {
    let _turn = turn();
    assert_eq!(delays_of_steps(), [1]);
    apply("[op.\"layers::steps\"]\nmax = 3").unwrap();
    assert_eq!(explained("layers::steps", "backoff").0, "custom");
    assert_eq!(delays_of_steps(), [1, 2, 3]);
    apply("[op.\"layers::steps\"]\nbackoff = ['5ms']").unwrap();
    assert_eq!(delays_of_steps(), [5]);
}

#[test]
fn a_file_cannot_name_a_backoff_of_the_programs_own() {
    let error = Config::from_toml("[op.\"layers::steps\"]\nbackoff = 'custom'").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: op.\"layers::steps\".backoff: `backoff` (\"custom\") is a function of the program, which only its \
         attribute can name; write \"exponential\" or a list of delays"
    );
}

#[test]
fn the_explanation_of_all_operations_is_that_of_each() {
    let _turn = turn();
    apply("[op.\"billing::charge\"]\nmax = 7").expect("it fits");
    let all = retry_config::explain_all();
    assert!(all.is_sorted_by(|one, next| one.name < next.name), "each name once");
    for explained in &all {
        let one = retry_config::explain(&explained.name).expect("it is linked");
        assert_eq!(&one, explained);
    }
    assert!(all.len() > 3);
}
