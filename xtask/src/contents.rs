//! The contents of each package: its page on the registry, its licences, and nothing that only we need.

use crate::run::{Outcome, cargo, output};

/// The files that each package must contain; the licences in the crates' directories are symbolic links.
const NEEDED: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Folders at the top of a package whose files only we need.
const OUR_FOLDERS: [&str; 3] = ["tests", "examples", "benches"];

/// The ends of the names of files that only we need, such as unit tests in files of their own.
const OUR_FILES: [&str; 4] = ["tests.rs", "models.rs", "clippy.toml", "rustfmt.toml"];

pub(crate) fn check(name: &str) -> Outcome {
    let files = output(&mut cargo(&["package", "--list", "--allow-dirty", "-p", name]))?;
    let files: Vec<&str> = files.lines().collect();
    if let Some(missing) = NEEDED.iter().find(|needed| !files.contains(needed)) {
        return Err(format!("the package of {name} has no {missing}: write or link it there"));
    }
    let ours: Vec<&str> = files.into_iter().filter(|file| is_ours(file)).collect();
    if ours.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the package of {name} has files that its users do not build: {}; exclude them in the workspace's Cargo.toml",
        ours.join(", ")
    ))
}

/// Whether the file is for those who change the crate.
fn is_ours(file: &str) -> bool {
    let folder = file.split_once('/').map(|(folder, _)| folder);
    folder.is_some_and(|folder| OUR_FOLDERS.contains(&folder))
        || OUR_FILES.iter().any(|end| file.ends_with(end))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use serde_json::Value;

    use super::*;
    use crate::metadata;
    use crate::package::PUBLISHED;

    /// The features of this crate are described where users name them: in retry-runtime.
    const DESCRIBED_ELSEWHERE: [&str; 1] = ["retry-engine"];

    struct Package {
        name: &'static str,
        facts: Value,
        folder: PathBuf,
        readme: String,
    }

    fn packages() -> impl Iterator<Item = Package> {
        PUBLISHED.into_iter().map(|name| {
            let facts = metadata::package(name).expect("a package of the workspace");
            let manifest = facts["manifest_path"].as_str().expect("a path");
            let folder = Path::new(manifest).parent().expect("a folder").to_path_buf();
            let readme =
                fs::read_to_string(folder.join("README.md")).expect("each package has one");
            Package { name, facts, folder, readme }
        })
    }

    /// The features that a user can name.
    fn features(facts: &Value) -> Vec<&str> {
        let names = facts["features"].as_object().expect("a table").keys();
        names.map(String::as_str).filter(|name| *name != "default").collect()
    }

    /// The targets of the links in a text, outside of its blocks of code.
    fn links(text: &str) -> Vec<&str> {
        let prose = text.split("```").step_by(2);
        prose
            .flat_map(|prose| prose.split("](").skip(1))
            .filter_map(|rest| rest.split(')').next())
            .collect()
    }

    /// The anchor that the registry gives to a heading.
    fn anchors(text: &str) -> Vec<String> {
        let headings = text.lines().filter(|line| line.starts_with('#'));
        headings
            .map(|line| {
                let words = line.trim_start_matches('#').trim().to_lowercase();
                let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
                format!("#{}", kept.collect::<String>().replace(' ', "-"))
            })
            .collect()
    }

    #[test]
    fn every_link_of_a_readme_resolves_on_the_page_of_the_registry() {
        for package in packages() {
            let anchors = anchors(&package.readme);
            for link in links(&package.readme) {
                let resolves = link.starts_with("https://") || anchors.iter().any(|it| it == link);
                assert!(
                    resolves,
                    "{}: {link} must begin with https://, or name a heading",
                    package.name
                );
            }
        }
    }

    #[test]
    fn every_readme_names_the_features_of_its_crate() {
        for package in packages().filter(|it| !DESCRIBED_ELSEWHERE.contains(&it.name)) {
            for feature in features(&package.facts) {
                let named = format!("`{feature}`");
                assert!(
                    package.readme.contains(&named),
                    "{}: README.md says nothing of {named}",
                    package.name
                );
            }
        }
    }

    #[test]
    fn a_library_with_features_shows_them_all_on_docs_rs() {
        for Package { name, facts, folder, .. } in packages() {
            let root = folder.join("src/lib.rs");
            if features(&facts).is_empty() || !root.exists() {
                continue;
            }
            let settings = &facts["metadata"]["docs"]["rs"];
            assert_eq!(settings["all-features"], true, "{name}: [package.metadata.docs.rs]");
            assert_eq!(settings["rustdoc-args"], serde_json::json!(["--cfg", "docsrs"]), "{name}");
            let text = fs::read_to_string(root).expect("the library has a root");
            assert!(text.contains("#![cfg_attr(docsrs, feature(doc_cfg))]"), "{name}: src/lib.rs");
        }
    }

    #[test]
    fn files_for_tests_are_told_from_files_for_users() {
        for ours in
            ["tests/it/main.rs", "examples/kill.rs", "src/rows/time_tests.rs", "src/turn/tests.rs"]
        {
            assert!(is_ours(ours), "{ours}");
        }
        for theirs in ["src/lib.rs", "src/testing.rs", "src/model.rs", "README.md", "src/guide.md"]
        {
            assert!(!is_ours(theirs), "{theirs}");
        }
    }
}
