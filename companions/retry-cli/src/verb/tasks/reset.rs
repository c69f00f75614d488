//! `retry tasks reset ID`: a task anew.

use clap::{ArgMatches, Command};

use super::{open, ordered};
use crate::Outcome;

pub(super) fn command() -> Command {
    open::of_task("reset")
        .about("Runs a task anew that has ended, without its counters, its result and its history")
        .arg(open::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let id = open::id_of(matches);
    let done = open::order(matches, async |tasks| Ok(tasks.reset(id).await?))?;
    ordered::told(matches, id, done, "the next worker with a free place starts it from nothing")
}
