//! `retry tasks counts` prints the number of tasks in each state.

use clap::{ArgMatches, Command};
use retry_tasks::Phase;

use super::open;
use crate::table::Table;
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    Command::new("counts")
        .about("Prints the number of tasks in each state")
        .args(open::arguments())
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let counts = open::ask(matches, async |tasks| Ok(tasks.counts().await?))?;
    args::shown(matches, &counts, |counts| {
        let mut table = Table::new(["state", "tasks"]);
        for phase in Phase::ALL {
            table.row([phase.name().to_owned(), counts.of(phase).to_string()]);
        }
        table.row(["all".to_owned(), counts.total().to_string()]);
        table.to_string()
    })
}
