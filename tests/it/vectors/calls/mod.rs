//! Cases about calls: how often the body runs, when, and with what result, on virtual time.
//!
//! Each area has a module, which checks a vector or returns `None` if the vector belongs elsewhere. A case is either
//! run or listed in [`SKIPPED`] with the reason. Where our rule differs from the peer, the case is in
//! [`OUR_RULE_DECIDES`] and runs with our outcome. An unmapped key is a failure.

mod attempts;
mod delays;
mod expect;
mod failure;
mod fields;
mod http;
mod predicates;
mod run;
mod script;
mod scripts;
mod settings;
mod timeouts;
mod validation;

use std::path::Path;
use std::time::Duration;

use expect::Expect;
use fields::Fields;
use serde_norway::Value;

/// Cases that are not run, with the reason.
const SKIPPED: &[(&str, &str)] = &[
    ("AT-047", "a cap on attempts for all policies is configuration, not part of the engine"),
    ("DL-012", "the bound follows Polly's own formula, which is not one of our jitters"),
    ("DL-013", "the numbers follow Polly's own formula, which is not one of our jitters"),
    ("DL-048", "we have no minimum delay"),
    ("HT-044", "calls return whole values: nothing reaches the caller before an attempt ends"),
    (
        "PR-027",
        "matching by type is `Classify`'s (`inherit`, `of_error_chain`); the engine has no type lists",
    ),
];

/// Changes an expectation where our rule differs.
type Decided = fn(&mut Expect);

/// Cases whose outcome here differs from the peer, with the reason.
const OUR_RULE_DECIDES: &[(&str, &str, Decided)] = &[
    ("AT-060", "the call returns the last error itself (D08)", |expect| {
        expect.result = Some("err:TryAgain".into());
    }),
    ("AT-061", "the call returns the last error itself (D08)", |expect| {
        expect.result = Some("err:TryAgain(cause:U)".into());
    }),
    (
        "TO-033",
        "Our rule: `recover` is outside of the deadline, so a slow one is not cut",
        |expect| {
            expect.result = Some("err:S".into());
            expect.elapsed = Some(Duration::from_millis(200));
        },
    ),
];

/// Cases whose settings are invalid, with the beginning of the message.
const WE_REFUSE: &[(&str, &str)] = &[
    // Our rule: `base > cap` is invalid. (The schedule still shows the peer's delays.)
    ("DL-016", "`cap` (123ms) must not be less than `base` (2s)"),
    // Our rule: a schedule that cannot start a retry before the deadline is invalid too; the peer's call ends with a
    // timeout during its sleep.
    ("TO-028", "the first retry (after 1s) could never start before `deadline` (100ms)"),
];

/// The result of checking a vector.
enum Verdict {
    Ran,
    Skipped(&'static str),
    Failed(String),
}

/// One vector.
struct Vector<'v> {
    id: String,
    value: &'v Value,
    cfg: Fields<'v>,
    expect: Fields<'v>,
}

impl<'v> Vector<'v> {
    fn of(value: &'v Value) -> Self {
        Vector {
            id: fields::text(&value["id"]),
            value,
            cfg: Fields::of(value.get("cfg")),
            expect: Fields::of(value.get("expect")),
        }
    }

    fn get(&self, key: &str) -> Option<&'v Value> {
        self.value.get(key)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(fields::text)
    }

    /// The vector's table: its columns' names and its rows.
    fn table(&self) -> Option<(Vec<String>, Vec<serde_norway::Mapping>)> {
        let table = self.get("table")?;
        let columns = table["columns"].as_sequence()?.iter().map(fields::text).collect();
        Some((columns, fields::rows(table)))
    }

    /// The expectation, changed where our rule differs.
    fn decided(&self, expect: &mut Expect) {
        let decided = OUR_RULE_DECIDES.iter().filter(|(id, ..)| *id == self.id);
        decided.for_each(|(.., change)| change(expect));
    }

    /// The message about invalid settings, if they are invalid.
    fn refused(&self) -> Option<&'static str> {
        WE_REFUSE.iter().find(|(id, _)| *id == self.id).map(|(_, words)| *words)
    }

    fn all_read(&self) -> Result<(), String> {
        self.cfg.all_read("cfg").and_then(|()| self.expect.all_read("expect"))
    }
}

/// Checks a vector; returns `None` if it belongs to another module.
type Area = fn(&Vector<'_>) -> Option<Result<(), String>>;

/// The modules in the order in which they are tried.
const AREAS: &[Area] = &[
    attempts::run,
    predicates::run,
    delays::run,
    timeouts::run,
    http::run,
    validation::run,
    // Every vector with a script and no table.
    scripts::run,
];

fn load(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn verdict(vector: &Vector<'_>) -> Verdict {
    if let Some((_, reason)) = SKIPPED.iter().find(|(id, _)| *id == vector.id) {
        return Verdict::Skipped(reason);
    }
    match AREAS.iter().find_map(|area| area(vector)) {
        Some(Ok(())) => vector.all_read().map_or_else(Verdict::Failed, |()| Verdict::Ran),
        Some(Err(message)) => Verdict::Failed(message),
        None => Verdict::Failed("no module runs it: map it, or skip it with a reason".to_owned()),
    }
}

/// Runs every case of a file, except those skipped by name.
#[track_caller]
fn check(file: &str) {
    let document = load(file);
    let vectors = document["vectors"].as_sequence().expect("a list of vectors");
    let (mut ran, mut failed) = (Vec::new(), Vec::new());
    for vector in vectors.iter().map(Vector::of) {
        match verdict(&vector) {
            Verdict::Ran => ran.push(vector.id),
            Verdict::Skipped(reason) => println!("{file}: skipped {}: {reason}", vector.id),
            Verdict::Failed(message) => failed.push(format!("{}: {message}", vector.id)),
        }
    }
    println!("{file}: ran {} of {}: {}", ran.len(), vectors.len(), ran.join(" "));
    assert!(failed.is_empty(), "{file}:\n  {}", failed.join("\n  "));
}

macro_rules! files {
    ($($name:ident: $file:literal,)*) => {
        $(#[test] fn $name() { check($file) })*

        const FILES: &[&str] = &[$($file),*];
    };
}

files! {
    attempts_are_counted_as_in_the_vectors: "attempts.yaml",
    failures_are_told_apart_as_in_the_vectors: "predicates.yaml",
    delays_are_those_of_the_vectors: "delays.yaml",
    limits_hold_as_in_the_vectors: "timeouts.yaml",
    cancellation_ends_calls_as_in_the_vectors: "cancel.yaml",
    http_is_read_as_in_the_vectors: "http.yaml",
    settings_are_refused_as_in_the_vectors: "validation.yaml",
}

#[test]
fn every_exception_names_a_case_of_the_files() {
    let documents: Vec<Value> = FILES.iter().map(|file| load(file)).collect();
    let vectors = documents.iter().flat_map(|document| document["vectors"].as_sequence());
    let ids: Vec<String> = vectors.flatten().map(|vector| fields::text(&vector["id"])).collect();
    let exceptions = SKIPPED.iter().chain(WE_REFUSE).map(|(id, _)| id);
    for id in exceptions.chain(OUR_RULE_DECIDES.iter().map(|(id, ..)| id)) {
        assert!(ids.iter().any(|known| known == id), "{id} is in none of the files");
    }
}

#[test]
fn every_file_of_vectors_is_run() {
    const OTHERS: [&str; 5] =
        ["background.yaml", "breaker.yaml", "budget.yaml", "combos.yaml", "window.yaml"];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for entry in std::fs::read_dir(folder).expect("the vectors") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let listed = FILES.iter().chain(&OTHERS).any(|file| *file == name);
        assert!(listed || !name.ends_with(".yaml"), "{name} is not run: list it in `files!`");
    }
}

#[test]
fn an_expectation_that_is_not_met_is_a_failure() {
    let cases = [
        ("{calls: 2}", "calls: 3, expected 2"),
        ("{result: 'err:E'}", "result: \"ok:v\", expected \"err:E\""),
        ("{delays_ms: [10, 20]}", "delay 2"),
        ("{delays_ms: [10]}", "delays"),
        ("{stop_reason: max_attempts}", "stop reason"),
        ("{elapsed_ms: 21}", "elapsed"),
        ("{classifier_calls: 3}", "classifier calls"),
        ("{retry_events: 3}", "hook calls"),
        ("{retries: 1}", "retries"),
        ("{mood: good}", "not mapped: mood"),
    ];
    for (expect, message) in cases {
        let text = format!(
            "{{id: X, cfg: {{max_attempts: 4, delay_ms: 10}}, script: ['err:E x2', 'ok:v'], expect: {expect}}}"
        );
        let value: Value = serde_norway::from_str(&text).expect("a vector");
        let Verdict::Failed(found) = verdict(&Vector::of(&value)) else {
            panic!("{expect} is taken for true");
        };
        assert!(found.contains(message), "{expect}: {found}");
    }
}
