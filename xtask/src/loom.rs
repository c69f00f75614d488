//! The loom models of the atomics: every interleaving of a few threads.

use crate::run::{self, Outcome, cargo};

/// In a target directory of their own, since the flag rebuilds everything.
pub(crate) fn run() -> Outcome {
    let mut models = cargo(&["test", "-p", "retry-runtime", "--lib", "--no-default-features"]);
    models.args(["--release", "--target-dir", "target/loom", "loom_"]);
    run::run(models.env("RUSTFLAGS", "--cfg retry_loom"))
}
