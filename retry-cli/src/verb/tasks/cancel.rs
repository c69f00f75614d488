//! `retry tasks cancel ID`: the end of a task.

use clap::{ArgMatches, Command};
use retry_tasks::State;

use super::{open, ordered};
use crate::Outcome;

pub(super) fn command() -> Command {
    open::of_task("cancel").about("Ends a task and stops a running attempt").arg(open::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let id = open::id_of(matches);
    let done = open::order(matches, async |tasks| Ok(tasks.cancel(id).await?))?;
    let means = match done.before {
        State::Running => {
            "the attempt is stopped at its worker's next heartbeat, and may have taken effect"
        }
        _ => "no attempt will start",
    };
    ordered::told(matches, id, done, means)
}
