//! The compile errors of the macros, compared with the `.stderr` file beside each case.

use std::process::Command;

use crate::run::{self, Outcome, cargo};

pub(crate) fn run(filter: Option<&str>) -> Outcome {
    run::run(&mut command(filter))
}

/// Writes what the compiler says now into the `.stderr` files. Read the difference before committing it.
pub(crate) fn bless(filter: Option<&str>) -> Outcome {
    run::run(command(filter).env("TRYBUILD", "overwrite"))
}

/// `cargo test` even where nextest is installed: trybuild prints its own list of cases, one run of the
/// compiler after the other.
fn command(filter: Option<&str>) -> Command {
    let mut command = cargo(&["test", "-p", "retry-ui-tests"]);
    if let Some(filter) = filter {
        // The empty word selects every test function; trybuild reads the other one.
        command.args(["--", "", &format!("trybuild={filter}")]);
    }
    command
}
