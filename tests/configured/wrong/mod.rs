//! Configurations with a mistake: the message is right and nothing is changed.

mod json;
mod limits;
mod names;
mod syntax;
mod values;

use retry_config::{Config, Settings};

use super::program::{File, apply, attempts_of_charge, everything, turn};

/// A configuration and its errors as `LINE: KEY: message`.
type Case = (&'static str, &'static [&'static str]);

const TABLES: &[(&str, &[Case])] = &[
    ("wrong.toml", names::CASES),
    ("wrong.toml", values::CASES),
    ("wrong.toml", limits::CASES),
    ("wrong.toml", syntax::CASES),
    ("wrong.json", json::CASES),
];

/// Removes line numbers of test sources, which change whenever a test does.
fn without_lines(text: &str) -> String {
    let (mut rest, mut out) = (text, String::new());
    while let Some((before, after)) = rest.split_once("program.rs:") {
        out.push_str(before);
        out.push_str("program.rs:N");
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out + rest
}

#[track_caller]
fn refused(name: &str, text: &str, messages: &[&str]) {
    let file = File::new(name, text);
    let errors = retry_config::load(&file.0).expect_err(text);
    let prefix = format!("{}:", file.0.display());
    let shown: Vec<String> = errors
        .iter()
        .map(|mistake| without_lines(mistake.to_string().trim_start_matches(&prefix)))
        .collect();
    assert_eq!(shown, messages, "{text}");
}

#[test]
fn every_wrong_configuration_is_refused_and_the_current_one_stays() {
    let _turn = turn();
    apply("[op.\"billing::charge\"]\nmax = 1").unwrap();
    let before = everything();
    let mut count = 0;
    for (name, cases) in TABLES {
        for (text, messages) in *cases {
            refused(name, text, messages);
            assert_eq!(everything(), before, "{text}");
            assert_eq!(attempts_of_charge(), 2, "{text}");
            count += 1;
        }
    }
    assert!(count >= 40, "the table has {count} rows");
}

#[test]
fn all_mistakes_of_a_file_are_reported_at_once_in_line_order() {
    let _turn = turn();
    refused(
        "wrong.toml",
        r#"[defaults]
maxx = 3
base = 5
[op."biling::charge"]
max = -1
[op."billing::refund"]
cap = "1ms"
base = "1s"
[budget.shard]
capacity = 0
[op."billing::charge"]
idempotent = true
"#,
        &[
            "2: defaults.maxx: unknown key `maxx`; did you mean `max`?",
            "3: defaults.base: `base` (5) is a duration and needs a unit: write \"5s\" or \
             \"5ms\"",
            "4: op.\"biling::charge\": unknown operation `biling::charge`; did you mean \
             `billing::charge`?",
            "5: op.\"biling::charge\".max: `max` (-1) must be a whole number from 0 to \
             4294967293",
            "7: op.\"billing::refund\".cap: `cap` (1ms) must not be less than `base` (1s)",
            "9: budget.shard: unknown budget `shard`; did you mean `shared`?",
            "10: budget.shard.capacity: `capacity` (0) must be a whole number from 1 to \
             100000",
            "12: op.\"billing::charge\".idempotent: `idempotent = true` loosens what the \
             attribute declares, and a configuration can only tighten it; write \
             `idempotent` in the attribute, or remove it here",
        ],
    );
}

#[test]
fn a_truncated_text_never_panics() {
    let toml = super::good::EVERYTHING;
    for (end, _) in toml.char_indices() {
        // A text truncated between two lines is a valid configuration.
        let _ = Config::from_toml(&toml[..end]);
    }
    let json = serde_json::to_string(&Config::from_toml(toml).unwrap()).unwrap();
    for (end, _) in json.char_indices() {
        let error = Config::from_json(&json[..end]).unwrap_err().to_string();
        assert!(error.contains("not JSON: "), "{error}");
    }
}

#[test]
fn very_deep_nesting_is_refused_and_does_not_overflow_the_stack() {
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let error = Config::from_json(&format!("{{\"a\": \"[{{\", \n\"b\": {}}}", lists(100_000)))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "line 2: the text is nested deeper than 64 levels; a configuration needs no more than 5: remove the brackets"
    );
    // 63 lists in one object.
    let error = Config::from_json(&format!("{{\"b\": {}}}", lists(63))).unwrap_err().to_string();
    assert!(error.contains("unknown section `b`"), "{error}");
    assert!(Config::from_toml(&format!("b = {}", lists(100_000))).is_err());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]
    #[test]
    fn no_text_panics(text in "[\\[\\]\\(\\)a-e\"'=.*{}:, 0-9\n_-]{0,80}", number in -1.0e20..1.0e20) {
        let section = format!("[op.\"*\"]\n{text}");
        let key = format!("[defaults]\nbase_ms = {number:?}\nmax = {text}\nbackoff = [\"{text}\"]");
        for text in [&text, &section, &key] {
            let read = (Config::from_toml(text), Config::from_json(text), text.parse::<Settings>());
            if let (Ok(config), ..) = &read {
                let again = Config::from_json(&serde_json::to_string(config).unwrap()).unwrap();
                proptest::prop_assert_eq!(&again, config);
            }
        }
    }
}

#[test]
fn a_missing_file_and_one_that_is_not_utf8_are_reported() {
    let _turn = turn();
    let file = File::new("binary.toml", "");
    std::fs::write(&file.0, [0xff, 0xfe, 0x00]).unwrap();
    let error = retry_config::load(&file.0).unwrap_err().to_string();
    assert!(error.ends_with("the file cannot be read: it is not UTF-8 text"), "{error}");
    let error = retry_config::load(file.0.with_file_name("missing.toml")).unwrap_err().to_string();
    assert!(error.contains("missing.toml: the file cannot be read: "), "{error}");
}
