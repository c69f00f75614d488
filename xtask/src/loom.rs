//! Runs the loom models of the atomics, which try every interleaving of a few threads.

use crate::run::{self, Outcome, cargo};

/// Uses a separate target directory, because the flag rebuilds every crate.
pub(crate) fn run() -> Outcome {
    let mut models = cargo(&["test", "-p", "retry-engine", "--lib", "--no-default-features"]);
    models.args(["--release", "--target-dir", "target/loom", "loom_"]);
    run::run(models.env("RUSTFLAGS", "--cfg retry_loom"))
}
