//! The binary, as a person or a CI job would run it.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, process};

use retry_runtime::retryable;

#[allow(dead_code, reason = "it is there to be listed")]
#[retryable(max = 3, on = any, base = "200ms", name = "billing::charge")]
fn charge() -> Result<u32, String> {
    Err("down".to_owned())
}

#[allow(dead_code, reason = "it is there to be listed")]
#[retryable(on = any, name = "shipping::track")]
fn track() -> Result<u32, String> {
    Err("down".to_owned())
}

/// Runs `retry`, without the environment of whoever runs the tests.
fn retry(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retry"));
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("RETRY_")) {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("the binary was built for this test")
}

/// What a run prints, which must end well.
#[track_caller]
fn prints(arguments: &[&str]) -> String {
    let output = retry(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// What a run says on the standard error stream when it ends with this code.
#[track_caller]
fn fails(code: i32, arguments: &[&str]) -> String {
    let output = retry(arguments);
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty(), "mistakes belong to the standard error stream");
    String::from_utf8(output.stderr).expect("it prints text")
}

/// A file of this test alone, removed at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("retry-cli-{}-{name}", process::id()));
        fs::write(&path, text).expect("the directory for temporary files can be written");
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the name above is text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Left over, it is in nobody's way.
        let _ = fs::remove_file(&self.0);
    }
}

/// This program's functions, exported as a user would.
fn export(name: &str) -> File {
    let sites = retry_config::export();
    assert_eq!(sites.sites.len(), 2);
    File::new(name, &serde_json::to_string(&sites).expect("it is data"))
}

#[test]
fn plan_prints_the_schedule_and_the_worst_case() {
    let text = prints(&["plan", "max = 3, base = '200ms', cap = '500ms'"]);
    assert_eq!(
        text,
        "\
retry  delay   with jitter    all pauses so far
1      200 ms  0 s to 200 ms  0 s to 200 ms
2      400 ms  0 s to 400 ms  0 s to 600 ms
3      800 ms  0 s to 500 ms  0 s to 1.1 s

worst case: 4 attempts and 1.1 s of pauses, and the time that the attempts take
"
    );
}

#[test]
fn plan_takes_what_the_attribute_takes() {
    let text =
        prints(&["plan", "max = 2, timeout = \"5s\", idempotent, jitter = none, backoff = fixed"]);
    assert!(text.contains("\n2      1 s    1 s          2 s\n"), "{text}");
    assert!(
        text.contains("worst case: 17 s = 3 attempts of at most 5 s and 2 s of pauses\n"),
        "{text}"
    );
    let text = prints(&["plan", "max = 1, on = Transient | Throttled, budget = none"]);
    assert!(text.ends_with("no part of the schedule: on, budget\n"), "{text}");
    let text = prints(&["plan", "backoff = [10ms, '1s'], max = 3, jitter = proportional(0.5)"]);
    assert!(text.contains("3      1 s    500 ms to 1.5 s  1.01 s to 3.02 s"), "{text}");
    assert_eq!(
        prints(&["plan", "max = 0"]).lines().next(),
        Some("no retry: the first failure is final")
    );
}

#[test]
fn plan_knows_the_deadline() {
    let text = prints(&["plan", "attempts = unlimited, deadline = '30s'", "--rows", "2"]);
    assert!(text.contains("… and so on until the deadline\n"), "{text}");
    assert!(
        text.contains("worst case: 30 s, the deadline, with as many attempts as fit into it\n"),
        "{text}"
    );
    let text = prints(&["plan", "max = 4, jitter = none, deadline = '6s'"]);
    assert!(
        text.contains("3      4 s    4 s          7 s (never: after the deadline)\n"),
        "{text}"
    );
    assert!(text.contains("worst case: 6 s, the deadline; without it 5 attempts"), "{text}");
}

#[test]
fn plan_bounds_its_table_and_not_its_sum() {
    let text =
        prints(&["plan", "max = 5000, base = '1s', jitter = none, cap = '10s'", "--rows", "3"]);
    assert!(text.contains("… and 4997 more retries; --rows 5000 shows them\n"), "{text}");
    // 1 + 2 + 4 + 8 s, and 4996 times the cap.
    assert!(text.contains("worst case: 5001 attempts and 13.88 h of pauses"), "{text}");
}

#[test]
fn plan_sums_what_grows_slowly_to_the_end() {
    let worst = |settings: &str| {
        let text = prints(&["plan", settings, "--rows", "1"]);
        text.lines().find(|line| line.starts_with("worst case: ")).map(str::to_owned)
    };
    // 1 ms · 1,000,000 · 1,000,001 / 2
    assert_eq!(
        worst("max = 1000000, base = '1ms', backoff = linear, cap = '2000s', jitter = none")
            .as_deref(),
        Some(
            "worst case: 1000001 attempts and 138889.03 h of pauses, and the time that the attempts take"
        )
    );
    // The same up to the retry 3600, which has arrived at the cap: 6,481.8 s, and 3.6 s for each of the rest.
    assert_eq!(
        worst("max = 10000, base = '1ms', backoff = linear, cap = '3600ms', jitter = none")
            .as_deref(),
        Some("worst case: 10001 attempts and 8.2 h of pauses, and the time that the attempts take")
    );
    // (1.001^5000 - 1) / 0.001 ms = 147.04 s
    assert_eq!(
        worst("max = 5000, base = '1ms', factor = 1.001, cap = '1h', jitter = none").as_deref(),
        Some(
            "worst case: 5001 attempts and 2.45 min of pauses, and the time that the attempts take"
        )
    );
}

#[test]
fn help_says_what_the_environment_and_the_exit_codes_mean() {
    for verb in ["check", "explain"] {
        let help = prints(&[verb, "--help"]);
        assert!(help.contains("RETRY_ENABLED") && help.contains("Exit codes: 0 "), "{help}");
    }
}

#[test]
fn plan_tells_every_mistake_and_the_nearest_name() {
    let error = fails(1, &["plan", "max = 3, bse = '1s', jitter = fulll"]);
    assert_eq!(
        error,
        "bse: unknown key `bse`; did you mean `base`?\njitter: unknown jitter `fulll`; did you mean `full`?\n"
    );
    let error = fails(1, &["plan", "base = '40s'"]);
    assert_eq!(error, "`cap` (30s) must not be less than `base` (40s)\n");
}

#[test]
fn check_says_that_a_file_is_right_or_all_that_is_wrong_with_it() {
    let right = File::new("right.toml", "[defaults]\nmax = 3\n[op.\"no::such\"]\nmax = 1\n");
    let text = prints(&["check", right.path()]);
    assert!(text.ends_with("no mistakes; names were not checked, which needs --sites\n"), "{text}");

    let wrong = File::new("wrong.toml", "[defaults]\nmaxx = 3\nbase = 5\n");
    let error = fails(1, &["check", wrong.path()]);
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 3, "{error}");
    assert!(
        lines[0].ends_with("wrong.toml:2: defaults.maxx: unknown key `maxx`; did you mean `max`?")
    );
    assert_eq!(lines[2], "2 mistakes");
    assert!(fails(1, &["check", "/no/such/file.toml"]).contains("the file cannot be read"));
}

#[test]
fn check_knows_the_functions_of_an_export() {
    let sites = export("sites-check.json");
    let file = File::new(
        "names.toml",
        "[op.\"billing::chrage\"]\nmax = 1\n[op.\"billing::*\"]\ncap = \"1ms\"\n",
    );
    let error = fails(1, &["check", file.path(), "--sites", sites.path()]);
    assert!(error.contains("did you mean `billing::charge`?"), "{error}");
    assert!(
        error.contains(
            "`cap` (1ms) must not be less than `base` (200ms); `base` is set by attribute at "
        ),
        "{error}"
    );
    assert!(error.ends_with("2 mistakes\n"), "{error}");

    let file = File::new("names-right.json", r#"{"op": {"billing::charge": {"max_retries": 1}}}"#);
    let text = prints(&["check", file.path(), "--sites", sites.path()]);
    assert!(text.ends_with("no mistakes, against the 2 functions of the program\n"), "{text}");

    let error = fails(1, &["check", file.path(), "--sites", file.path()]);
    assert!(error.contains("not an export"), "{error}");
}

#[test]
fn explain_tells_each_value_with_where_it_comes_from() {
    let sites = export("sites-explain.json");
    let file =
        File::new("explained.toml", "[defaults]\ncap = \"7s\"\n[op.\"billing::*\"]\nmax = 1\n");
    let arguments =
        ["explain", "billing::charge", "--config", file.path(), "--sites", sites.path()];
    let text = prints(&arguments);
    let row = |setting: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(setting));
        line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    assert_eq!(row("max"), format!("max 1 op.\"billing::*\".max at {}:4", file.path()));
    assert_eq!(row("cap"), format!("cap 7s defaults.cap at {}:2", file.path()));
    assert!(row("base").starts_with("base 200ms attribute at "), "{text}");
    assert_eq!(row("factor"), "factor 2 built-in");

    let json = prints(&[&arguments[..], &["--json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(value["name"], "billing::charge");
    assert_eq!(value["settings"][1]["value"], "1");

    let error = fails(1, &["explain", "track", "--sites", sites.path()]);
    assert_eq!(error, "unknown operation `track`; did you mean `shipping::track`?\n");
}

#[test]
fn the_environment_counts_as_it_would_in_the_program() {
    let sites = export("sites-environment.json");
    let output = Command::new(env!("CARGO_BIN_EXE_retry"))
        .args(["explain", "billing::charge", "--sites", sites.path()])
        .env("RETRY__OP__BILLING__CHARGE__MAX", "9")
        .output()
        .expect("the binary was built for this test");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let row = text.lines().find(|line| line.contains(" max "));
    let row = row.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(row.as_deref(), Some("max 9 environment RETRY__OP__BILLING__CHARGE__MAX"));
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = prints(&["completions", shell]);
        let mut words = vec!["plan", "check", "explain", "completions"];
        if cfg!(feature = "tasks") {
            words.extend([
                "tasks",
                "list",
                "show",
                "watch",
                "counts",
                "analytics",
                "retry",
                "cancel",
            ]);
            words.extend(["reset", "older-than", "newer-than", "busy-timeout", "once"]);
        }
        for word in words {
            assert!(script.contains(word), "{shell} does not complete `{word}`");
        }
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_the_nearest_verb() {
    assert!(fails(2, &["pln", "max = 3"]).contains("'plan'"));
    assert!(fails(2, &["check"]).contains("<FILE>"));
    assert!(fails(2, &["explain", "billing::charge"]).contains("--sites"));
}
