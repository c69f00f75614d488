//! Runs every example; each checks its own outcome and exits with a failure if it is wrong.

use std::process::Command;

use serde_json::Value;

use crate::run::{self, EVERYTHING, Outcome, cargo, root};
use crate::{metadata, readme};

const CRATE: &str = "retry-examples";

/// The name by which a filter picks the first example of the README.
const README: &str = "readme";

/// The example that needs the crates of OpenTelemetry: a workspace of its own, so that nothing else compiles them.
const OTLP: &str = "otlp";

/// Optimises the examples a little: `storm` simulates for over a minute otherwise.
const OPTIMISED: [&str; 2] = ["--config", "profile.dev.package.retry-examples.opt-level=1"];

/// Builds with the features of the whole workspace and runs the programs directly: `cargo run` would build the
/// dependencies again, with the features of one package.
///
/// With a filter, only the example of this name is run; `readme` is the first one of the README, `otlp` the one outside of the
/// workspace.
pub(crate) fn run(filter: Option<&str>) -> Outcome {
    let is_picked = |name: &str| filter.is_none_or(|filter| filter == name);
    let mut picked = names(&metadata::package(CRATE)?);
    picked.retain(|name| is_picked(name));
    if picked.is_empty() && !is_picked(README) && !is_picked(OTLP) {
        return Err(format!("there is no example `{}`", filter.unwrap_or_default()));
    }
    if !picked.is_empty() {
        run::run(cargo(&["build", "--quiet", "--examples"]).args(EVERYTHING).args(OPTIMISED))?;
    }
    let folder = metadata::target_directory()?.join("debug/examples");
    for example in picked {
        run::run(Command::new(folder.join(example)).current_dir(root()))?;
    }
    if is_picked(OTLP) {
        let manifest =
            ["run", "--quiet", "--locked", "--manifest-path", "examples/otlp/Cargo.toml"];
        run::run(&mut cargo(&manifest))?;
    }
    if is_picked(README) { readme::run() } else { Ok(()) }
}

fn names(package: &Value) -> Vec<String> {
    let targets = package["targets"].as_array().into_iter().flatten();
    targets
        .filter(|target| target["kind"][0] == "example")
        .filter_map(|target| target["name"].as_str())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_targets_of_the_kind_example_are_run() {
        let package = serde_json::json!({ "targets": [
            { "kind": ["lib"], "name": "retry_examples" },
            { "kind": ["example"], "name": "quickstart" },
        ] });
        assert_eq!(names(&package), ["quickstart"]);
    }
}
