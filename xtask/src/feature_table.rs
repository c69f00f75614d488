//! The README's table of features: versions of foreign crates, the oldest compiler, and the number of crates.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::run::{cargo, output};

const HEADING: &str = "## Features\n";

/// The platform whose dependencies are counted; other ones have a few more or less.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Features whose rows name no foreign crate, since no errors of one are classified.
const OWN: [&str; 2] = ["serde", "stream"];

/// The name and the version of a crate.
type Crate = (String, String);

/// Cargo's facts about every package that the lock file names.
struct Facts {
    /// The oldest compiler of each crate that names one.
    compilers: BTreeMap<Crate, Version>,
    engine: Value,
}

type Version = Vec<u32>;

fn facts() -> Facts {
    let words = ["metadata", "--format-version", "1", "--all-features", "--locked"];
    let text = output(&mut cargo(&words)).expect("the workspace has metadata");
    let metadata: Value = serde_json::from_str(&text).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let compilers = packages.iter().filter_map(|package| {
        let key = (package["name"].as_str()?.to_owned(), package["version"].as_str()?.to_owned());
        Some((key, version(package["rust_version"].as_str()?)))
    });
    let engine = packages.iter().find(|package| package["name"] == "retry-engine");
    Facts { compilers: compilers.collect(), engine: engine.expect("a package").clone() }
}

impl Facts {
    /// The crates that these words select, and the oldest compiler that takes all of them.
    fn tree(&self, words: &[&str]) -> (String, usize) {
        let all = ["tree", "--locked", "-e", "no-dev", "--prefix", "none", "--target", TARGET];
        let text = output(cargo(&all).args(words)).expect("cargo lists the crates");
        let crates: BTreeSet<Crate> = text.lines().filter_map(listed).collect();
        let compilers = crates.iter().filter_map(|key| self.compilers.get(key));
        let newest = compilers.max().expect("our crates name a compiler");
        (format!("{}.{}", newest[0], newest[1]), crates.len())
    }

    /// The foreign crate that a feature enables, with the version that its errors must have.
    fn foreign(&self, feature: &str) -> String {
        let dependencies = self.engine["dependencies"].as_array().expect("a list of dependencies");
        let found = dependencies.iter().find(|dependency| {
            let local = dependency["rename"].as_str().or(dependency["name"].as_str());
            local == Some(feature) && dependency["kind"].is_null()
        });
        let found = found.unwrap_or_else(|| panic!("no dependency is named after `{feature}`"));
        let requirement = found["req"].as_str().unwrap_or_default().trim_start_matches('^');
        format!("`{}` {requirement}", found["name"].as_str().unwrap_or_default())
    }
}

/// `name v1.2.3 (…)`
fn listed(line: &str) -> Option<Crate> {
    let mut words = line.split(' ');
    Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
}

fn version(text: &str) -> Version {
    let mut numbers: Version = text.split('.').filter_map(|number| number.parse().ok()).collect();
    numbers.resize(3, 0);
    numbers
}

/// The rows of the table, each with its trimmed cells.
fn rows(readme: &str) -> Vec<Vec<&str>> {
    let (_, section) = readme.split_once(HEADING).expect("the README has a table of features");
    let section = section.split("\n## ").next().unwrap_or(section);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(|cell| cell.trim().trim_end_matches('`')).collect())
        .collect()
}

#[test]
fn the_table_of_features_has_the_versions_and_numbers_of_the_manifests() {
    let readme = include_str!("../../README.md");
    let facts = facts();
    let mut wrong = Vec::new();
    for row in rows(readme) {
        let [name, what, compiler, crates] = row[..] else {
            wrong.push(format!("{row:?} has no four cells"));
            continue;
        };
        let (words, foreign) = match name {
            "default" => (vec!["-p", "retry-runtime"], None),
            "default-features = false" => {
                (vec!["-p", "retry-runtime", "--no-default-features"], None)
            }
            name if name.starts_with("retry-") => (vec!["-p", name], None),
            feature => {
                let foreign = (!OWN.contains(&feature)).then(|| facts.foreign(feature));
                (vec!["-p", "retry-runtime", "--features", feature], foreign)
            }
        };
        let (oldest, count) = facts.tree(&words);
        if compiler != oldest || crates != count.to_string() {
            wrong.push(format!("`{name}`: write Rust {oldest} and {count} crates"));
        }
        if foreign.as_ref().is_some_and(|foreign| !what.contains(foreign)) {
            wrong.push(format!("`{name}`: write {}", foreign.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "the table of features in README.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_of_features_has_a_row_for_every_feature() {
    let readme = include_str!("../../README.md");
    let listed: Vec<&str> = rows(readme).iter().map(|row| row[0]).collect();
    let package = crate::metadata::package("retry-runtime").expect("a package of the workspace");
    let features = package["features"].as_object().expect("a table of features");
    let default: Vec<&str> =
        features["default"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let missing = features
        .keys()
        .map(String::as_str)
        .filter(|feature| !listed.contains(feature) && !default.contains(feature));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}
