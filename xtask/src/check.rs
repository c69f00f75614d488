//! What a change must keep: formatting, lints, documentation and compile errors.

use crate::run::{self, Outcome, cargo};
use crate::ui;

pub(crate) fn run() -> Outcome {
    fmt()?;
    clippy()?;
    docs()?;
    ui::run(None)
}

pub(crate) fn fmt() -> Outcome {
    run::run(&mut cargo(&["fmt", "--all", "--check"]))
}

pub(crate) fn clippy() -> Outcome {
    let arguments = ["clippy", "--workspace", "--all-targets", "--all-features"];
    run::run(cargo(&arguments).args(["--", "-D", "warnings"]))
}

pub(crate) fn docs() -> Outcome {
    let arguments = ["doc", "--no-deps", "--all-features", "-p", "retry-runtime"];
    run::run(
        cargo(&arguments)
            .args(["-p", "retry-macros", "-p", "retry-text", "-p", "retry-tasks", "-p", "retry-cli"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
