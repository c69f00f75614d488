//! `retry tasks VERB` works on the tasks in a SQLite file, even while the program that owns the file is running.
//!
//! Each subcommand is a file in this folder and a row in [`VERBS`].

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

/// Every subcommand of `retry tasks`. To add one, add a file and a row here.
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
The program that owns the file may keep running: its workers pick up changes made here. `list`, `show`, `watch`,
`counts` and `analytics` do not write to the file.

Exit codes: 0 on success, 1 when the task's state does not allow the operation or a watched task failed, 2 when the
command line is wrong or the file or task does not exist, 3 when a watched task was cancelled, 130 when `retry --all` was
interrupted.";

pub(super) fn command() -> Command {
    Command::new("tasks")
        .about("Lists, shows, watches, retries and cancels the tasks in a retry-tasks file")
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
        // 1: the task exists and its state is the answer. 2: the request could not be made.
        let code = match error {
            TaskError::Refused { .. } | TaskError::KeyTaken { .. } | TaskError::Failed { .. } => 1,
            TaskError::Cancelled(_) => 3,
            _ => 2,
        };
        Failure { text: error.to_string(), code }
    }
}
