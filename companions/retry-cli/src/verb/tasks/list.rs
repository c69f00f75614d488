//! `retry tasks list` lists tasks.

use clap::{ArgMatches, Command, value_parser};
use retry_tasks::{Format, Page, Phase, TaskId, TaskInfo, Time};

use super::{filter, open, view};
use crate::table::Table;
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    Command::new("list")
        .about("Lists tasks, newest first")
        .args(open::arguments())
        .args(filter::arguments(&Phase::ALL, "Only tasks in this state; separate several with commas"))
        .arg(
            args::option("limit", "N", "Maximum number of tasks to list")
                .value_parser(value_parser!(u32).range(1..))
                .default_value("100"),
        )
        .arg(
            args::option(
                "after",
                "ID",
                "Only tasks older than this one; the end of each page prints the ID to use for the next page",
            )
            .value_parser(value_parser!(TaskId)),
        )
        .arg(view::argument("standard"))
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let mut filter = filter::of(matches)?;
    if let Some(limit) = matches.get_one::<u32>("limit") {
        filter = filter.limit(*limit as usize);
    }
    if let Some(after) = matches.get_one::<TaskId>("after") {
        filter = filter.after(*after);
    }
    let format = view::format(matches);
    let page = open::ask(matches, async |tasks| Ok(tasks.list(filter, format).await?))?;
    args::shown(matches, &page, |page| text(page, format, open::now()))
}

fn text(page: &Page<TaskInfo>, format: Format, now: Time) -> String {
    if page.tasks.is_empty() {
        return "no tasks".to_owned();
    }
    let mut text = match format {
        Format::Minimal => table([TASK, FUNCTION, RETRIES, STATE, PROGRESS], &page.tasks, now),
        Format::Standard => {
            let columns = [TASK, FUNCTION, SUBMITTED, RETRIES, STATE, PROGRESS, ERROR];
            table(columns, &page.tasks, now)
        }
        Format::Full => {
            let blocks = page.tasks.iter().map(|info| view::block(info, now));
            blocks.collect::<Vec<_>>().join("\n")
        }
    };
    if let Some(next) = page.next {
        text += &format!("… more tasks: --after {next}\n");
    }
    text
}

/// A column: its head, and the text for a task.
type Column = (&'static str, fn(&TaskInfo, Time) -> String);

const TASK: Column = ("task", |info, _| info.id.to_string());
const FUNCTION: Column = ("function", |info, _| info.name.clone());
const SUBMITTED: Column = ("submitted", |info, now| view::ago(info.created_at, now));
const RETRIES: Column = ("retries", |info, _| view::retries(info));
const STATE: Column = ("state", |info, _| info.state.to_string());
const PROGRESS: Column = ("progress", |info, _| view::progress(info));
const ERROR: Column = ("last error", |info, _| view::error(info));

fn table<const N: usize>(columns: [Column; N], tasks: &[TaskInfo], now: Time) -> String {
    let mut table = Table::new(columns.map(|(head, _)| head));
    for info in tasks {
        table.row(columns.map(|(_, text)| text(info, now)));
    }
    table.to_string()
}
