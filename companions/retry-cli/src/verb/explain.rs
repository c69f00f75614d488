//! `retry explain NAME` prints the settings of a function and the source of each one.

use clap::{ArgMatches, Command};
use retry_config::{Config, ConfigErrors};

use crate::{Outcome, args, sites};

pub(crate) fn command() -> Command {
    Command::new("explain")
        .about("Prints the settings of a function and where each value comes from")
        .after_help(sites::NOTES)
        .arg(args::positional(
            "name",
            "NAME",
            "The function's name, as in `[op.\"billing::charge\"]`",
        ))
        .arg(args::option("config", "FILE", args::CONFIG))
        .arg(sites::argument().required(true))
        .arg(args::json())
}

pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    let wrong = |error: ConfigErrors| error.to_string();
    // clap rejects a command line without `--sites`.
    let sites = sites::read(matches)?.unwrap_or_default();
    let config = match matches.get_one::<String>("config") {
        Some(file) => sites.check(file).map_err(wrong)?,
        None => Config::default(),
    };
    let explanation = sites.explain(&config, args::text(matches, "name")).map_err(wrong)?;
    args::shown(matches, &explanation, ToString::to_string)
}
