//! `retry explain NAME` prints the settings of a function and the source of each one.

use clap::{Arg, ArgAction, ArgMatches, Command};
use retry_config::{Config, ConfigErrors};

use crate::{Outcome, sites};

pub(crate) fn command() -> Command {
    Command::new("explain")
        .about("Prints the settings of a function and where each value comes from")
        .after_help(sites::NOTES)
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .help("The function's name, as in `[op.\"billing::charge\"]`"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("A TOML file, or a JSON file if its name ends in .json"),
        )
        .arg(sites::argument().required(true))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Prints JSON"))
}

pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    let name = matches.get_one::<String>("name").map_or("", String::as_str);
    let wrong = |error: ConfigErrors| error.to_string();
    // clap rejects a command line without `--sites`.
    let sites = sites::read(matches)?.unwrap_or_default();
    let config = match matches.get_one::<String>("config") {
        Some(file) => sites.check(file).map_err(wrong)?,
        None => Config::default(),
    };
    let explanation = sites.explain(&config, name).map_err(wrong)?;
    if matches.get_flag("json") {
        return Ok(serde_json::to_string_pretty(&explanation).map_err(|error| error.to_string())?);
    }
    Ok(explanation.to_string())
}
