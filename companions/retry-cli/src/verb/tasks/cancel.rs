//! `retry tasks cancel ID`: the end of a task.

use clap::{ArgMatches, Command};
use retry_tasks::State;

use super::{open, ordered};
use crate::Outcome;

pub(super) fn command() -> Command {
    open::of_task("cancel")
        .about("Ends a task; an attempt that runs is broken off")
        .arg(open::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let id = open::id_of(matches);
    let done = open::order(matches, async |tasks| Ok(tasks.cancel(id).await?))?;
    let means = match done.before {
        State::Running => {
            "the attempt is broken off with its worker's next heartbeat, and may have taken effect"
        }
        _ => "it is not started any more",
    };
    ordered::told(matches, id, done, means)
}
