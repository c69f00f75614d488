//! Tests `retry-tasks-restate` against a real server. The crate is a workspace of its own: the SDK of the server needs a newer
//! compiler than the other crates, and no other verb compiles it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::metadata;
use crate::run::{self, Outcome, cargo, output, root};

/// The server, from npm. Its licence is the Business Source License 1.1.
const PACKAGE: &str = "@restatedev/restate-server@1.7.12";

/// The compiler that the SDK needs: 1.90.
const COMPILER: u32 = 90;

/// A server that is installed already.
const PROGRAM: &str = "RESTATE_SERVER";

/// Skips with a message where the compiler is too old, and the tests against a server where npm cannot install one.
pub(crate) fn run() -> Outcome {
    let version = output(Command::new("rustc").arg("--version"))?;
    if minor(&version).is_none_or(|minor| minor < COMPILER) {
        println!("skipped: restate-sdk needs Rust 1.{COMPILER}, and this is {}", version.trim());
        return Ok(());
    }
    run::run(&mut here(&["fmt", "--check"])?)?;
    let mut tests = here(&["test"])?;
    if std::env::var_os("CASE").is_none() {
        tests.env("CASE", "some");
    }
    let server = server();
    match &server {
        Ok(server) => _ = tests.env(PROGRAM, server),
        Err(reason) => println!("the tests against a server are skipped: {reason}"),
    }
    run::run(&mut tests)?;
    for store in ["sqlite", "postgres", "restate"] {
        let mut example = here(&["run", "--quiet", "--example", "fleet", "--", store])?;
        server.iter().for_each(|server| _ = example.env(PROGRAM, server));
        run::run(&mut example)?;
    }
    Ok(())
}

/// `cargo` in the crate's workspace, with a folder of its own in the target directory. The crate is compiled by clippy's
/// driver, which is rustc with more lints: `cargo clippy` would compile 170 dependencies a second time.
fn here(arguments: &[&str]) -> Result<Command, String> {
    let mut command = cargo(arguments);
    command.current_dir(Path::new(root()).join("tasks/retry-tasks-restate"));
    command.env("CARGO_TARGET_DIR", metadata::target_directory()?.join("restate"));
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("RUSTFLAGS", "-D warnings");
    Ok(command)
}

fn minor(version: &str) -> Option<u32> {
    version.split_whitespace().nth(1)?.split('.').nth(1)?.parse().ok()
}

/// The program of the server, installed into the target directory unless it is there.
fn server() -> Result<PathBuf, String> {
    if let Some(program) = std::env::var_os(PROGRAM) {
        return Ok(program.into());
    }
    let folder = metadata::target_directory()?.join("restate-server");
    if let Some(program) = installed(&folder) {
        return Ok(program);
    }
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(PACKAGE);
    run::run(&mut npm)?;
    installed(&folder).ok_or_else(|| format!("{PACKAGE} has no program for this machine"))
}

/// The program in the package for this machine, which npm chooses.
fn installed(folder: &Path) -> Option<PathBuf> {
    let packages = std::fs::read_dir(folder.join("node_modules/@restatedev")).ok()?;
    let programs = packages.flatten().map(|package| package.path().join("bin/restate-server"));
    programs.filter(|program| program.is_file()).max_by_key(|program| {
        // The package without a machine in its name has only a script that starts the other.
        std::fs::metadata(program).map_or(0, |metadata| metadata.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_compiler_is_read() {
        assert_eq!(minor("rustc 1.95.0 (59807616e 2026-04-14)"), Some(95));
        assert_eq!(minor("rustc"), None);
    }
}
