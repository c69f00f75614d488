//! `retry tasks retry`: further attempts of what has failed.

use clap::{Arg, ArgAction, ArgMatches, Command};
use retry_tasks::Phase;
use serde_json::json;

use super::{filter, open, ordered};
use crate::Outcome;

/// What can be retried.
const STATES: [Phase; 2] = [Phase::Failed, Phase::Cancelled];

pub(super) fn command() -> Command {
    let filters = filter::arguments(
        &STATES,
        "In this state; failed unless it is set: what was cancelled was meant to end",
    );
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    Command::new("retry")
        .about("Runs a task again that has failed or was cancelled; its history is kept")
        .args(open::arguments())
        .arg(open::id().required(false).required_unless_present("all").conflicts_with("all"))
        .arg(flag("once").conflicts_with("all").help(
            "What is left of the limit, or one attempt more; without it a round of as many as the limit allows",
        ))
        .arg(flag("all").help(
            "All tasks that pass the filters, as fast as their functions' budgets pay for the attempts",
        ))
        .args(filters.map(|filter| filter.requires("all").conflicts_with("id")))
        .arg(open::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    if matches.get_flag("all") {
        return all(matches);
    }
    let (id, once) = (open::id_of(matches), matches.get_flag("once"));
    let done = open::order(matches, async |tasks| {
        Ok(if once { tasks.retry_once(id).await? } else { tasks.retry(id).await? })
    })?;
    ordered::told(matches, id, done, "the next worker with a free place starts it")
}

fn all(matches: &ArgMatches) -> Outcome {
    let mut filter = filter::of(matches)?;
    if filter.phases.is_empty() {
        filter = filter.phase(Phase::Failed);
    }
    let retried = open::order(matches, async |tasks| Ok(tasks.retry_all(filter).await?))?;
    if matches.get_flag("json") {
        return open::as_json(&json!({ "retried": retried }));
    }
    Ok(match retried {
        0 => "no task that can be retried passes the filters".to_owned(),
        1 => "1 task is retried, as soon as its function's budget pays for it".to_owned(),
        many => {
            format!("{many} tasks are retried, as fast as their functions' budgets pay for them")
        }
    })
}
