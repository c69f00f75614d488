//! Valid configurations: the accepted forms, and the round trip through serde.

use std::sync::{Arc, Mutex};

use retry_config::{Config, Settings, SiteList};
use retry_runtime::events::{self, Event};

use super::program::{File, apply, attempts_of_charge, everything, explained, turn};

#[test]
fn the_orchestrators_json_sets_the_defaults() {
    let _turn = turn();
    let json = r#"{"retry": {"max_retries": 4, "base_delay_ms": 500, "max_delay_ms": 10000}}"#;
    let config = Config::from_json(json).unwrap();
    assert_eq!(
        config,
        Config::from_toml("[defaults]\nmax = 4\nbase = \"500ms\"\ncap = \"10s\"").unwrap()
    );
    retry_config::apply(config.with_environment([("", ""); 0])).unwrap();
    assert_eq!(explained("shipping::label", "max").0, "4");
    assert_eq!(explained("shipping::label", "base").0, "500ms");
    assert_eq!(explained("shipping::label", "cap").0, "10s");
}

#[test]
fn setting_names_of_other_libraries_are_accepted() {
    let names = [
        ("max_retries = 2", "max = 2"),
        ("retries = 2", "max = 2"),
        ("max_attempts = 2", "attempts = 2"),
        ("initial_interval = '1s'", "base = '1s'"),
        ("initial_backoff_ms = 250", "base = '250ms'"),
        ("max_backoff = '9s'", "cap = '9s'"),
        ("multiplier = 1.5", "factor = 1.5"),
        ("max_elapsed_time_secs = 90", "deadline = '90s'"),
        ("attempt_timeout_seconds = 1.5", "timeout = '1500ms'"),
    ];
    for (theirs, ours) in names {
        let ours: Settings = ours.parse().unwrap();
        assert_eq!(theirs.parse::<Settings>().unwrap(), ours, "{theirs}");
    }
}

#[test]
fn numbers_may_be_written_as_toml_allows() {
    let max =
        |number: &str| Config::from_toml(&format!("defaults.max = {number}")).unwrap().defaults.max;
    assert_eq!(max("0x10"), Some(16));
    assert_eq!(max("0b11"), Some(3));
    assert_eq!(max("1_000"), Some(1000));
    assert_eq!(max("+7"), Some(7));
    let inline =
        Config::from_toml("op = { \"billing::*\" = { factor = 2, base_s = 1.5 } }").unwrap();
    let settings = &inline.op["billing::*"];
    assert_eq!(settings.factor, Some(2.0));
    assert_eq!(settings.base, Some(std::time::Duration::from_millis(1500)));
}

/// A configuration with every section and every setting.
pub(crate) const EVERYTHING: &str = r#"
[global]
enabled = true
profile = "calm"
environment = false

[defaults]
max = 2
base = "200ms"
cap = "1m 30s"
factor = 1.5
jitter = "proportional(0.25)"
on = "transient | throttled"
idempotent = false
hint = "instead"
hint_cap = "clamp(45s)"
measure = true

[profile.calm]
backoff = "fibonacci"
deadline = "none"

[profile.storm]
enabled = false
attempts = 1

[budget.shared]
preset = "aws"
capacity = 40
start = 2.5
deposit = 0.25
deposit_on = "every_call"
cost = 2
throttled_cost = 0
ambiguous_cost = 3
charge_failures_above = 4
refund = 0.5
refill = "none"

[breaker.carrier]
window = "30s"
min_calls = 5
rate = 0.25
slow = "2s"
slow_rate = 0.75
consecutive = 9
open = "1s"
open_max = "20s"
jitter = 0.1
probes = 2
probe_rate = 1
probe_timeout = "3s"
share = "fleet"

[op."billing::*"]
backoff = ["100ms", "1s", "5s"]
jitter = "none"
attempts = "unlimited"
deadline = "40s"

[op."billing::v2::quote"]
timeout = "5s"
no_retry_after = "4s"
budget = "none"

[op."billing::refund"]
max = 1
on = []
deadline = "none"

[op."shipping::track"]
breaker = "none"
jitter = "decorrelated"
factor = 2.5
attempts = "forever"
reset_after = "1m"
"#;

#[test]
fn every_setting_survives_json_and_toml() {
    let config = Config::from_toml(EVERYTHING).unwrap();
    let json = serde_json::to_string_pretty(&config).unwrap();
    assert_eq!(Config::from_json(&json).unwrap(), config);
    // A configuration also works as a field of a user's own configuration, in any format.
    assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config);
    let yaml = serde_norway::to_string(&config).unwrap();
    assert_eq!(serde_norway::from_str::<Config>(&yaml).unwrap(), config);
    assert_eq!(serde_json::to_value(&config).unwrap()["defaults"]["cap"], "90s");
}

#[test]
fn every_setting_can_be_applied_and_reset() {
    let _turn = turn();
    let before = everything();
    let applied = apply(EVERYTHING).unwrap();
    assert!(applied.changes.len() > 40, "{applied}");
    assert_eq!(explained("billing::charge", "max").0, "unlimited");
    retry_config::reset();
    assert_eq!(everything(), before);
}

#[test]
fn a_mistake_inside_a_users_own_configuration_is_a_serde_error() {
    let error =
        serde_json::from_str::<Config>(r#"{"defaults": {"maxx": 1, "cap": 5}}"#).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("did you mean `max`?") && text.contains("needs a unit"), "{text}");
}

#[test]
fn an_export_survives_json_and_gives_the_same_answers_as_the_program() {
    let _turn = turn();
    let json = serde_json::to_string(&retry_config::export()).unwrap();
    let sites: SiteList = serde_json::from_str(&json).unwrap();
    assert_eq!(sites, retry_config::export());
    let file = File::new("answers.toml", "[op.\"billing::*\"]\nmax = 1\n");
    retry_config::load(&file.0).unwrap();
    let checked = sites.check(&file.0).unwrap();
    for name in ["billing::charge", "billing::refund", "shipping::track"] {
        assert_eq!(sites.explain(&checked, name).unwrap(), retry_config::explain(name).unwrap());
    }
    assert_eq!(attempts_of_charge(), 2);
}

#[test]
fn listeners_are_told_the_changes() {
    let _turn = turn();
    let mut stream = events::stream(16);
    apply("[op.\"billing::charge\"]\nmax = 1").unwrap();
    let mut told = Vec::new();
    while let Some(event) = stream.try_recv() {
        if let Event::ConfigApplied(_) = event {
            told.push(event.to_string());
        }
    }
    assert_eq!(told, ["configuration of the program applied: billing::charge: max from 3 to 1"]);
}

#[test]
fn a_listener_may_read_the_new_settings() {
    let _turn = turn();
    let answer = Arc::new(Mutex::new(None));
    let told = Arc::clone(&answer);
    let _observer = events::observe(move |event: &Event| {
        if let Event::ConfigApplied(_) = event {
            let explanation =
                retry_config::explain("billing::charge").expect("the function is linked in");
            *told.lock().unwrap() = explanation.get("max").map(|max| max.value.clone());
        }
    });
    apply("[op.\"billing::charge\"]\nmax = 1").unwrap();
    assert_eq!(answer.lock().unwrap().as_deref(), Some("1"));
}

#[test]
fn the_configuration_on_the_page_for_outages_is_valid() {
    let page = include_str!("../../retry-runtime/src/outage.md");
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).collect();
    assert!(!blocks.is_empty(), "the page shows a configuration");
    for block in blocks {
        let text = block.split("```").next().expect("the block ends");
        if let Err(mistakes) = Config::from_toml(text) {
            panic!("{mistakes}");
        }
    }
}
