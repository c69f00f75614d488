//! The subcommands of `retry`.

mod alerts;
mod check;
mod completions;
#[cfg(feature = "console")]
mod console;
mod dashboard;
mod explain;
mod plan;
mod simulate;
#[cfg(feature = "tasks")]
mod tasks;

use clap::{ArgMatches, Command};

use crate::{Failure, Outcome};

/// A subcommand: its arguments, and the function that runs it.
pub(crate) struct Verb {
    pub(crate) command: fn() -> Command,
    pub(crate) run: fn(&ArgMatches) -> Outcome,
}

/// Every subcommand. To add one, add a file and a row here.
pub(crate) const VERBS: &[Verb] = &[
    Verb { command: plan::command, run: plan::run },
    Verb { command: simulate::command, run: simulate::run },
    Verb { command: check::command, run: check::run },
    Verb { command: explain::command, run: explain::run },
    #[cfg(feature = "tasks")]
    Verb { command: tasks::command, run: tasks::run },
    #[cfg(feature = "console")]
    Verb { command: console::command, run: console::run },
    Verb { command: dashboard::command, run: dashboard::run },
    Verb { command: alerts::command, run: alerts::run },
    Verb { command: completions::command, run: completions::run },
];

/// Runs the subcommand that the command line names.
pub(crate) fn run(verbs: &[Verb], matches: &ArgMatches) -> Outcome {
    let found = matches.subcommand().and_then(|(name, matches)| {
        let verb = verbs.iter().find(|verb| (verb.command)().get_name() == name)?;
        Some((verb, matches))
    });
    match found {
        Some((verb, matches)) => (verb.run)(matches),
        // clap rejects a missing or unknown subcommand.
        None => Err(Failure { text: "the verb is missing".to_owned(), code: 2 }),
    }
}
