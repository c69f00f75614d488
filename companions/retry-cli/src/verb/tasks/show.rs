//! `retry tasks show ID` prints everything that is stored about a task.

use clap::{ArgMatches, Command};

use super::{open, view};
use crate::{Outcome, args};

pub(super) fn command() -> Command {
    open::of_task("show")
        .about("Prints a task with the history of its attempts")
        .arg(view::argument("full"))
        .arg(args::json())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let (id, format) = (open::id_of(matches), view::format(matches));
    let info = open::ask(matches, async |tasks| Ok(tasks.info(id, format).await?))?;
    args::shown(matches, &info, |info| view::block(info, open::now()))
}
