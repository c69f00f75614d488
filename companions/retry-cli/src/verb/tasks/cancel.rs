//! `retry tasks cancel ID` cancels a task.

use clap::{ArgMatches, Command};
use retry_tasks::State;

use super::{open, ordered};
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    open::of_task("cancel").about("Cancels a task; a running attempt is aborted").arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let id = open::id_of(matches);
    let done = open::order(matches, async |tasks| Ok(tasks.cancel(id).await?))?;
    let means = match done.before {
        State::Running => {
            "the attempt is aborted at its worker's next heartbeat, and may already have taken effect"
        }
        _ => "it will not be started",
    };
    ordered::told(matches, id, done, means)
}
