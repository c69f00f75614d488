//! Runs the binary as a person or a CI job would.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, process};

use retry_runtime::retryable;

#[allow(dead_code, reason = "only exported, never called")]
#[retryable(max = 3, on = any, base = "200ms", name = "billing::charge")]
fn charge() -> Result<u32, String> {
    Err("down".to_owned())
}

#[allow(dead_code, reason = "only exported, never called")]
#[retryable(on = any, name = "shipping::track")]
fn track() -> Result<u32, String> {
    Err("down".to_owned())
}

/// Runs `retry` without any `RETRY_…` variables of the caller's environment.
fn retry(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retry"));
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("RETRY_")) {
        command.env_remove(name);
    }
    command.args(arguments).output().expect("the binary was built for this test")
}

/// The output of a run, which must succeed.
#[track_caller]
fn prints(arguments: &[&str]) -> String {
    let output = retry(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// The standard error of a run, which must end with this code.
#[track_caller]
fn fails(code: i32, arguments: &[&str]) -> String {
    let output = retry(arguments);
    assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty(), "errors belong on standard error");
    String::from_utf8(output.stderr).expect("the output is UTF-8")
}

/// A temporary file that is removed when dropped.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("retry-cli-{}-{name}", process::id()));
        fs::write(&path, text).expect("the temporary directory is writable");
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the path is UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A leftover file does no harm.
        let _ = fs::remove_file(&self.0);
    }
}

/// Exports this program's functions as a user would.
fn export(name: &str) -> File {
    let sites = retry_config::export();
    assert_eq!(sites.sites.len(), 2);
    File::new(name, &serde_json::to_string(&sites).expect("the export serializes"))
}

#[test]
fn plan_prints_the_schedule_and_the_worst_case() {
    let text = prints(&["plan", "max = 3, base = '200ms', cap = '500ms'"]);
    assert_eq!(
        text,
        "\
retry  delay   with jitter    total pause so far
1      200 ms  0 s to 200 ms  0 s to 200 ms
2      400 ms  0 s to 400 ms  0 s to 600 ms
3      800 ms  0 s to 500 ms  0 s to 1.1 s

worst case: 4 attempts and 1.1 s of pauses, plus the time that the attempts take
"
    );
}

#[test]
fn plan_accepts_the_syntax_of_the_attribute() {
    let text =
        prints(&["plan", "max = 2, timeout = \"5s\", idempotent, jitter = none, backoff = fixed"]);
    assert!(text.contains("\n2      1 s    1 s          2 s\n"), "{text}");
    assert!(
        text.contains("worst case: 17 s = 3 attempts of at most 5 s and 2 s of pauses\n"),
        "{text}"
    );
    let text = prints(&["plan", "max = 1, on = Transient | Throttled, budget = none"]);
    assert!(text.ends_with("not part of the schedule: on, budget\n"), "{text}");
    let text = prints(&["plan", "backoff = [10ms, '1s'], max = 3, jitter = proportional(0.5)"]);
    assert!(text.contains("3      1 s    500 ms to 1.5 s  1.01 s to 3.02 s"), "{text}");
    assert_eq!(
        prints(&["plan", "max = 0"]).lines().next(),
        Some("no retries: the first failure is final")
    );
}

#[test]
fn plan_reads_options_as_it_reads_one_text() {
    let options = ["plan", "--max", "3", "--base", "200ms", "--cap=500ms"];
    assert_eq!(prints(&options), prints(&["plan", "max = 3, base = '200ms', cap = '500ms'"]));
    let options =
        ["plan", "--attempts", "4", "--backoff", "10ms,1s", "--jitter", "proportional(0.5)"];
    let text = "attempts = 4, backoff = ['10ms', '1s'], jitter = proportional(0.5)";
    assert_eq!(prints(&options), prints(&["plan", text]));
    let options = ["plan", "max = 2, jitter = none", "--timeout", "5s", "--idempotent"];
    assert_eq!(
        prints(&options),
        prints(&["plan", "max = 2, jitter = none, timeout = '5s', idempotent"])
    );
    let options = ["plan", "--attempts", "forever", "--no-retry-after", "3m"];
    assert_eq!(prints(&options), prints(&["plan", "attempts = forever, no_retry_after = '3m'"]));
    let options = ["plan", "--retries", "2", "--initial-delay", "5ms", "--max-delay", "8ms"];
    assert_eq!(prints(&options), prints(&["plan", "max = 2, base = '5ms', cap = '8ms'"]));
    assert_eq!(prints(&["plan"]), prints(&["plan", "max = 3"]), "the defaults");
}

#[test]
fn a_wrong_option_of_plan_is_refused_as_in_one_text() {
    for (options, text) in [
        (vec!["plan", "--base", "5"], "base = 5"),
        (vec!["plan", "--base", "2s", "--cap", "1s"], "base = 2s, cap = 1s"),
        (vec!["plan", "--max", "1", "--attempts", "2"], "max = 1, attempts = 2"),
        (vec!["plan", "max = 1", "--max", "2"], "max = 1, max = 2"),
        (vec!["plan", "--backoff", "spiral"], "backoff = spiral"),
        (vec!["plan", "--max", "-1"], "max = -1"),
    ] {
        assert_eq!(fails(1, &options), fails(1, &["plan", text]), "{text}");
    }
    let error = fails(2, &["plan", "--bas", "1s"]);
    assert!(error.contains("a similar argument exists: '--base'"), "{error}");
}

#[test]
fn plan_takes_the_deadline_into_account() {
    let text = prints(&["plan", "attempts = unlimited, deadline = '30s'", "--rows", "2"]);
    assert!(text.contains("… and so on until the deadline\n"), "{text}");
    assert!(
        text.contains("worst case: 30 s (the deadline), with as many attempts as fit before it\n"),
        "{text}"
    );
    let text = prints(&["plan", "max = 4, jitter = none, deadline = '6s'"]);
    assert!(
        text.contains("3      4 s    4 s          7 s (never: after the deadline)\n"),
        "{text}"
    );
    assert!(
        text.contains("worst case: 6 s (the deadline); without the deadline: 5 attempts"),
        "{text}"
    );
}

#[test]
fn plan_limits_the_rows_but_sums_every_pause() {
    let text =
        prints(&["plan", "max = 5000, base = '1s', jitter = none, cap = '10s'", "--rows", "3"]);
    assert!(text.contains("… and 4997 more retries; --rows 5000 shows them\n"), "{text}");
    // 1 + 2 + 4 + 8 s, and 4996 times the cap.
    assert!(text.contains("worst case: 5001 attempts and 13.88 h of pauses"), "{text}");
}

#[test]
fn plan_sums_slowly_growing_delays_to_the_end() {
    let worst = |settings: &str| {
        let text = prints(&["plan", settings, "--rows", "1"]);
        text.lines().find(|line| line.starts_with("worst case: ")).map(str::to_owned)
    };
    // 1 ms · 1,000,000 · 1,000,001 / 2
    assert_eq!(
        worst("max = 1000000, base = '1ms', backoff = linear, cap = '2000s', jitter = none")
            .as_deref(),
        Some(
            "worst case: 1000001 attempts and 138889.03 h of pauses, plus the time that the attempts take"
        )
    );
    // The same up to retry 3600, which reaches the cap: 6,481.8 s, then 3.6 s for each later retry.
    assert_eq!(
        worst("max = 10000, base = '1ms', backoff = linear, cap = '3600ms', jitter = none")
            .as_deref(),
        Some(
            "worst case: 10001 attempts and 8.2 h of pauses, plus the time that the attempts take"
        )
    );
    // (1.001^5000 - 1) / 0.001 ms = 147.04 s
    assert_eq!(
        worst("max = 5000, base = '1ms', factor = 1.001, cap = '1h', jitter = none").as_deref(),
        Some(
            "worst case: 5001 attempts and 2.45 min of pauses, plus the time that the attempts take"
        )
    );
}

#[test]
fn plan_knows_limits_that_end_no_attempt() {
    let text = prints(&["plan", "attempts = forever, base = '1s'", "--rows", "2"]);
    assert!(text.contains("… and so on\n") && text.contains("worst case: without end"), "{text}");
    let text = prints(&["plan", "max = 4, jitter = none, no_retry_after = '6s', hint = instead"]);
    assert!(text.contains("7 s (never: after `no_retry_after`)\n"), "{text}");
    assert!(text.contains("not part of the schedule: hint\n"), "{text}");
    let text = prints(&["plan", "jitter = first(2), base = '500ms', hint_cap = clamp('10s')"]);
    assert!(text.contains("500 ms to 1.5 s"), "{text}");
    let text = prints(&["plan", "attempts = unlimited, no_retry_after = '3m'"]);
    assert!(text.contains("worst case: 3 min (`no_retry_after`)"), "{text}");
}

#[test]
fn help_explains_the_environment_variables_and_the_exit_codes() {
    for verb in ["check", "explain"] {
        let help = prints(&[verb, "--help"]);
        assert!(help.contains("RETRY_ENABLED") && help.contains("Exit codes: 0 "), "{help}");
    }
}

#[test]
fn plan_reports_every_mistake_and_suggests_the_nearest_name() {
    let error = fails(1, &["plan", "max = 3, bse = '1s', jitter = fulll"]);
    assert_eq!(
        error,
        "bse: unknown key `bse`; did you mean `base`?\njitter: unknown jitter `fulll`; did you mean `full`?\n"
    );
    let error = fails(1, &["plan", "base = '40s'"]);
    assert_eq!(error, "`cap` (30s) must not be less than `base` (40s)\n");
}

#[test]
fn check_accepts_a_file_or_reports_every_mistake() {
    let right = File::new("right.toml", "[defaults]\nmax = 3\n[op.\"no::such\"]\nmax = 1\n");
    let text = prints(&["check", right.path()]);
    assert!(text.ends_with("no mistakes; pass --sites to check function names too\n"), "{text}");

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
fn check_compares_names_with_the_exported_functions() {
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
    assert!(text.ends_with("no mistakes; checked against the program's 2 functions\n"), "{text}");

    let error = fails(1, &["check", file.path(), "--sites", file.path()]);
    assert!(error.contains("not an export"), "{error}");
}

#[test]
fn explain_prints_the_source_of_each_value() {
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
    let value: serde_json::Value = serde_json::from_str(&json).expect("the output is JSON");
    assert_eq!(value["name"], "billing::charge");
    assert_eq!(value["settings"][1]["value"], "1");

    let error = fails(1, &["explain", "track", "--sites", sites.path()]);
    assert_eq!(error, "unknown operation `track`; did you mean `shipping::track`?\n");
}

#[test]
fn environment_variables_apply_as_in_the_program() {
    let sites = export("sites-environment.json");
    let output = Command::new(env!("CARGO_BIN_EXE_retry"))
        .args(["explain", "billing::charge", "--sites", sites.path()])
        .env("RETRY__OP__BILLING__CHARGE__MAX", "9")
        .output()
        .expect("the binary was built for this test");
    let text = String::from_utf8(output.stdout).expect("the output is UTF-8");
    let row = text.lines().find(|line| line.contains(" max "));
    let row = row.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(row.as_deref(), Some("max 9 environment RETRY__OP__BILLING__CHARGE__MAX"));
}

#[test]
fn completions_exist_for_every_shell() {
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
fn a_wrong_command_line_exits_with_2_and_suggests_the_nearest_subcommand() {
    assert!(fails(2, &["pln", "max = 3"]).contains("'plan'"));
    assert!(fails(2, &["check"]).contains("<FILE>"));
    assert!(fails(2, &["explain", "billing::charge"]).contains("--sites"));
}
