//! `retry tasks reset ID`: starts a task from nothing.

use clap::{ArgMatches, Command};

use super::{open, ordered};
use crate::Outcome;

pub(super) fn command() -> Command {
    open::of_task("reset")
        .about("Restarts a task that has ended, without its counters, its result and its history")
        .arg(open::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let id = open::id_of(matches);
    let done = open::order(matches, async |tasks| Ok(tasks.reset(id).await?))?;
    ordered::told(matches, id, done, "the next worker with a free slot starts it from nothing")
}
