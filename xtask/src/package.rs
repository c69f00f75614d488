//! Packages the published crates and compiles them as a user would get them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{self, Outcome, cargo, root};
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

/// The version of all crates of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A workspace of the packages, as a registry would have them.
const MANIFEST: &str = "[workspace]\nresolver = \"3\"\n";

pub(crate) fn run() -> Outcome {
    for name in PUBLISHED {
        contents::check(name)?;
    }
    // All at once, so that none needs another one to be published. Cargo's own check would compile each dependency again
    // for each package.
    let mut command = cargo(&["package", "--allow-dirty", "--no-verify"]);
    run::run(command.args(PUBLISHED.iter().flat_map(|name| ["-p", name])))?;
    let target = metadata::target_directory()?;
    let packages = target.join("package");
    let folder = packages.join("unpacked");
    let write = || {
        _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        fs::copy(Path::new(root()).join("Cargo.lock"), folder.join("Cargo.lock"))
    };
    write().map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    let (mut members, mut patches) = (Vec::new(), String::from("[patch.crates-io]\n"));
    for name in PUBLISHED {
        let member = format!("{name}-{VERSION}");
        unpack(&packages.join(format!("{member}.crate")), &folder)?;
        patches.push_str(&format!("{name} = {{ path = {member:?} }}\n"));
        members.push(member);
    }
    let manifest = format!("{MANIFEST}members = {members:?}\n{patches}");
    fs::write(folder.join("Cargo.toml"), manifest)
        .map_err(|error| format!("cannot write the manifest of the packages: {error}"))?;
    let mut check = cargo(&["check", "--workspace"]);
    run::run(check.current_dir(&folder).env("CARGO_TARGET_DIR", &target))
}

/// Unpacks a package with the present time: the files in a package have all the same one, and Cargo would not notice a change.
fn unpack(package: &Path, into: &Path) -> Outcome {
    let mut tar = Command::new("tar");
    run::run(tar.arg("-xzmf").arg(package).arg("-C").arg(into))
}
