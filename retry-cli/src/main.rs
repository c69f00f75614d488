//! `retry`: plans schedules, checks and explains configuration files of programs that use `retry-runtime`.
//!
//! A verb is a file in `verb/` and a row in [`verb::VERBS`].

mod sites;
mod table;
mod verb;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use verb::{VERBS, Verb};

/// What a verb prints; or why it failed, for the standard error stream.
type Outcome = Result<String, String>;

fn main() -> ExitCode {
    let matches = command().get_matches();
    let found = matches.subcommand().and_then(|(name, matches)| {
        let verb = VERBS.iter().find(|verb| (verb.command)().get_name() == name)?;
        Some((verb, matches))
    });
    // clap has refused a missing and an unknown verb.
    let Some((Verb { run, .. }, matches)) = found else { return ExitCode::from(2) };
    let (text, code) = match run(matches) {
        Ok(text) => (write(&mut io::stdout().lock(), &text), ExitCode::SUCCESS),
        Err(text) => (write(&mut io::stderr().lock(), &text), ExitCode::FAILURE),
    };
    match text {
        // `retry plan … | head -1`: whoever has read enough is no failure of ours.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => code,
    }
}

/// The whole command line, also for completions.
fn command() -> clap::Command {
    clap::Command::new("retry")
        .about("Plans schedules, checks and explains configurations of retry-runtime")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(VERBS.iter().map(|verb| (verb.command)()))
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
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
