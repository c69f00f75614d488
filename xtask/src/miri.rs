//! Miri, over the two places that are worth it: the pinned future and the list of sites.

use crate::run::{self, Outcome, cargo, works};

/// Unit tests of these modules of the runtime; Miri is too slow for all of them.
const MODULES: [&str; 2] = ["drive::tests", "registry::tests"];

/// Says so and goes on where no nightly has Miri: it cannot be installed on every machine.
pub(crate) fn run() -> Outcome {
    if !works(&mut cargo(&["+nightly", "miri", "--version"])) {
        println!("skipped: no nightly toolchain with Miri is installed");
        return Ok(());
    }
    run::run(
        cargo(&["+nightly", "miri", "test", "-p", "retry-runtime", "--lib", "--"]).args(MODULES),
    )
}
