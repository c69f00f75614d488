//! The cost of a small library: the clean release build of a small program, and the bytes that the library adds to the
//! program's stripped file.

use std::fs;

use super::source::{Kind, NO_RETRY};
use super::{Crate, fastest, timed, write};

/// The number of functions that retry.
const FUNCTIONS: u32 = 2;

/// The cost of a library for a small program.
pub(crate) struct Lean {
    pub(crate) way: &'static str,
    pub(crate) is_async: bool,
    /// Processor seconds of a clean, optimised build.
    pub(crate) seconds: f64,
    /// The bytes that the file has more than that of the program without retries.
    pub(crate) added: f64,
    pub(crate) crates: usize,
}

pub(crate) fn lean() -> Result<Vec<Lean>, String> {
    let mut all = Vec::new();
    for is_async in [false, true] {
        let mut bytes_before = None;
        for kind in Kind::lean(is_async) {
            println!("clean release build: {}", kind.name());
            let (seconds, bytes, crates) = release(kind)?;
            if kind.way == NO_RETRY {
                bytes_before = Some(bytes);
            }
            let added = bytes - bytes_before.ok_or("the program without retries comes first")?;
            all.push(Lean { way: kind.way, is_async, seconds, added, crates });
        }
    }
    Ok(all)
}

/// The processor seconds of the build, the bytes of the stripped program, and the number of crates.
fn release(kind: Kind) -> Result<(f64, f64, usize), String> {
    let user = Crate::new(kind)?;
    write(&user.source("small"), &kind.program(FUNCTIONS))?;
    let target = user.directory.join("release");
    let seconds = fastest(|_| {
        let _ = fs::remove_dir_all(&target);
        let mut build = user.cargo("build");
        build.env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
        timed(build.args(["--release", "--bin", "small", "--target-dir"]).arg(&target))
    })?;
    let program = target.join("release/small");
    let found = fs::metadata(&program);
    let found = found.map_err(|error| format!("cannot read {}: {error}", program.display()))?;
    let _ = fs::remove_dir_all(&target);
    Ok((seconds, found.len() as f64, user.crates()?))
}
