//! `retry tasks reset ID` restarts an ended task from scratch.

use clap::{ArgMatches, Command};

use super::{open, ordered};
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    open::of_task("reset")
        .about("Restarts an ended task from scratch: clears its counters, result and history")
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let id = open::id_of(matches);
    let done = open::order(matches, async |tasks| Ok(tasks.reset(id).await?))?;
    ordered::told(matches, id, done, "the next worker with a free slot starts it from scratch")
}
