//! Programs that the examples are tried against, as packages of Debian.

use std::process::Command;

use crate::run::{self, Outcome, works};

/// A program, and the packages that have it. Where one is missing its example takes a stand-in, and says so.
const PROGRAMS: [(&str, &[&str]); 2] =
    [("dockerd", &["docker.io", "containerd", "runc"]), ("nginx", &["nginx-light"])];

/// Installs what is missing; says so and goes on where that cannot be done.
pub(crate) fn install() -> Outcome {
    let missing = packages(|program| works(Command::new(program).arg("-v")));
    if missing.is_empty() {
        println!("everything is there already");
        return Ok(());
    }
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !root || !works(Command::new("apt-get").arg("--version")) {
        println!("skipped: apt-get, as root, would install {}", missing.join(" "));
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
    // The examples start programs of their own; level 1 keeps the packages from starting theirs.
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1").args(arguments);
    command
}

/// The packages of the programs that are not there.
fn packages(is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let missing = PROGRAMS.iter().filter(|(program, _)| !is_there(program));
    missing.flat_map(|(_, packages)| packages.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(packages(|program| program == "dockerd"), ["nginx-light"]);
        assert_eq!(packages(|_| false).len(), 4);
        assert!(packages(|_| true).is_empty());
    }
}
