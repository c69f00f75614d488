//! Packages the published crates and builds them as a user would get them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::run::{self, Outcome, cargo};
use crate::{contents, metadata};

/// The published crates, each after the crates that it depends on.
pub(crate) const PUBLISHED: [&str; 14] = [
    "retry-text",
    "retry-macros",
    "retry-engine",
    "retry-runtime",
    "retry-config",
    "retry-fleet",
    "retry-metrics",
    "retry-progress",
    "retry-testing",
    "retry-tasks",
    "retry-tasks-conformance",
    "retry-tasks-postgres",
    "retry-console",
    "retry-cli",
];

pub(crate) fn run() -> Outcome {
    for name in PUBLISHED {
        contents::check(name)?;
    }
    forget()?;
    // All at once, so that each can be built against the others without publishing any.
    let mut command = cargo(&["package", "--allow-dirty"]);
    run::run(command.args(PUBLISHED.iter().flat_map(|name| ["-p", name])))
}

/// Removes what an earlier run has unpacked and built. Packages are built against each other from a registry in the
/// target directory, and Cargo unpacks and builds each version from a registry only once. Without this, a run would
/// use the code of an earlier run.
fn forget() -> Result<(), String> {
    let built = metadata::target_directory()?.join("debug/.fingerprint");
    let registries = cargo_home().map(|home| home.join("registry/src"));
    // Folders of registries are named after the host, which is empty for a registry in a directory.
    let unpacked = registries.map(|all| entries(&all, |name| name.starts_with('-')));
    let places = unpacked.unwrap_or_default().into_iter().chain([built]);
    let ours = |name: &str| PUBLISHED.iter().any(|ours| is_build_of(name, ours));
    for left in places.flat_map(|place| entries(&place, ours)) {
        fs::remove_dir_all(&left).map_err(|error| {
            format!("cannot remove {}, left by an earlier run: {error}", left.display())
        })?;
    }
    Ok(())
}

/// The entries of a directory whose names match; empty if there is no such directory.
fn entries(directory: &Path, called: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| called(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect()
}

/// Whether a directory's name is the package's name followed by a version or the hash of a build.
fn is_build_of(directory: &str, package: &str) -> bool {
    let rest = directory.strip_prefix(package).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| {
        let is_hash = rest.len() == 16 && rest.chars().all(|digit| digit.is_ascii_hexdigit());
        is_hash || rest.starts_with(|first: char| first.is_ascii_digit())
    })
}

fn cargo_home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_named_after_a_package_with_a_version_or_a_hash_are_recognised() {
        assert!(is_build_of("retry-runtime-0.1.0", "retry-runtime"));
        assert!(is_build_of("retry-runtime-d6f7e1a2b3c4d5e6", "retry-runtime"));
        assert!(!is_build_of("retry-runtime-extra-0.1.0", "retry-runtime"));
        assert!(!is_build_of("retry-runtime", "retry-runtime"));
    }
}
