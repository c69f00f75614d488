//! `retry simulate`, as a person or a CI job would run it.

use std::process::{Command, Output};
use std::{env, fs, process};

use retry_runtime::retryable;

#[allow(dead_code, reason = "only exported, never called")]
#[retryable(max = 3, on = any, base = "200ms", breaker(consecutive = 5), name = "billing::charge")]
fn charge() -> std::io::Result<u32> {
    Ok(1)
}

#[allow(dead_code, reason = "only exported, never called")]
#[retryable(name = "shipping::track")]
fn track() -> std::io::Result<u32> {
    Ok(1)
}

/// Few calls, so that a test takes no time.
const SMALL: [&str; 8] =
    ["--clients", "70", "--capacity", "100", "--watch", "30s", "--stall", "5s"];

fn retry(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_retry"));
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("RETRY_")) {
        command.env_remove(name);
    }
    command.arg("simulate").args(arguments).output().expect("the binary was built for this test")
}

#[track_caller]
fn prints(arguments: &[&str]) -> String {
    let output = retry(&[arguments, &SMALL].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

#[track_caller]
fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = retry(arguments);
    assert!(output.stdout.is_empty(), "errors belong on standard error");
    (output.status.code(), String::from_utf8(output.stderr).expect("the output is UTF-8"))
}

/// A temporary file that is removed when dropped.
struct File(String);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = env::temp_dir().join(format!("retry-simulate-{}-{name}", process::id()));
        fs::write(&path, text).expect("the temporary directory is writable");
        File(path.to_str().expect("the path is UTF-8").to_owned())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A leftover file does no harm.
        let _ = fs::remove_file(&self.0);
    }
}

fn export(name: &str) -> File {
    File::new(name, &serde_json::to_string(&retry_config::export()).expect("the export serializes"))
}

#[test]
fn a_policy_is_compared_with_the_default_with_aws_and_with_no_retries() {
    let text = prints(&["max = 3, base = '200ms'"]);
    assert!(text.starts_with("70 clients make 70 calls/s to a server for 100/s"), "{text}");
    for row in ["this policy ", "the default ", "AWS, standard mode ", "no retries "] {
        // A row in each of the two tables.
        let rows = text.lines().filter(|line| line.starts_with(row)).count();
        assert_eq!(rows, 2, "{row}\n{text}");
    }
    assert_eq!(text, prints(&["max = 3, base = '200ms'", "--seed", "1"]), "the seed is fixed");
    assert_ne!(text, prints(&["max = 3, base = '200ms'", "--seed", "2"]));
}

#[test]
fn json_has_the_counts_and_the_load_by_the_second() {
    let json = prints(&["max = 3, base = '200ms'", "--breaker", "consecutive = 5", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&json).expect("the output is JSON");
    assert_eq!((&value["outage"]["clients"], &value["from_s"]), (&70.into(), &(-10).into()));
    let rows = value["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 4);
    assert!(rows[0]["refused_by_breaker"].as_u64() > Some(0), "{}", rows[0]);
    assert_eq!(rows[3]["amplification"], 1.0);
    assert_eq!(rows[0]["load"].as_array().map(Vec::len), Some(45));
}

#[test]
fn a_function_of_the_program_is_simulated_as_its_attribute_and_a_configuration_make_it() {
    let sites = export("sites.json");
    let of = |op: &str, more: &[&str]| {
        let base = ["--sites", &sites.0, "--op", op, "--json"];
        let json = prints(&[&base[..], more].concat());
        let value: serde_json::Value = serde_json::from_str(&json).expect("the output is JSON");
        value["rows"][0].clone()
    };
    let charge = of("billing::charge", &[]);
    assert_eq!(charge["name"], "billing::charge");
    assert!(charge["saved"].as_u64() > Some(0), "{charge}");
    assert!(charge["refused_by_breaker"].as_u64() > Some(0), "{charge}");
    let file = File::new("calm.toml", "[op.\"billing::charge\"]\nmax = 0\nbreaker = 'none'\n");
    let calm = of("billing::charge", &["--config", &file.0]);
    assert_eq!((&calm["amplification"], &calm["refused_by_breaker"]), (&1.0.into(), &0.into()));
    // Nobody has said that it may run twice.
    let track = of("shipping::track", &[]);
    assert_eq!(track["amplification"], 1.0);
    assert!(track["note"].as_str().is_some_and(|note| note.contains("idempotent")), "{track}");
}

#[test]
fn budgets_and_breakers_are_written_as_settings_by_name_or_as_a_preset() {
    let file = File::new("named.toml", "[budget.payments]\ncapacity = 1\ncost = 1.0\n");
    let simulated = |arguments: &[&str]| {
        let json = prints(&[arguments, &["--json"]].concat());
        let value: serde_json::Value = serde_json::from_str(&json).expect("the output is JSON");
        let of = |count: &str| value["rows"][0][count].as_u64().expect("a count");
        (of("refused_by_budget"), of("attempts"))
    };
    let (_, few) = simulated(&["max = 3, budget = payments", "--config", &file.0]);
    let (_, many) = simulated(&["max = 3", "--budget", "capacity = 100"]);
    assert!(few < many, "{few} {many}");
    assert_eq!(simulated(&["max = 3", "--budget", "none"]).0, 0);
    assert!(simulated(&["max = 3", "--budget", "grpc"]).0 > 0);
}

#[test]
fn the_picture_is_written_to_a_file_and_has_words_and_no_script() {
    let file = File::new("storm.svg", "");
    prints(&["max = 3", "--svg", &file.0]);
    let svg = fs::read_to_string(&file.0).expect("the picture");
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("<title") && svg.contains("<desc") && !svg.contains("<script"));
    assert!(svg.contains("prefers-color-scheme:dark"));
    let (code, error) =
        fails(&[&["max = 3", "--svg", "/no/such/folder/storm.svg"], &SMALL[..]].concat());
    assert_eq!(code, Some(1));
    assert!(error.starts_with("`--svg` (/no/such/folder/storm.svg) cannot be written"), "{error}");
}

#[test]
fn a_wrong_value_is_told_with_the_option_the_value_and_the_remedy() {
    for (arguments, message) in [
        (&["--clients", "many"][..], "`--clients` (many) must be a whole number, such as 700\n"),
        (&["--clients", "-1"], "`--clients` (-1) must be a whole number, such as 700\n"),
        (&["--clients", "0"], "`--clients` (0) must be a number from 1 to 100000\n"),
        (&["--rate", "fast"], "`--rate` (fast) must be a number, such as 0.5\n"),
        (
            &["--rate", "-0.5"],
            "`--rate` (-0.5) must be a number of calls a second for each client, more than 0 and at most 100000\n",
        ),
        (
            &["--capacity", "500"],
            "`--capacity` (500) must be more than the 700 requests a second of all clients (`--clients` × `--rate`), or the \
             server never recovers; raise it, or lower `--rate`\n",
        ),
        (
            &["--stall", "5"],
            "`--stall` (5) has no unit after `5`; write a time such as 5s or 500ms\n",
        ),
        (&["--stall", "0s"], "`--stall` (0 s) must be a time from 1 ms to 1 h\n"),
        (&["--seed", "x"], "`--seed` (x) must be a whole number from 0 on, such as 7\n"),
        (&["mx = 3"], "SETTINGS (mx = 3): unknown key `mx`; did you mean `max`?\n"),
        (
            &["max = 3", "--budget", "grcp"],
            "`--budget` (grcp): `grcp` is not a budget preset; did you mean `grpc`?",
        ),
        (&["max = 3", "--breaker", "rate = 30"], "`--breaker` (rate = 30): `rate` (30) must be"),
    ] {
        let (code, error) = fails(arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(error.starts_with(message), "{arguments:?}: {error}");
    }
    let (code, error) = fails(&["--op", "billing::charge"]);
    assert!(code == Some(2) && error.contains("--sites"), "{error}");
    let sites = export("unknown.json");
    let (_, error) = fails(&["--op", "charge2", "--sites", &sites.0]);
    assert!(error.starts_with("unknown operation `charge2`"), "{error}");
}
