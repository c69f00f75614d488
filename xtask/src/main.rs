//! `cargo xtask VERB`: every task on this workspace, for people and for CI.

mod bench;
mod check;
mod console;
mod contents;
mod debian;
mod deny;
mod examples;
#[cfg(test)]
mod feature_table;
mod features;
mod loom;
mod metadata;
mod minimal;
mod miri;
mod mutants;
mod package;
mod pages;
mod readme;
mod restate;
mod run;
mod semver;
mod test;
mod ui;
mod wasm;

use std::process::ExitCode;
use std::time::Instant;

use Action::{Filtered, Many, Optional, Plain};
use run::{Outcome, seconds};

/// The usage text and the dispatch both read this table.
const VERBS: &[Verb] = &[
    Verb("test", "run unit, integration and documentation tests", Plain(test::run)),
    Verb("check", "fmt, clippy, docs and ui", Plain(check::run)),
    Verb("fmt", "check that every file is formatted", Plain(check::fmt)),
    Verb("clippy", "lint everything, warnings denied", Plain(check::clippy)),
    Verb(
        "docs",
        "build the published crates' documentation, warnings denied, and check its pages",
        Plain(check::docs),
    ),
    Verb(
        "ui",
        "compare compile errors with the expected ones; NAME picks cases",
        Filtered(ui::run),
    ),
    Verb("bless", "rewrite the expected compile errors; NAME picks cases", Filtered(ui::bless)),
    Verb(
        "install",
        "install the programs that examples and tests use, from Debian, as root, and the target of `wasm`",
        Plain(install),
    ),
    Verb(
        "examples",
        "run every example, and the first one of the README (`readme`); NAME picks one",
        Filtered(examples::run),
    ),
    Verb(
        "features",
        "lint crates with no feature, each feature alone, and all",
        Plain(features::run),
    ),
    Verb("loom", "run the loom models of the atomics", Plain(loom::run)),
    Verb("miri", "run tests under Miri, where it is installed", Plain(miri::run)),
    Verb(
        "wasm",
        "lint for wasm32-unknown-unknown, and run calls under node, where they are installed",
        Plain(wasm::run),
    ),
    Verb(
        "console",
        "test the console's pages under node and in a browser, where they are installed",
        Plain(console::run),
    ),
    Verb(
        "restate",
        "test tasks on a Restate server, where npm can install one",
        Plain(restate::run),
    ),
    Verb("deny", "check licences and advisories, where cargo-deny is installed", Plain(deny::run)),
    Verb(
        "mutants",
        "test the tests by mutants of the code, where cargo-mutants is installed",
        Many(mutants::run),
    ),
    Verb(
        "minimal",
        "build the published crates with the oldest dependencies that they allow",
        Plain(minimal::run),
    ),
    Verb("package", "package and build the published crates", Plain(package::run)),
    Verb(
        "semver",
        "compare the interfaces with the last release, where cargo-semver-checks is installed",
        Plain(semver::run),
    ),
    Verb(
        "bench",
        "measure what retries cost; --check: compare with the ceilings",
        Optional(bench::run),
    ),
    Verb("ci", "run everything, in the order of CI", Plain(ci)),
];

/// The name of a verb, its help line, and its action.
struct Verb(&'static str, &'static str, Action);

enum Action {
    Plain(fn() -> Outcome),
    /// Takes an optional word that picks some of the tests.
    Filtered(fn(Option<&str>) -> Outcome),
    /// Takes an optional flag, which the action checks.
    Optional(fn(Option<&str>) -> Outcome),
    /// Takes any number of files.
    Many(fn(&[&str]) -> Outcome),
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if matches!(words[..], ["help" | "--help" | "-h"]) {
        print!("{}", usage());
        return ExitCode::SUCCESS;
    }
    let started = Instant::now();
    match dispatch(&words) {
        Ok(()) => {
            println!("xtask: {} passed in {}", words.join(" "), seconds(started.elapsed()));
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Outcome {
    let [name, rest @ ..] = words else {
        return Err(format!("a verb is missing\n\n{}", usage()));
    };
    let Some(Verb(_, _, action)) = find(name) else {
        return Err(format!("unknown verb `{name}`\n\n{}", usage()));
    };
    match (action, rest) {
        (Plain(run), []) => run(),
        (Many(run), words) => run(words),
        (Filtered(run) | Optional(run), []) => run(None),
        (Filtered(run) | Optional(run), [word]) => run(Some(word)),
        (Plain(_), [extra, ..]) | (Filtered(_) | Optional(_), [_, extra, ..]) => {
            Err(format!("`{name}` does not take `{extra}`\n\n{}", usage()))
        }
    }
}

fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.0 == name)
}

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask VERB\n\n");
    for Verb(name, help, action) in VERBS {
        let left = match action {
            Plain(_) => name.to_string(),
            Filtered(_) => format!("{name} [NAME]"),
            Optional(_) => format!("{name} [--OPTION]"),
            Many(_) => format!("{name} [FILE…]"),
        };
        text.push_str(&format!("  {left:<17} {help}\n"));
    }
    text
}

fn install() -> Outcome {
    wasm::install()?;
    debian::install()
}

/// Leaves out `install`: the owner of a machine decides what is installed, and examples work without the programs. Leaves
/// out `mutants`, which take hours.
fn ci() -> Outcome {
    test::run()?;
    check::run()?;
    examples::run(None)?;
    features::run()?;
    loom::run()?;
    miri::run()?;
    wasm::run()?;
    restate::run()?;
    deny::run()?;
    minimal::run()?;
    bench::run(Some("--check"))?;
    package::run()?;
    semver::run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_in_the_usage_text_and_found_by_its_name() {
        let usage = usage();
        for Verb(name, help, _) in VERBS {
            assert!(usage.contains(&format!("\n  {name} ")), "`{name}` is not in the usage text");
            assert!(usage.contains(help), "`{name}` is not explained in the usage text");
            let found = find(name).expect("every verb of the table is found");
            assert_eq!(found.1, *help, "`{name}` is in the table twice");
        }
        assert_eq!(usage.lines().count(), VERBS.len() + 2, "the usage text has an extra line");
    }

    #[test]
    fn every_verb_is_in_the_contributors_guide() {
        let guide = include_str!("../../CONTRIBUTING.md");
        for Verb(name, _, _) in VERBS {
            let written = format!("`cargo xtask {name}");
            assert!(guide.contains(&written), "CONTRIBUTING.md does not mention {written}`");
        }
    }

    #[test]
    fn an_unknown_verb_or_an_extra_word_is_refused_with_the_usage_text() {
        for words in [&["tset"][..], &["fmt", "now"], &["ui", "one", "two"], &[]] {
            let reason = dispatch(words).expect_err("the words are refused");
            assert!(reason.contains("usage: cargo xtask VERB"), "{reason}");
        }
    }
}
