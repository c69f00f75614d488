//! Wrong JSON files, with the expected messages.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        r#"{"defaults": {"max": 3"#,
        &["1: not JSON: EOF while parsing an object; the text ends too soon: was the file \
             cut off?"],
    ),
    (
        r#"{"defaults": {"max": 3, "max": 4}}"#,
        &["1: defaults.max: `max` is given twice; remove one of them, or merge them"],
    ),
    (
        r#"{"defaults": {"max": 3}, "defaults": {}}"#,
        &["1: defaults: `defaults` is given twice; remove one of them, or merge them"],
    ),
    (
        "[1, 2]",
        &["1: a configuration is a table of settings, not a list; write settings in it, \
             each with its name"],
    ),
    (
        "",
        &["1: not JSON: EOF while parsing a value; the text ends too soon: was the file \
             cut off?"],
    ),
    (
        r#"{"retry": {"max_retries": 3, "base_delay_ms": -500}}"#,
        &["1: retry.base_delay_ms: `base` (-500 ms) must be from 0 to \
             18446744073709551615 s"],
    ),
    (
        r#"{"retry": {"max_retrys": 3}}"#,
        &["1: retry.max_retrys: unknown key `max_retrys`; did you mean `max`?"],
    ),
    (
        r#"{"retry": {"max": 1, "defaults": {"max": 3}}}"#,
        &["1: retry: the settings stand beside `defaults`, which are the same; move them \
             there"],
    ),
    (
        r#"{"retry": {"max_retries": 9}, "defaults": {"max": 1}}"#,
        &["1: retry: the settings stand beside `defaults`, which are the same; move them \
             there"],
    ),
    (
        r#"{"global": {"enabled": false},
  "retry": {"global": {"environment": true}}}"#,
        &["2: retry.global: `global` is given twice; remove one of them, or merge them"],
    ),
    (
        r#"{"defaults":
  {"max": null,
   "base": "1 s 2"}}"#,
        &[
            "2: defaults.max: `max` is a number, not `null`; write `max = 3`",
            "3: defaults.base: the duration \"1 s 2\" has no unit after `2`; write a number \
             with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)",
        ],
    ),
    (
        r#"{"defaults": {"max": 1e400}}"#,
        &["1: defaults.max: `max` (inf) must be a whole number from 0 to 4294967293"],
    ),
    (
        r#"{"retry": 3}"#,
        &["1: retry: a section is a table of settings, not the number 3; write settings \
             in it, each with its name"],
    ),
    (
        r#"{"defaults": {"max": 3}} x"#,
        &["1: not JSON: trailing characters; a JSON configuration is one object of \
             sections"],
    ),
];
