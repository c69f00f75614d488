//! `retry`: plans schedules, checks and explains configuration files for programs that use `retry-runtime`, and
//! manages the tasks of programs that use `retry-tasks`.
//!
//! Each subcommand is a file in `verb/` and a row in [`verb::VERBS`].

mod args;
mod monitor;
mod sites;
mod table;
mod verb;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use verb::VERBS;

/// The text that a subcommand prints (possibly empty), or why it failed.
type Outcome = Result<String, Failure>;

/// Why a subcommand failed: the text for standard error and the exit code.
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
        // `retry plan … | head -1`: a reader that closes the pipe early is not an error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => code,
    }
}

/// The command line as clap sees it; shell completions are generated from it too.
fn command() -> clap::Command {
    clap::Command::new("retry")
        .about("Plans retry schedules, checks and explains configuration files, and manages tasks")
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
    fn the_command_line_is_consistent_and_has_each_verb_once() {
        command().debug_assert();
        let names = VERBS.iter().map(|verb| (verb.command)().get_name().to_owned());
        let distinct: std::collections::BTreeSet<String> = names.collect();
        assert_eq!(distinct.len(), VERBS.len());
    }
}
