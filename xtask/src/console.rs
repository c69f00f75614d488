//! Tests the pages of `retry-console`: their scripts under node, and every screen in a browser, against a mock and
//! against a real program; and the window of the example `docker`, which has the same parts.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::metadata;
use crate::run::{self, EVERYTHING, Outcome, cargo, root, works};

/// The browser, as Debian names it.
pub(crate) const BROWSER: &str = "chromium";

/// The token of the program under test.
const TOKEN: &str = "token-of-the-browser-tests";

/// The program ends by itself after so many seconds, whatever happens to the tests.
const LONGEST: &str = "600";

/// Skips with a message where node, its packages or the browser are not installed.
pub(crate) fn run() -> Outcome {
    if !works(Command::new("node").arg("--version")) {
        println!("skipped: node is not installed");
        return Ok(());
    }
    run::run(Command::new("node").current_dir(folder()).arg("--test"))?;
    let mut packages = Command::new("npm");
    packages.current_dir(folder()).args(["ci", "--no-audit", "--no-fund"]);
    if let Err(reason) = run::run(&mut packages) {
        println!("skipped, so that no browser runs: {reason}");
        return Ok(());
    }
    if !works(Command::new(BROWSER).arg("--version")) {
        println!("skipped: {BROWSER} is not installed: cargo xtask install");
        return Ok(());
    }
    run::run(&mut specs())?;

    run::run(cargo(&["build", "--quiet", "--example", "demo"]).args(EVERYTHING))?;
    let port = free_port()?;
    let demo = start(port)?;
    let url = format!("http://127.0.0.1:{port}/");
    run::run(specs().env("CONSOLE_URL", url).env("CONSOLE_TOKEN", TOKEN))?;
    drop(demo);
    programs()?;
    desktop()
}

/// Tests with programs that the specs start and kill: a fleet; with `CASE=all` ten thousand tasks and a large program, too,
/// which take two minutes.
fn programs() -> Outcome {
    let mut specs = specs();
    specs.args(["--config", "program.config.mjs"]).env("CONSOLE_PROGRAM", demo()?);
    if std::env::var_os("CASE").is_none_or(|case| case != "all") {
        specs.arg("fleet");
    }
    run::run(&mut specs)
}

fn demo() -> Result<PathBuf, String> {
    Ok(metadata::target_directory()?.join("debug/examples/demo"))
}

/// Tests the window of the example `docker`, whose page has the parts of the console.
fn desktop() -> Outcome {
    run::run(cargo(&["build", "--quiet", "--example", "docker"]).args(EVERYTHING))?;
    let app = metadata::target_directory()?.join("debug/examples/docker");
    run::run(specs().args(["--config", "desktop.config.mjs"]).env("DESKTOP_APP", app))
}

fn folder() -> PathBuf {
    Path::new(root()).join("companions/retry-console/browser")
}

fn specs() -> Command {
    let mut command = Command::new("npx");
    command.current_dir(folder()).args(["playwright", "test"]);
    command
}

/// A port that is free now.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.map(|address| address.port()).map_err(|error| format!("no port is free: {error}"))
}

/// A program that ends with the tests.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(port: u16) -> Result<Running, String> {
    let program = demo()?;
    let port = port.to_string();
    let mut command = Command::new(&program);
    command.args(["--port", &port, "--token", TOKEN, "--seconds", LONGEST]);
    // Calls that wait, so that there is one to cancel.
    command.args(["--functions", "20", "--live", "200", "--failed", "50"]);
    println!("$ {}", run::line(&command));
    let started = command.stdout(Stdio::null()).spawn();
    started.map(Running).map_err(|error| format!("cannot start {}: {error}", program.display()))
}
