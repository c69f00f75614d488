//! Runs Miri on the two modules that benefit from it: the pinned future and the list of sites.

use crate::run::{self, Outcome, cargo, works};

/// The runtime's modules whose unit tests run under Miri, which is too slow for all of them.
const MODULES: [&str; 2] = ["turn::tests", "site::registry::tests"];

/// Skips with a message where no nightly toolchain has Miri.
pub(crate) fn run() -> Outcome {
    if !works(&mut cargo(&["+nightly", "miri", "--version"])) {
        println!("skipped: no nightly toolchain with Miri is installed");
        return Ok(());
    }
    run::run(
        cargo(&["+nightly", "miri", "test", "-p", "retry-engine", "--lib", "--"]).args(MODULES),
    )
}
