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
        Format::Minimal => minimal(&page.tasks),
        Format::Standard => standard(&page.tasks, now),
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

fn minimal(tasks: &[TaskInfo]) -> String {
    let mut table = Table::new(["task", "function", "retries", "state", "progress"]);
    for info in tasks {
        table.row([
            info.id.to_string(),
            view::line(&info.name),
            view::retries(info),
            info.state.to_string(),
            view::progress(info),
        ]);
    }
    table.to_string()
}

fn standard(tasks: &[TaskInfo], now: Time) -> String {
    let mut table =
        Table::new(["task", "function", "submitted", "retries", "state", "progress", "last error"]);
    for info in tasks {
        table.row([
            info.id.to_string(),
            view::line(&info.name),
            view::ago(info.created_at, now),
            view::retries(info),
            info.state.to_string(),
            view::progress(info),
            view::error(info),
        ]);
    }
    table.to_string()
}
