//! Compares the compile errors of the macros with the `.stderr` file next to each case.

use std::process::Command;

use crate::run::{self, EVERYTHING, Outcome, cargo};

pub(crate) fn run(filter: Option<&str>) -> Outcome {
    run::run(&mut command(filter))
}

/// Writes the current compile errors into the `.stderr` files. Read the diff before committing it.
pub(crate) fn bless(filter: Option<&str>) -> Outcome {
    run::run(command(filter).env("TRYBUILD", "overwrite"))
}

/// Uses `cargo test` even where nextest is installed, because trybuild prints its own list of cases.
fn command(filter: Option<&str>) -> Command {
    let mut command = cargo(&["test", "--test", "ui"]);
    command.args(EVERYTHING);
    if let Some(filter) = filter {
        // The empty word selects every test function; trybuild reads the second word.
        command.args(["--", "", &format!("trybuild={filter}")]);
    }
    command
}
