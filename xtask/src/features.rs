//! The runtime must build, without a warning, for a user who picks features otherwise than the default.

use serde_json::Value;

use crate::metadata;
use crate::run::{self, Outcome, cargo};

const CRATE: &str = "retry-runtime";

pub(crate) fn run() -> Outcome {
    let features = named(&metadata::package(CRATE)?);
    lint(&["--no-default-features"])?;
    for feature in &features {
        lint(&["--no-default-features", "--features", feature])?;
    }
    lint(&["--all-features"])
}

/// Clippy instead of `cargo check`: code behind `not(feature = …)` is linted nowhere else.
fn lint(selection: &[&str]) -> Outcome {
    run::run(cargo(&["clippy", "-p", CRATE]).args(selection).args(["--", "-D", "warnings"]))
}

/// The features that a user may name, without `default`.
fn named(package: &Value) -> Vec<String> {
    let features = package["features"].as_object();
    let names = features.into_iter().flat_map(|features| features.keys());
    names.filter(|name| *name != "default").cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_set_is_not_a_feature_of_its_own() {
        let package = serde_json::json!({ "features": { "default": ["http"], "http": [] } });
        assert_eq!(named(&package), ["http"]);
    }
}
