//! `retry`: plans schedules, checks and explains configuration files of programs that use `retry-runtime`, and
//! looks after the tasks of those that use `retry-tasks`.
//!
//! A verb is a file in `verb/` and a row in [`verb::VERBS`].

mod sites;
mod table;
mod verb;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use verb::VERBS;

/// What a verb prints, which may be nothing; or why it failed.
type Outcome = Result<String, Failure>;

/// Why a verb failed: for the standard error stream, and what the process ends with.
#[derive(Debug)]
struct Failure {
    text: String,
    code: u8,
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure { text, code: 1 }
    }
}

fn main() -> ExitCode {
    let (written, code) = match verb::run(VERBS, &command().get_matches()) {
        Ok(text) => (write(&mut io::stdout().lock(), &text), ExitCode::SUCCESS),
        Err(Failure { text, code }) => {
            (write(&mut io::stderr().lock(), &text), ExitCode::from(code))
        }
    };
    match written {
        // `retry plan … | head -1`: whoever has read enough is no failure of ours.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => code,
    }
}

/// The whole command line, also for completions.
fn command() -> clap::Command {
    clap::Command::new("retry")
        .about("Plans schedules, checks and explains configurations of retry-runtime, looks after tasks")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(VERBS.iter().map(|verb| (verb.command)()))
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(to, "{}", text.trim_end())?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_verb_is_in_it_once() {
        command().debug_assert();
        let names = VERBS.iter().map(|verb| (verb.command)().get_name().to_owned());
        let once: std::collections::BTreeSet<String> = names.collect();
        assert_eq!(once.len(), VERBS.len());
    }
}
