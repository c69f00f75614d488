//! `retry tasks analytics` prints how many attempts tasks took, and for how long they waited and ran.

use clap::{ArgMatches, Command};
use retry_tasks::Analytics;
use retry_text::duration::human;

use super::open;
use crate::table::Table;
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    Command::new("analytics")
        .about("Prints how many attempts the tasks took, and how long they waited and ran")
        .args(open::arguments())
        .arg(
            args::positional("name", "NAME", "Only tasks of this function")
                .required(false)
                .value_parser(whole_name),
        )
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let name = matches.get_one::<String>("name").map(String::as_str);
    let found = open::ask(matches, async |tasks| Ok(tasks.analytics(name).await?))?;
    args::shown(matches, &found, text)
}

fn text(found: &Analytics) -> String {
    if found.by_attempt.is_empty() {
        return "no attempts".to_owned();
    }
    let mut table = Table::new(["attempt", "succeeded", "failed", "lost", "tasks done so far"]);
    for by in &found.by_attempt {
        let share = found.success_within(by.attempt).map(|share| format!("{:.1} %", share * 100.0));
        table.row([
            by.attempt.to_string(),
            by.succeeded.to_string(),
            by.failed.to_string(),
            by.lost.to_string(),
            share.unwrap_or_default(),
        ]);
    }
    format!(
        "{table}\n{} tasks have ended; on average they waited {} for their first attempt and {} between attempts, and ran {}\n",
        found.ended,
        human(found.mean_pending),
        human(found.mean_waiting),
        human(found.mean_running),
    )
}

fn whole_name(text: &str) -> Result<String, String> {
    match text.contains('*') {
        true => Err("patterns are not supported here; write a full name, or omit it to include all functions".to_owned()),
        false => Ok(text.to_owned()),
    }
}
