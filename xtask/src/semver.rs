//! Compares the public interfaces with those of the last release, by cargo-semver-checks.

use std::process::Command;

use crate::package::PUBLISHED;
use crate::run::{self, Outcome, cargo, output, root, works};

/// Binaries, which have no interface to compare.
const BINARIES: [&str; 1] = ["retry-cli"];

/// Skips with a message where the tool is not installed, or where no release is tagged yet.
pub(crate) fn run() -> Outcome {
    if !works(&mut cargo(&["semver-checks", "--version"])) {
        println!(
            "skipped: cargo-semver-checks is not installed: cargo install cargo-semver-checks"
        );
        return Ok(());
    }
    let Some(release) = last_release() else {
        println!(
            "skipped: no release is tagged yet, so that there is no interface to compare with"
        );
        return Ok(());
    };
    let libraries = PUBLISHED.iter().filter(|name| !BINARIES.contains(name));
    let packages = libraries.flat_map(|name| ["-p", name]);
    let mut command = cargo(&["semver-checks", "--all-features", "--baseline-rev", &release]);
    run::run(command.args(packages))
}

/// The tag of the newest release before this commit: `v0.1.0`.
fn last_release() -> Option<String> {
    let mut git = Command::new("git");
    let words = ["tag", "--merged", "HEAD", "--list", "v[0-9]*", "--sort", "-version:refname"];
    let tags = output(git.current_dir(root()).args(words)).ok()?;
    tags.lines().next().map(str::to_owned)
}
