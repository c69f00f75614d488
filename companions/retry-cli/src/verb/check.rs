//! `retry check FILE` reports every mistake in a configuration file.

use clap::{ArgMatches, Command};
use retry_config::{Config, ConfigErrors};

use crate::{Outcome, args, sites};

pub(crate) fn command() -> Command {
    Command::new("check")
        .about("Checks a configuration file and prints every mistake")
        .after_help(sites::NOTES)
        .arg(args::positional("file", "FILE", args::CONFIG))
        .arg(sites::argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    let file = args::text(matches, "file");
    match sites::read(matches)? {
        Some(sites) => {
            sites.check(file).map_err(refused)?;
            let count = sites.sites.len();
            Ok(format!("{file}: no mistakes; checked against the program's {count} functions"))
        }
        None => {
            Config::from_file(file).map_err(refused)?;
            Ok(format!("{file}: no mistakes; pass --sites to check function names too"))
        }
    }
}

fn refused(errors: ConfigErrors) -> String {
    let count = match errors.len() {
        1 => "1 mistake".to_owned(),
        count => format!("{count} mistakes"),
    };
    format!("{errors}\n{count}")
}
