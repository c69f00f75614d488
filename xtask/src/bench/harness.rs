//! Builds and runs the two programs of `benches/`, with and without peers.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::metadata;
use crate::run::{self, cargo, output, root};

/// A measuring program.
pub(crate) struct Harness {
    program: PathBuf,
    directory: PathBuf,
}

/// A line of the program's output: its tab-separated fields.
pub(crate) type Row = Vec<String>;

impl Harness {
    /// Builds the program with the hand-written loop and our candidates.
    pub(crate) fn without_peers() -> Result<Self, String> {
        let directory = directory()?;
        let mut build = cargo(&["build", "--release", "-p", "retry-benches", "--target-dir"]);
        run::run(build.arg(&directory))?;
        Ok(Harness { program: directory.join("release/retry-benches"), directory })
    }

    /// Builds the program that also has other crates, which are downloaded on the first build.
    pub(crate) fn with_peers() -> Result<Self, String> {
        let directory = directory()?;
        let manifest = format!("{}/benches/peers/Cargo.toml", root());
        let mut build = cargo(&["build", "--release", "--manifest-path", &manifest]);
        run::run(build.arg("--target-dir").arg(&directory))?;
        let harness = Harness { program: directory.join("release/retry-benches-peers"), directory };
        // A candidate with another answer than the hand-written loop has not done the same work.
        run::run(harness.command(&["answers"]).env("RUST_BACKTRACE", "0"))?;
        Ok(harness)
    }

    /// A directory for temporary files.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }

    /// Runs one measurement.
    pub(crate) fn measure(&self, words: &[&str]) -> Result<Vec<Row>, String> {
        println!("measuring: {}", words.join(" "));
        Ok(rows(&output(&mut self.command(words))?))
    }
}

/// The lines of a program's output.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A separate target directory, so that this build and others do not wait for each other's lock.
pub(crate) fn directory() -> Result<PathBuf, String> {
    Ok(metadata::target_directory()?.join("bench"))
}
