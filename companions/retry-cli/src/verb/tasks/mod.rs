//! `retry tasks VERB`: the tasks in a file, also while the program that owns it goes on.
//!
//! A verb is a file here and a row in [`VERBS`].

mod analytics;
mod cancel;
mod counts;
mod filter;
mod list;
mod open;
mod ordered;
mod reset;
mod retry;
mod screen;
mod show;
mod view;
mod watch;

use clap::{ArgMatches, Command};
use retry_tasks::TaskError;

use super::Verb;
use crate::{Failure, Outcome};

/// Every verb of tasks; a new one is a file and a row here.
const VERBS: &[Verb] = &[
    Verb { command: list::command, run: list::run },
    Verb { command: show::command, run: show::run },
    Verb { command: watch::command, run: watch::run },
    Verb { command: counts::command, run: counts::run },
    Verb { command: analytics::command, run: analytics::run },
    Verb { command: retry::command, run: retry::run },
    Verb { command: cancel::command, run: cancel::run },
    Verb { command: reset::command, run: reset::run },
];

const NOTES: &str = "\
The program that owns the file may run meanwhile: its workers carry the orders out. `list`, `show`, `watch`, `counts`
and `analytics` write nothing.

Exit codes: 0 when all is well, 1 when the task's state does not allow the order or the task that was watched has
failed, 2 when the command line is wrong or there is no such file or task, 3 when the task that was watched was
cancelled.";

pub(super) fn command() -> Command {
    Command::new("tasks")
        .about("Lists, shows, watches, retries and cancels the tasks in a file of retry-tasks")
        .after_help(NOTES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(VERBS.iter().map(|verb| (verb.command)().after_help(NOTES)))
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    super::run(VERBS, matches)
}

impl From<TaskError> for Failure {
    fn from(error: TaskError) -> Self {
        // The task is there and says no; anything else is a question that could not be asked.
        let code = match error {
            TaskError::Refused { .. } | TaskError::Failed { .. } => 1,
            TaskError::Cancelled(_) => 3,
            _ => 2,
        };
        Failure { text: error.to_string(), code }
    }
}
