//! Installs the programs that examples and tests use, as Debian packages.

use std::process::Command;

use crate::run::{self, Outcome, works};

/// Each program with the flag for its version and its packages. Without the program, an example uses a stand-in, or a
/// verb skips tests, and says so.
const PROGRAMS: [(&str, &str, &[&str]); 5] = [
    ("dockerd", "-v", &["docker.io", "containerd", "runc"]),
    ("nginx", "-v", &["nginx-light"]),
    // The tests start servers of their own; Debian's services are not used.
    ("pg_lsclusters", "--help", &["postgresql"]),
    ("redis-server", "--version", &["redis-server"]),
    (crate::console::BROWSER, "--version", &["chromium"]),
];

/// Installs the missing programs; skips with a message where that is not possible.
pub(crate) fn install() -> Outcome {
    let missing = packages(|program, version| works(Command::new(program).arg(version)));
    if missing.is_empty() {
        println!("everything is installed already");
        return Ok(());
    }
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !root || !works(Command::new("apt-get").arg("--version")) {
        println!("skipped: needs apt-get as root to install {}", missing.join(" "));
        return Ok(());
    }
    let installed = run::run(&mut apt_get(&["update"])).and_then(|()| {
        let options = ["install", "--yes", "--no-install-recommends"];
        run::run(apt_get(&options).args(&missing))
    });
    if let Err(reason) = installed {
        println!("skipped: {reason}");
    }
    Ok(())
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    // Runlevel 1 keeps the packages from starting services; the examples start the programs themselves.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1").args(arguments);
    command
}

/// The packages of the programs that are not installed.
fn packages(is_installed: impl Fn(&str, &str) -> bool) -> Vec<&'static str> {
    let missing = PROGRAMS.iter().filter(|(program, version, _)| !is_installed(program, version));
    missing.flat_map(|(_, _, packages)| packages.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_missing_programs_are_installed() {
        assert_eq!(
            packages(|program, _| program == "dockerd"),
            ["nginx-light", "postgresql", "redis-server", "chromium"]
        );
        assert_eq!(packages(|_, _| false).len(), 7);
        assert!(packages(|_, _| true).is_empty());
    }
}
