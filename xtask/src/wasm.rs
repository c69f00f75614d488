//! Lints the runtime for a browser's target, and runs calls under node.

use std::fs;
use std::process::Command;

use crate::metadata;
use crate::run::{self, Outcome, cargo, output, root, works};

const TARGET: &str = "wasm32-unknown-unknown";

/// The features that work in a browser besides the default ones; databases and gRPC need sockets.
const FEATURES: &str = "anyhow,http,reqwest,serde,stream";

/// The start of the compile error for a call that would block.
const REFUSAL: &str = "a blocking call cannot sleep between its attempts";

/// Skips with a message where the target is not installed.
pub(crate) fn run() -> Outcome {
    if !is_installed() {
        println!("skipped: the target is not installed: rustup target add {TARGET}");
        return Ok(());
    }
    lint(&["-p", "retry-runtime"])?;
    lint(&["-p", "retry-runtime", "--features", FEATURES])?;
    lint(&["-p", "retry-tests-wasm"])?;
    refuse_blocking()?;
    if !works(Command::new("node").arg("--version")) {
        println!("skipped: node is not installed, so that no call runs");
        return Ok(());
    }
    run_under_node()
}

/// Installs the target; skips with a message where that is not possible.
pub(crate) fn install() -> Outcome {
    if is_installed() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    if let Err(reason) = run::run(rustup.current_dir(root()).args(["target", "add", TARGET])) {
        println!("skipped: {reason}");
    }
    Ok(())
}

/// Whether the toolchain has the target's standard library.
fn is_installed() -> bool {
    let mut rustc = Command::new("rustc");
    let words = ["--print", "target-libdir", "--target", TARGET];
    let libraries = output(rustc.current_dir(root()).args(words));
    libraries.is_ok_and(|folder| fs::exists(folder.trim()).unwrap_or(false))
}

fn lint(selection: &[&str]) -> Outcome {
    let mut clippy = cargo(&["clippy", "--target", TARGET]);
    run::run(clippy.args(selection).args(["--", "-D", "warnings"]))
}

/// A blocking call must be refused by the compiler, in our words.
fn refuse_blocking() -> Outcome {
    let words = ["check", "--target", TARGET, "-p", "retry-tests-wasm", "--features", "blocking"];
    let mut command = cargo(&words);
    println!("$ {}", run::line(&command));
    let built = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    let errors = String::from_utf8_lossy(&built.stderr);
    if built.status.success() || !errors.contains(REFUSAL) {
        return Err(format!("expected the compile error `{REFUSAL} …`, got:\n{errors}"));
    }
    println!("  refused, as it should be");
    Ok(())
}

/// Builds the tests, makes a module for node of them, and runs that.
fn run_under_node() -> Outcome {
    run::run(&mut cargo(&["build", "--target", TARGET, "-p", "retry-tests-wasm"]))?;
    let target = metadata::target_directory()?;
    let scratch = target.join("wasm");
    let source = scratch.join("src");
    let manifest = scratch.join("Cargo.toml");
    fs::create_dir_all(&source)
        .and_then(|()| version_of("wasm-bindgen"))
        .and_then(|version| fs::write(&manifest, tool_manifest(&version)))
        .and_then(|()| fs::write(source.join("main.rs"), TOOL))
        .map_err(|error| format!("cannot write to {}: {error}", scratch.display()))?;
    if let Err(reason) = run::run(cargo(&["fetch", "--manifest-path"]).arg(&manifest)) {
        println!("skipped, so that no call runs: {reason}");
        return Ok(());
    }
    let tests = target.join(TARGET).join("debug/retry_tests_wasm.wasm");
    let mut bindgen = cargo(&["run", "--quiet", "--manifest-path"]);
    bindgen.arg(&manifest).arg("--target-dir").arg(scratch.join("target"));
    run::run(bindgen.arg("--").args([&tests, &scratch]))?;
    let mut node = Command::new("node");
    node.current_dir(root()).arg("tests/wasm/run.js").arg(scratch.join("retry_tests_wasm.js"));
    run::run(&mut node)
}

/// The version of a package in the lock file.
fn version_of(package: &str) -> std::io::Result<String> {
    let lock = fs::read_to_string(format!("{}/Cargo.lock", root()))?;
    locked(&lock, package).ok_or_else(|| std::io::Error::other(format!("{package} is not locked")))
}

fn locked(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    let version = lines.nth(1)?.strip_prefix("version = \"")?;
    version.strip_suffix('"').map(str::to_owned)
}

/// The manifest of a program that makes modules for node: a third of what `wasm-bindgen-cli` compiles, and always in
/// the version of the tests, as wasm-bindgen demands.
fn tool_manifest(version: &str) -> String {
    format!(
        "[package]\nname = \"module-for-node\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         wasm-bindgen-cli-support = \"={version}\"\n"
    )
}

const TOOL: &str = r#"fn main() {
    let words: Vec<String> = std::env::args().collect();
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    let bindgen = bindgen.input_path(&words[1]).nodejs(true).expect("one kind of module");
    bindgen.typescript(false).generate(&words[2]).expect("a module that can be written");
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_package_and_not_of_one_with_a_longer_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.3\"\n";
        assert_eq!(locked(lock, "wasm-bindgen").as_deref(), Some("0.2.3"));
        assert_eq!(locked(lock, "walrus"), None);
    }
}
