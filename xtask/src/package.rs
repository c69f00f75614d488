//! The published crates, as a user would get them.

use crate::run::{self, Outcome, cargo, output};

pub(crate) const PUBLISHED: [&str; 5] =
    ["retry-text", "retry-macros", "retry-runtime", "retry-tasks", "retry-cli"];

/// What a package must hold besides its code. The files in the crates' directories are links.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

pub(crate) fn run() -> Outcome {
    for name in PUBLISHED {
        let files = output(&mut cargo(&["package", "--list", "--allow-dirty", "-p", name]))?;
        for licence in LICENCES {
            if !files.lines().any(|file| file == licence) {
                return Err(format!("the package of {name} has no {licence}: link it there"));
            }
        }
    }
    // All at once: none need be published for the other to be built against it.
    let mut command = cargo(&["package", "--allow-dirty"]);
    run::run(command.args(PUBLISHED.iter().flat_map(|name| ["-p", name])))
}
