//! The two programs of `benches/`: with peers and without.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::metadata;
use crate::run::{self, cargo, output, root};

/// A program that measures.
pub(crate) struct Harness {
    program: PathBuf,
    directory: PathBuf,
}

/// One line of its output: words that stood between tabs.
pub(crate) type Row = Vec<String>;

impl Harness {
    /// The loop by hand and ours.
    pub(crate) fn without_peers() -> Result<Self, String> {
        let directory = directory()?;
        let mut build = cargo(&["build", "--release", "-p", "retry-benches", "--target-dir"]);
        run::run(build.arg(&directory))?;
        Ok(Harness { program: directory.join("release/retry-benches"), directory })
    }

    /// The same and other crates, which are downloaded and built at the first time.
    pub(crate) fn with_peers() -> Result<Self, String> {
        let directory = directory()?;
        let manifest = format!("{}/benches/peers/Cargo.toml", root());
        let mut build = cargo(&["build", "--release", "--manifest-path", &manifest]);
        run::run(build.arg("--target-dir").arg(&directory))?;
        let harness = Harness { program: directory.join("release/retry-benches-peers"), directory };
        // Whoever answers otherwise than the loop by hand has not done the same work.
        run::run(harness.command(&["answers"]).env("RUST_BACKTRACE", "0"))?;
        Ok(harness)
    }

    /// Where it may write files.
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

/// Apart from other builds: nobody waits for this one's lock, nor it for theirs.
pub(crate) fn directory() -> Result<PathBuf, String> {
    Ok(metadata::target_directory()?.join("bench"))
}
