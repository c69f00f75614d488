//! Checks formatting, lints, documentation and compile errors.

use crate::run::{self, EVERYTHING, Outcome, cargo};
use crate::{package, pages, ui};

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
    let mut command = cargo(&["clippy", "--all-targets"]);
    run::run(command.args(EVERYTHING).args(["--", "-D", "warnings"]))
}

pub(crate) fn docs() -> Outcome {
    let packages = package::PUBLISHED.iter().flat_map(|name| ["-p", name]);
    let mut command = cargo(&["doc", "--no-deps", "--all-features"]);
    run::run(command.args(packages).env("RUSTDOCFLAGS", "-D warnings"))?;
    pages::check()
}
