//! Packages must build without warnings for any choice of features.

use serde_json::Value;

use crate::metadata;
use crate::package::PUBLISHED;
use crate::run::{self, Outcome, cargo};

/// All features together are linted with the whole workspace, by `check`.
pub(crate) fn run() -> Outcome {
    for name in PUBLISHED {
        let features = named(&metadata::package(name)?);
        lint(name, &["--no-default-features"])?;
        for feature in &features {
            lint(name, &["--no-default-features", "--features", feature])?;
        }
    }
    // The same tests run with `sites` among the others.
    run::run(&mut cargo(&["test", "--quiet", "-p", "retry-tests-lean"]))?;
    // Any crate of a program may make the maps of `serde_json` keep the order of their entries.
    let ordered = ["--lib", "--features", "serde_json/preserve_order", "value::"];
    run::run(cargo(&["test", "--quiet", "-p", "retry-tasks"]).args(ordered))?;
    // An example needs no other features than its manifest names.
    lint("retry-examples", &["--examples"])
}

/// Runs clippy rather than `cargo check`, because code behind `not(feature = …)` is linted nowhere else.
fn lint(name: &str, selection: &[&str]) -> Outcome {
    run::run(cargo(&["clippy", "-p", name]).args(selection).args(["--", "-D", "warnings"]))
}

/// The features that a user can name, without `default`.
fn named(package: &Value) -> Vec<String> {
    let features = package["features"].as_object();
    let names = features.into_iter().flat_map(|features| features.keys());
    names.filter(|name| *name != "default").cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_set_does_not_count_as_a_feature() {
        let package = serde_json::json!({ "features": { "default": ["http"], "http": [] } });
        assert_eq!(named(&package), ["http"]);
    }
}
