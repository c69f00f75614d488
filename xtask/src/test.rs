//! Runs the tests of the workspace, except the compile errors, which `ui` checks.

use std::num::NonZero;
use std::thread;

use crate::run::{self, EVERYTHING, Outcome, cargo, works};

/// The package of the compile errors.
const UI: &str = "retry-ui-tests";

/// At least so many tests run at a time: those with servers and processes of their own mostly wait.
const TOGETHER: usize = 4;

/// Tests the engine without tokio.
const WITHOUT_TOKIO: [&str; 6] =
    ["test", "-p", "retry-engine", "--no-default-features", "--test", "without_tokio"];

/// Runs unit and integration tests, then the examples in the documentation, which nextest leaves out. A test that fails
/// does not hide the others.
pub(crate) fn run() -> Outcome {
    run::run(&mut cargo(&WITHOUT_TOKIO))?;
    if works(&mut cargo(&["nextest", "--version"])) {
        let except_ui = format!("not package({UI})");
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let together = processors.max(TOGETHER).to_string();
        let chosen = ["nextest", "run", "--no-fail-fast", "-E", &except_ui, "--test-threads"];
        run::run(cargo(&chosen).arg(together).args(EVERYTHING))?;
        run::run(cargo(&["test", "--no-fail-fast", "--doc"]).args(EVERYTHING))
    } else {
        println!("cargo-nextest is not installed: using cargo test");
        run::run(cargo(&["test", "--no-fail-fast", "--exclude", UI]).args(EVERYTHING))
    }
}
