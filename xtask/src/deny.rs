//! Runs cargo-deny with the rules of `deny.toml`.

use crate::run::{self, Outcome, cargo, works};

/// Skips with a message where cargo-deny is not installed.
pub(crate) fn run() -> Outcome {
    if !works(&mut cargo(&["deny", "--version"])) {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    run::run(&mut cargo(&["deny", "--all-features", "check"]))
}
