//! Runs commands; the log shows each command, its result and its duration.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Success, or the reason for the failure.
pub(crate) type Outcome = Result<(), String>;

/// Selects the whole workspace with every feature. Verbs that share this selection share the resolved features too, so
/// Cargo builds each dependency once for all of them.
pub(crate) const EVERYTHING: [&str; 2] = ["--workspace", "--all-features"];

/// `cargo` with arguments, in the workspace's root.
///
/// Uses `cargo` from the search path rather than the one that started this program, because only rustup's `cargo`
/// understands `+nightly`.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(arguments);
    command
}

/// The root directory of the workspace.
pub(crate) fn root() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/..")
}

/// Runs a command and shows its output; fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let line = line(command);
    println!("$ {line}");
    let started = Instant::now();
    let status = command.status().map_err(|error| format!("cannot start `{line}`: {error}"))?;
    let taken = seconds(started.elapsed());
    if !status.success() {
        return Err(format!("failed after {taken} ({status}): {line}"));
    }
    println!("  done in {taken}");
    Ok(())
}

/// Whether a command exists here and succeeds; its output is discarded.
pub(crate) fn works(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The standard output of a command.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let line = line(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start `{line}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("failed ({}): {line}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{line}` did not print text"))
}

pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// The command as a person would type it.
pub(crate) fn line(command: &Command) -> String {
    let mut words = Vec::new();
    for (name, value) in command.get_envs() {
        let value = value.unwrap_or_default().to_string_lossy();
        words.push(format!("{}={}", name.to_string_lossy(), quoted(&value)));
    }
    words.push(quoted(&command.get_program().to_string_lossy()));
    words.extend(command.get_args().map(|word| quoted(&word.to_string_lossy())));
    words.join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(char::is_whitespace) {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_person_would_type_it() {
        let mut command = cargo(&["doc", "--no-deps"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(line(&command), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }

    #[test]
    fn a_failure_names_the_command_that_failed() {
        let failure = run(Command::new("cargo").arg("--no-such-flag").stderr(Stdio::null()));
        let reason = failure.expect_err("cargo has no such flag");
        assert!(reason.ends_with("cargo --no-such-flag"), "{reason}");
    }
}
