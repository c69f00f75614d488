//! The machine: its tools, and its description for a report.

use std::fs;
use std::process::Command;

use crate::run::{self, Outcome, output, root, works};

/// Makes sure that a tool is installed; installs a missing tool with apt-get if possible.
pub(crate) fn ensure(tool: &str, package: &str) -> Outcome {
    if works(Command::new(tool).arg("--version")) {
        return Ok(());
    }
    println!("{tool} is missing: installing the Debian package {package}");
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--no-install-recommends", package]);
    run::run(install.env("DEBIAN_FRONTEND", "noninteractive")).map_err(|reason| {
        format!("{tool} is needed (in Debian: `apt-get install {package}`): {reason}")
    })
}

/// The commit that is measured.
pub(crate) fn commit() -> Result<String, String> {
    let mut git = Command::new("git");
    let commit = output(git.current_dir(root()).args(["rev-parse", "--short", "HEAD"]))?;
    Ok(commit.trim().to_owned())
}

/// The processor, system and compiler.
pub(crate) fn description() -> Result<String, String> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpus
        .lines()
        .filter(|line| line.starts_with("model name"))
        .filter_map(after_colon)
        .collect();
    let model = models.first().copied().unwrap_or("an unknown processor");
    let rustc = output(Command::new("rustc").arg("--version"))?;
    let valgrind = output(Command::new("valgrind").arg("--version"))?;
    Ok(format!(
        "{model}, {} cores; {} {}; {}; {}",
        models.len(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        rustc.trim(),
        valgrind.trim(),
    ))
}

/// The processor seconds of all processes that this process has started and waited for, including their children.
pub(crate) fn seconds_of_children() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name, in brackets, and may contain spaces; times are in hundredths of a second.
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    let fields = behind_name.split_whitespace().skip(13).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The compiler and the architecture, for the header of the ceilings.
pub(crate) fn toolchain() -> Result<String, String> {
    let rustc = output(Command::new("rustc").arg("--version"))?;
    Ok(format!("{}, {}", rustc.trim(), std::env::consts::ARCH))
}

fn after_colon(line: &str) -> Option<&str> {
    line.split_once(": ").map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_ended_process_is_counted() {
        let before = seconds_of_children();
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        while seconds_of_children() <= before {
            assert!(works(Command::new("sh").args(["-c", busy])));
        }
    }
}
