//! The tests of the workspace, but for the compile errors, which `ui` looks at.

use crate::run::{self, Outcome, cargo, works};

/// Every feature is on: the implementations for other crates' errors are tested too, and there is one
/// build for these tests and for the documentation's.
const SELECTION: [&str; 4] = ["--workspace", "--exclude", "retry-ui-tests", "--all-features"];

/// The engine where there is no tokio.
const WITHOUT_TOKIO: [&str; 8] = [
    "test",
    "-p",
    "retry-runtime",
    "--no-default-features",
    "--features",
    "macros",
    "--test",
    "without_tokio",
];

/// Unit and integration tests, then the examples in the documentation, which nextest leaves out.
pub(crate) fn run() -> Outcome {
    run::run(&mut cargo(&WITHOUT_TOKIO))?;
    if works(&mut cargo(&["nextest", "--version"])) {
        run::run(cargo(&["nextest", "run"]).args(SELECTION))?;
        run::run(cargo(&["test", "--doc"]).args(SELECTION))
    } else {
        println!("cargo-nextest is not installed: going on with cargo test");
        run::run(cargo(&["test"]).args(SELECTION))
    }
}
