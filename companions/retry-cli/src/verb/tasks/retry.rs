//! `retry tasks retry` gives failed or cancelled tasks further attempts.

use std::cell::Cell;
use std::io::{self, IsTerminal};

use clap::{Arg, ArgAction, ArgMatches, Command};
use retry_tasks::Phase;
use serde_json::json;

use super::{filter, open, ordered};
use crate::{Failure, Outcome, args};

/// The states in which a task can be retried.
const STATES: [Phase; 2] = [Phase::Failed, Phase::Cancelled];

pub(super) fn command() -> Command {
    let filters = filter::arguments(
        &STATES,
        "Only tasks in this state; the default is failed, since cancelled tasks were ended on purpose",
    );
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    Command::new("retry")
        .about("Retries a failed or cancelled task and keeps its history")
        .args(open::arguments())
        .arg(open::id().required(false).required_unless_present("all").conflicts_with("all"))
        .arg(flag("once").conflicts_with("all").help(
            "Grants the attempts left under the limit, or one more; without this flag, a full new round of attempts",
        ))
        .arg(flag("all").help(
            "Retries every task that matches the filters, as fast as the retry budgets of their functions allow",
        ))
        .args(filters.map(|filter| filter.requires("all").conflicts_with("id")))
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    if matches.get_flag("all") {
        return all(matches);
    }
    let (id, once) = (open::id_of(matches), matches.get_flag("once"));
    let done = open::order(matches, async |tasks| {
        Ok(if once { tasks.retry_once(id).await? } else { tasks.retry(id).await? })
    })?;
    ordered::told(matches, id, done, "the next worker with a free slot starts it")
}

fn all(matches: &ArgMatches) -> Outcome {
    let mut filter = filter::of(matches)?;
    if filter.phases.is_empty() {
        filter = filter.phase(Phase::Failed);
    }
    let (retried, is_complete) = open::order(matches, async |tasks| {
        let (retried, shows) = (Cell::new(0), io::stderr().is_terminal());
        let all = tasks.retry_all_with(filter, |so_far| {
            retried.set(so_far);
            if shows {
                eprint!("\r{so_far} tasks …");
            }
        });
        let all = tokio::select! {
            biased;
            all = all => Some(all?),
            // Each batch is one transaction, so the order ends between two of them.
            Ok(()) = tokio::signal::ctrl_c() => None,
        };
        if shows && retried.get() > 0 {
            eprintln!();
        }
        Ok((all.unwrap_or(retried.get()), all.is_some()))
    })?;
    if !is_complete {
        let text = format!(
            "interrupted: {retried} tasks will be retried, and up to one batch of 500 more; the rest is as it was"
        );
        return Err(Failure { text, code: 130 });
    }
    args::shown(matches, &json!({ "retried": retried }), |_| match retried {
        0 => "no task that can be retried matches the filters".to_owned(),
        1 => "1 task will be retried as soon as its function's retry budget allows".to_owned(),
        many => {
            format!("{many} tasks will be retried as fast as their functions' retry budgets allow")
        }
    })
}
