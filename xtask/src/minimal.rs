//! Builds the published crates with the oldest dependencies that their manifests allow.
//!
//! A floor such as `serde = "1"` is a promise: any version from there on works. Cargo always picks the newest one, so
//! only a build with the oldest ones shows whether the promise holds.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::metadata;
use crate::run::{self, Outcome, cargo, output, root};

/// The folders of the published crates.
const FOLDERS: [&str; 6] =
    ["companions", "retry-engine", "retry-macros", "retry-runtime", "retry-text", "tasks"];

/// Copies the crates to a folder with a lock file of its own, so that the workspace keeps its versions.
pub(crate) fn run() -> Outcome {
    let scratch = metadata::target_directory()?.join("minimal");
    let copy = scratch.join("workspace");
    copy_crates(&copy).map_err(|error| format!("cannot copy to {}: {error}", copy.display()))?;
    // The flag is unstable; the environment variable lets the stable toolchain take it.
    let here = |arguments: &[&str]| {
        let mut command: Command = cargo(arguments);
        command.current_dir(&copy).env("RUSTC_BOOTSTRAP", "1");
        command
    };
    run::run(&mut here(&["generate-lockfile", "-Z", "direct-minimal-versions"]))?;
    // Not for the build: dependencies would use unstable features where they find that they may.
    let mut check = here(&["check", "--workspace", "--all-features", "--lib", "--bins"]);
    run::run(check.env_remove("RUSTC_BOOTSTRAP").env("CARGO_TARGET_DIR", scratch.join("target")))
}

fn copy_crates(copy: &Path) -> io::Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    let listed = output(&mut listing()).map_err(io::Error::other)?;
    for file in listed.lines().map(Path::new) {
        let (from, to) = (Path::new(root()).join(file), copy.join(file));
        if !from.is_file() {
            continue;
        }
        fs::create_dir_all(to.parent().unwrap_or(copy))?;
        if file.ends_with("Cargo.toml") {
            fs::write(&to, without_tests(&fs::read_to_string(&from)?))?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

fn listing() -> Command {
    let mut command = Command::new("git");
    let words = ["ls-files", "--cached", "--others", "--exclude-standard", "--", "Cargo.toml"];
    command.current_dir(root()).args(words).args(FOLDERS).args(["README.md", "LICENSE-*"]);
    command
}

/// A manifest without dependencies for tests, whose floors concern nobody else; the workspace's without the packages
/// that are not copied.
fn without_tests(manifest: &str) -> String {
    let mut kept = String::new();
    let mut skips = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            let table = line.trim_matches(['[', ']']);
            skips = table.ends_with("dev-dependencies") || ["test", "bench"].contains(&table);
        }
        let is_path = line.starts_with("    \"");
        let copied = FOLDERS.iter().any(|folder| line.starts_with(&format!("    \"{folder}")));
        let names_others = is_path && !copied
            || line.starts_with("default-members")
            || line.starts_with("exclude");
        if !skips && !names_others {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_manifest_keeps_what_a_user_of_the_crate_gets() {
        let manifest = "\
[workspace]
members = [
    \"retry-macros\",
    \"tests\",
]
exclude = [\"benches/peers\"]

[dependencies]
syn = \"3\"

[dev-dependencies]
trybuild = \"1\"

[[test]]
name = \"it\"

[lints]
workspace = true
";
        let kept = "\
[workspace]
members = [
    \"retry-macros\",
]

[dependencies]
syn = \"3\"

[lints]
workspace = true
";
        assert_eq!(without_tests(manifest), kept);
    }

    #[test]
    fn every_published_crate_is_in_a_folder_that_is_copied() {
        for name in crate::package::PUBLISHED {
            let package = metadata::package(name).expect("a package of the workspace");
            let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
            let root = Path::new(root()).canonicalize().expect("a folder");
            let folder = manifest.strip_prefix(root).expect("in the workspace");
            assert!(FOLDERS.iter().any(|known| folder.starts_with(known)), "{name}");
        }
    }
}
