//! Texts that are not TOML or set a key twice.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        r#"[op.billing::charge]
max = 3"#,
        &["1: not TOML: a name with `::` in it stands in quotes; write `[op.\"billing::charge\"]`"],
    ),
    (
        r#"[defaults]
jitter = full"#,
        &["2: not TOML: a word stands in quotes; write `jitter = \"full\"`"],
    ),
    (
        r#"[defaults]
max: 3"#,
        &[
            "2: not TOML: key with no value, expected `=`; write `key = value` lines under `[section]` lines",
        ],
    ),
    (
        r#"[defaults]
max = 3
max = 4"#,
        &["3: `max` is given twice; remove one of them, or merge them"],
    ),
    (
        r#"[defaults]
max = 3
[defaults]
cap = "9s""#,
        &["3: `defaults` is given twice; remove one of them, or merge them"],
    ),
    (
        r#"[op."billing::charge"]
max = 3
[op."billing::charge"]
max = 4"#,
        &[
            "3: `\"billing::charge\"` is given twice; remove one of them, or merge them",
            "4: `max` is given twice; remove one of them, or merge them",
        ],
    ),
    (
        r#"[global]
enabled = false
[retry.global]
environment = true"#,
        &["3: retry.global: `global` is given twice; remove one of them, or merge them"],
    ),
    (
        r#"[defaults]
max = "#,
        &["2: not TOML: string values must be quoted, expected literal string; write `key \
             = value` lines under `[section]` lines; was the file cut off?"],
    ),
    (
        r#"[defaults]
base = "1s"#,
        &["2: not TOML: invalid basic string, expected `\"`; write `key = value` lines \
             under `[section]` lines; was the file cut off?"],
    ),
    (
        "[defaults",
        &["1: not TOML: unclosed table, expected `]`; write `key = value` lines under \
             `[section]` lines; was the file cut off?"],
    ),
    (
        "defaults = 3",
        &["1: defaults: a section is a table of settings, not the number 3; write \
             settings in it, each with its name"],
    ),
    (
        r#"[defaults]
max 3"#,
        &["2: not TOML: key with no value, expected `=`; write `key = value` lines under \
             `[section]` lines"],
    ),
    (
        r#"[op."billing::charge"]
max = { a = 1 }"#,
        &["2: op.\"billing::charge\".max: `max` is a number, not a table; write `max = 3`"],
    ),
];
