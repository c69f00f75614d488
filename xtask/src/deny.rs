//! cargo-deny, with the rules of `deny.toml`.

use crate::run::{self, Outcome, cargo, works};

/// Says so and goes on where it is not installed: its advisories come from the network.
pub(crate) fn run() -> Outcome {
    if !works(&mut cargo(&["deny", "--version"])) {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    run::run(&mut cargo(&["deny", "--all-features", "check"]))
}
