//! Tests the tests: changes the code in small ways, one at a time, and looks whether a test fails (cargo-mutants).

mod explained;
mod score;

use std::path::{Path, PathBuf};
use std::process::Command;

use explained::Explained;
use score::Score;

use crate::run::{self, Outcome, cargo, works};

/// Code whose decisions the tests must pin, and the tests that do.
struct Group {
    package: &'static str,
    /// Files and folders, from the root.
    files: &'static [&'static str],
    /// The packages whose tests run for each mutant.
    tests: &'static [&'static str],
    /// The tests of these packages, without the slow ones that say nothing about this code.
    targets: &'static [&'static str],
}

const GROUPS: &[Group] = &[
    Group {
        package: "retry-engine",
        files: &[
            "retry-engine/src/call/decide.rs",
            "retry-engine/src/call/account.rs",
            "retry-engine/src/turn/guard.rs",
            "retry-engine/src/turn/judge.rs",
            "retry-engine/src/failure/interruption.rs",
            "retry-engine/src/failure/retry_after",
            "retry-engine/src/policy/backoff.rs",
            "retry-engine/src/policy/jitter.rs",
            "retry-engine/src/policy/delays.rs",
            "retry-engine/src/budget",
            "retry-engine/src/breaker/machine.rs",
            "retry-engine/src/breaker/orders.rs",
            "retry-engine/src/breaker/keyed.rs",
            "retry-engine/src/breaker/state",
            "retry-engine/src/breaker/window",
        ],
        tests: &["retry-engine", "retry-tests"],
        targets: &["--lib", "--test=it", "--test=listeners", "--test=configured"],
    },
    Group {
        package: "retry-tasks",
        files: &["tasks/retry-tasks/src/machine"],
        tests: &["retry-tasks"],
        targets: &["--lib", "--test=it"],
    },
];

/// The part of the mutants that must be killed or explained, in percent.
const BAR: usize = 95;

/// Reports of cargo-mutants that are no fault of the command: everything caught, some missed, some timed out.
const REPORTED: [i32; 3] = [0, 2, 3];

/// Runs the mutants of all groups, or of the files and folders that are named; skips with a message where cargo-mutants
/// is not installed.
pub(crate) fn run(words: &[&str]) -> Outcome {
    if !works(&mut cargo(&["mutants", "--version"])) {
        println!(
            "skipped: cargo-mutants is not installed; `cargo install cargo-mutants --locked` installs it"
        );
        return Ok(());
    }
    let explained = Explained::read()?;
    let mut score = Score::default();
    for (group, files) in chosen(words)? {
        let reports = mutate(group, &files)?;
        score.add(&reports, &explained)?;
    }
    print!("{score}");
    score.reaches(BAR)
}

/// The groups with the files to mutate in each of them.
fn chosen<'a>(words: &[&'a str]) -> Result<Vec<(&'static Group, Vec<&'a str>)>, String> {
    if words.is_empty() {
        return Ok(GROUPS.iter().map(|group| (group, group.files.to_vec())).collect());
    }
    let mut chosen: Vec<(&Group, Vec<&str>)> = Vec::new();
    for word in words {
        let word = word.trim_end_matches('/');
        let group = GROUPS.iter().find(|group| group.has(word)).ok_or_else(|| {
            let all: Vec<&str> = GROUPS.iter().flat_map(|group| group.files).copied().collect();
            format!(
                "`{word}` is not among the files whose mutants are run:\n  {}",
                all.join("\n  ")
            )
        })?;
        match chosen.iter_mut().find(|(other, _)| other.package == group.package) {
            Some((_, files)) => files.push(word),
            None => chosen.push((group, vec![word])),
        }
    }
    Ok(chosen)
}

impl Group {
    /// Whether the file or folder is one of the group's, or inside one.
    fn has(&self, word: &str) -> bool {
        let inside = |file: &&&str| Path::new(word).starts_with(file);
        self.files.iter().find(inside).is_some() && Path::new(run::root()).join(word).exists()
    }
}

/// Runs the mutants of these files; returns the folder of the reports.
fn mutate(group: &Group, files: &[&str]) -> Result<PathBuf, String> {
    let out = Path::new(run::root()).join("target/mutants").join(group.package);
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut command = command(group, files);
    command.arg("--output").arg(&out);
    println!("$ {}", run::line(&command));
    let status =
        command.status().map_err(|error| format!("cannot start cargo-mutants: {error}"))?;
    if !status.code().is_some_and(|code| REPORTED.contains(&code)) {
        return Err(format!("cargo-mutants failed ({status}): see {}", out.display()));
    }
    Ok(out.join("mutants.out"))
}

fn command(group: &Group, files: &[&str]) -> Command {
    // One mutant at a time, so that all builds share one target directory.
    let mut command = cargo(&["mutants", "--all-features", "--jobs=1", "--no-shuffle"]);
    command.args(["--package", group.package]);
    // Files of tests, which cargo-mutants takes for code because of their `#[path]`.
    command.args(["--exclude", "**/*tests.rs", "--exclude", "**/models.rs"]);
    for file in files {
        let pattern = if file.ends_with(".rs") { (*file).to_owned() } else { format!("{file}/**") };
        command.args(["--file", &pattern]);
    }
    group.tests.iter().for_each(|package| {
        command.args(["--test-package", package]);
    });
    // For the build as for the run: other targets are not even compiled.
    for target in group.targets {
        command.arg(format!("--cargo-arg={target}"));
    }
    // The layout's tests read the source, and would fail because of how a mutant looks.
    let tests: &[&str] = if works(&mut cargo(&["nextest", "--version"])) {
        &["--test-tool=nextest", "--cargo-test-arg=--filterset=not test(tidy)"]
    } else {
        &["--cargo-test-arg=--", "--cargo-test-arg=--skip=tidy"]
    };
    command.args(tests);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env("CARGO_TARGET_DIR", Path::new(run::root()).join("target/mutants/build"));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_group_exists() {
        for file in GROUPS.iter().flat_map(|group| group.files) {
            assert!(Path::new(run::root()).join(file).exists(), "{file} does not exist");
        }
    }

    #[test]
    fn a_file_is_mutated_with_the_tests_of_its_group() {
        let words = ["retry-engine/src/budget/bucket.rs", "tasks/retry-tasks/src/machine/"];
        let chosen = chosen(&words).unwrap();
        let found: Vec<_> =
            chosen.iter().map(|(group, files)| (group.package, &files[..])).collect();
        assert_eq!(
            found,
            [
                ("retry-engine", &["retry-engine/src/budget/bucket.rs"][..]),
                ("retry-tasks", &["tasks/retry-tasks/src/machine"][..]),
            ]
        );
        let line = run::line(&command(&GROUPS[1], found[1].1));
        assert!(line.contains("--file tasks/retry-tasks/src/machine/**"), "{line}");
        assert!(line.contains("--test-package retry-tasks"), "{line}");
    }

    #[test]
    fn a_file_outside_the_groups_is_refused_with_the_files_inside() {
        for word in ["retry-engine/src/lib.rs", "retry-engine/src/budget/nothing.rs"] {
            let reason = chosen(&[word]).err().unwrap();
            assert!(reason.contains(word) && reason.contains("call/decide.rs"), "{reason}");
        }
    }
}
