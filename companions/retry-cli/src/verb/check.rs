//! `retry check FILE` reports every mistake in a configuration file.

use clap::{Arg, ArgMatches, Command};
use retry_config::{Config, ConfigErrors};

use crate::{Outcome, sites};

pub(crate) fn command() -> Command {
    Command::new("check")
        .about("Checks a configuration file and prints every mistake")
        .after_help(sites::NOTES)
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("A TOML file, or a JSON file if its name ends in .json"),
        )
        .arg(sites::argument())
}

pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    let file = matches.get_one::<String>("file").map_or("", String::as_str);
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
