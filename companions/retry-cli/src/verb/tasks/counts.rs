//! `retry tasks counts` prints the number of tasks in each state.

use clap::{Arg, ArgAction, ArgMatches, Command};
use retry_tasks::{Counts, Phase, Time};

use super::open;
use crate::table::Table;
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    Command::new("counts")
        .about(
            "Prints the number of tasks in each state, and how long the oldest due task has waited",
        )
        .args(open::arguments())
        .arg(
            Arg::new("by-function")
                .long("by-function")
                .action(ArgAction::SetTrue)
                .help("One line for each function, also for those that no program has any more"),
        )
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    if matches.get_flag("by-function") {
        let counts = open::ask(matches, async |tasks| Ok(tasks.counts_by_function().await?))?;
        return args::shown(matches, &counts, |counts| {
            let head = [
                "function",
                "due",
                "held back",
                "scheduled",
                "running",
                "complete",
                "failed",
                "cancelled",
                "oldest due",
            ];
            let mut table = Table::new(head);
            for (name, counts) in counts {
                let numbers = [
                    counts.due,
                    counts.held_back,
                    counts.scheduled(),
                    counts.running,
                    counts.complete,
                    counts.failed,
                    counts.cancelled,
                ];
                let [due, held, later, running, complete, failed, cancelled] =
                    numbers.map(|number| number.to_string());
                let oldest = oldest(*counts, open::now());
                let name = name.clone();
                table.row([name, due, held, later, running, complete, failed, cancelled, oldest]);
            }
            table.to_string()
        });
    }
    let counts = open::ask(matches, async |tasks| Ok(tasks.counts().await?))?;
    args::shown(matches, &counts, |counts| {
        let mut table = Table::new(["state", "tasks"]);
        for phase in Phase::ALL {
            table.row([phase.name().to_owned(), counts.of(phase).to_string()]);
        }
        table.row(["all".to_owned(), counts.total().to_string()]);
        format!("{table}{}", queues(*counts, open::now()))
    })
}

/// The pending and waiting tasks, apart: those that are due, held back, and scheduled. Empty when there are none.
fn queues(counts: Counts, now: Time) -> String {
    if counts.pending + counts.waiting == 0 {
        return String::new();
    }
    let mut table = Table::new(["of those pending or waiting", "tasks", "oldest due"]);
    table.row(["due".to_owned(), counts.due.to_string(), oldest(counts, now)]);
    let held = counts.held_back.to_string();
    table.row(["held back by the budget".to_owned(), held, String::new()]);
    let later = counts.scheduled().to_string();
    table.row(["scheduled for later".to_owned(), later, String::new()]);
    format!("\n{table}")
}

/// `5 min ago`; empty when no task is due.
fn oldest(counts: Counts, now: Time) -> String {
    super::view::ago(counts.oldest_due, now)
}
