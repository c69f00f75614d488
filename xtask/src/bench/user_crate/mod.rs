//! Measures the cost for a user's crate: one more function, a clean build, an incremental build, macro expansion.
//!
//! A crate is generated for each way to retry, with a program of few functions and a program of many. The difference
//! is the cost of a function, without one-time costs.

mod lean;
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::harness;
use super::machine;
use crate::run::{Outcome, output};
pub(crate) use lean::{Lean, lean};
use source::Kind;
pub(crate) use source::{ALONE, APPLICATION, APPLICATION_WITH_OURS};

/// The number of functions in the smaller program.
const FEW: u32 = 20;
/// The number of functions in the larger program.
const MANY: u32 = 220;
/// A build is repeated up to `RUNS` times until all runs together took this many seconds. The fastest run counts, since
/// only other work on the machine makes a run slower.
const ENOUGH: f64 = 10.0;
const RUNS: u32 = 5;

/// The cost of one more function.
pub(crate) struct Function {
    pub(crate) way: &'static str,
    pub(crate) is_async: bool,
    /// Bytes of machine code.
    pub(crate) text: f64,
    /// Bytes of all loaded sections.
    pub(crate) loaded: f64,
    /// Processor milliseconds of an optimised build.
    pub(crate) build: f64,
    /// Processor milliseconds of an unoptimised build that is not incremental.
    pub(crate) debug: f64,
    /// Milliseconds of macro expansion, including built-in macros.
    pub(crate) expansion: f64,
    /// Processor seconds of an unoptimised build after a change in one of many functions.
    pub(crate) change: f64,
}

/// The cost of a clean, unoptimised build.
pub(crate) struct Clean {
    pub(crate) way: &'static str,
    /// Of all processors.
    pub(crate) seconds: f64,
    pub(crate) wall: f64,
    pub(crate) crates: usize,
}

pub(crate) fn functions() -> Result<Vec<Function>, String> {
    machine::ensure("size", "binutils")?;
    let mut functions = Vec::new();
    for kind in Kind::all() {
        println!("building: {}", kind.name());
        let function = Crate::new(kind)?.function()?;
        println!("  {:.0} bytes of code and {:.1} ms a function", function.text, function.build);
        functions.push(function);
    }
    Ok(functions)
}

pub(crate) fn clean() -> Result<Vec<Clean>, String> {
    let mut builds = Vec::new();
    let typical = Kind::all().into_iter().filter(Kind::is_typical);
    for kind in typical.chain([Kind::policy_alone(true)]).chain(Kind::applications()) {
        println!("clean build: {}", kind.way);
        let user = Crate::new(kind)?;
        let target = user.directory.join("clean");
        let mut wall = f64::INFINITY;
        let seconds = fastest(|_| {
            let _ = fs::remove_dir_all(&target);
            let mut build = user.cargo("build");
            // As Cargo builds packages from a registry: only those from a path would be built incrementally.
            build.env("CARGO_INCREMENTAL", "0");
            let started = Instant::now();
            let seconds = timed(build.args(["--bin", "few", "--target-dir"]).arg(&target))?;
            wall = wall.min(started.elapsed().as_secs_f64());
            Ok(seconds)
        })?;
        builds.push(Clean { way: kind.way, seconds, wall, crates: user.crates()? });
        let _ = fs::remove_dir_all(&target);
    }
    Ok(builds)
}

struct Crate {
    kind: Kind,
    directory: PathBuf,
    target: PathBuf,
}

impl Crate {
    fn new(kind: Kind) -> Result<Self, String> {
        let all = harness::directory()?.join("user");
        let directory = all.join(kind.name());
        write(&directory.join("Cargo.toml"), &kind.manifest())?;
        write(&directory.join("src/lib.rs"), &kind.library())?;
        write(&directory.join("src/bin/few.rs"), &kind.program(FEW))?;
        write(&directory.join("src/bin/many.rs"), &kind.program(MANY))?;
        Ok(Crate { kind, directory, target: all.join("target") })
    }

    fn cargo(&self, verb: &str) -> Command {
        let mut command = Command::new("cargo");
        command.current_dir(&self.directory).args([verb, "--quiet"]);
        command
    }

    /// The number of crates besides the user's own.
    fn crates(&self) -> Result<usize, String> {
        let tree = output(self.cargo("tree").args(["--prefix=none", "--edges=normal,build"]))?;
        let mut crates: Vec<&str> =
            tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
        crates.sort_unstable();
        crates.dedup();
        Ok(crates.len() - 1)
    }

    fn build(&self, verb: &str, program: &str) -> Command {
        let mut command = self.cargo(verb);
        command.args(["--bin", program, "--target-dir"]).arg(&self.target);
        command
    }

    fn function(&self) -> Result<Function, String> {
        let each = |few: f64, many: f64| (many - few) / f64::from(MANY - FEW);
        let few = self.release("few")?;
        let many = self.release("many")?;
        Ok(Function {
            way: self.kind.way,
            is_async: self.kind.is_async,
            text: each(few.text, many.text),
            loaded: each(few.loaded, many.loaded),
            build: each(few.seconds, many.seconds) * 1000.0,
            debug: each(self.debug("few")?, self.debug("many")?) * 1000.0,
            expansion: each(self.expansion("few")?, self.expansion("many")?) * 1000.0,
            change: self.change()?,
        })
    }

    fn release(&self, program: &str) -> Result<Program, String> {
        let build = || {
            let mut build = self.build("build", program);
            build.arg("--release");
            build
        };
        // The dependencies are built first.
        timed(self.cargo("build").args(["--lib", "--release", "--target-dir"]).arg(&self.target))?;
        let seconds = fastest(|_| {
            self.touch(program)?;
            timed(&mut build())
        })?;
        let [text, loaded] = sections(&self.target.join("release").join(program))?;
        Ok(Program { seconds, text, loaded })
    }

    /// The seconds of a build without optimisation, of the program alone.
    fn debug(&self, program: &str) -> Result<f64, String> {
        let build = |what: &[&str]| {
            let mut build = self.cargo("build");
            // Otherwise only what changed would be built. In a directory of its own, since other builds are incremental.
            build.env("CARGO_INCREMENTAL", "0").args(what).arg("--target-dir");
            build.arg(self.target.with_file_name("whole"));
            build
        };
        // The dependencies are built first.
        timed(&mut build(&["--lib"]))?;
        fastest(|_| {
            self.touch(program)?;
            timed(&mut build(&["--bin", program]))
        })
    }

    /// The seconds of macro expansion, as reported by the compiler.
    fn expansion(&self, program: &str) -> Result<f64, String> {
        fastest(|_| {
            self.touch(program)?;
            let mut build = self.build("rustc", program);
            // `-Z` options need this variable on a stable compiler.
            build.env("RUSTC_BOOTSTRAP", "1").args(["--", "-Ztime-passes", "--emit=metadata"]);
            let printed = build.output().map_err(|error| format!("cannot start cargo: {error}"))?;
            let printed = [printed.stdout, printed.stderr].concat();
            let seconds = expansion_in(&String::from_utf8_lossy(&printed));
            seconds.ok_or_else(|| "rustc did not report the time of macro expansion".to_owned())
        })
    }

    /// The seconds of a build after one of many functions was changed.
    fn change(&self) -> Result<f64, String> {
        timed(&mut self.build("build", "many"))?;
        let whole = self.kind.program(MANY);
        let seconds = fastest(|run| {
            let changed = whole.replace("(7, key)", &format!("({}, key)", 7000 + run));
            write(&self.source("many"), &changed)?;
            timed(&mut self.build("build", "many"))
        })?;
        write(&self.source("many"), &whole)?;
        Ok(seconds)
    }

    fn source(&self, program: &str) -> PathBuf {
        self.directory.join(format!("src/bin/{program}.rs"))
    }

    fn touch(&self, program: &str) -> Outcome {
        let text = fs::read_to_string(self.source(program)).map_err(|error| error.to_string())?;
        write(&self.source(program), &text)
    }
}

struct Program {
    seconds: f64,
    text: f64,
    loaded: f64,
}

fn write(path: &Path, text: &str) -> Outcome {
    let failed = |error| format!("cannot write {}: {error}", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    fs::write(path, text).map_err(failed)
}

/// The smallest of up to [`RUNS`] measurements; each gets its number.
fn fastest(mut measure: impl FnMut(u32) -> Result<f64, String>) -> Result<f64, String> {
    let mut least = f64::INFINITY;
    let started = Instant::now();
    for run in 0..RUNS {
        least = least.min(measure(run)?);
        if started.elapsed().as_secs_f64() > ENOUGH {
            break;
        }
    }
    Ok(least)
}

/// The processor seconds of a command and of its children; the command must succeed.
///
/// Wall-clock time would measure how busy the machine was.
fn timed(command: &mut Command) -> Result<f64, String> {
    let before = machine::seconds_of_children();
    output(command)?;
    Ok(machine::seconds_of_children() - before)
}

/// The bytes of machine code, and of all loaded sections.
fn sections(program: &Path) -> Result<[f64; 2], String> {
    let text = output(Command::new("size").args(["-A", "-d"]).arg(program))?;
    sections_in(&text).ok_or_else(|| format!("`size` printed nothing about {}", program.display()))
}

/// Parses lines `name bytes address`; a section that is not loaded has the address 0.
fn sections_in(text: &str) -> Option<[f64; 2]> {
    let (mut code, mut loaded) = (None, 0.0);
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, bytes, address] = words[..] else { continue };
        let (Ok(bytes), Ok(address)) = (bytes.parse::<f64>(), address.parse::<u64>()) else {
            continue;
        };
        if name == ".text" {
            code = Some(bytes);
        }
        if address > 0 {
            loaded += bytes;
        }
    }
    Some([code?, loaded])
}

/// The seconds in the line `time:   0.123; rss: …  macro_expand_crate`.
fn expansion_in(text: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.trim_end().ends_with("macro_expand_crate"))?;
    line.trim_start().strip_prefix("time:")?.split(';').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_loaded_sections_are_summed_separately() {
        let text = "prog  :\nsection  size  addr\n.text  1000  4096\n.rodata  50  8192\n.comment  20  0\nTotal  1070\n";
        assert_eq!(sections_in(text), Some([1000.0, 1050.0]));
    }

    #[test]
    fn the_time_of_macro_expansion_is_found() {
        let text = "time:   0.001; rss:   1MB ->   2MB (   +1MB)\tparse_crate\n\
                    time:   0.250; rss:   1MB ->   2MB (   +1MB)\tmacro_expand_crate\n";
        assert_eq!(expansion_in(text), Some(0.25));
    }
}
