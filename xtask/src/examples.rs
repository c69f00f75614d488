//! Every example runs: each checks its own outcome and exits non-zero when it is not the promised one.

use serde_json::Value;

use crate::metadata;
use crate::run::{self, Outcome, cargo};

const CRATE: &str = "retry-examples";

pub(crate) fn run() -> Outcome {
    let examples = names(&metadata::package(CRATE)?);
    if examples.is_empty() {
        println!("{CRATE} has no examples");
    }
    for example in &examples {
        run::run(&mut cargo(&["run", "--quiet", "-p", CRATE, "--example", example]))?;
    }
    Ok(())
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
