//! Arguments that several subcommands take, and the output as JSON or for people.

use clap::{Arg, ArgAction, ArgMatches};
use serde::Serialize;

use crate::Outcome;

/// The help of the argument that names a configuration file.
pub(crate) const CONFIG: &str = "A TOML file, or a JSON file if its name ends in .json";

/// `--NAME VALUE`.
pub(crate) fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// `VALUE`, by its position.
pub(crate) fn positional(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(value).required(true).help(help)
}

/// `--json`.
pub(crate) fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Prints JSON")
}

/// The text of a required argument, without which clap rejects the command line.
pub(crate) fn text<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

/// Formats a value as indented JSON if the command line says `--json`, or else for people.
pub(crate) fn shown<T: Serialize>(
    matches: &ArgMatches,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Outcome {
    if matches.get_flag("json") {
        return Ok(serde_json::to_string_pretty(value).map_err(|error| error.to_string())?);
    }
    Ok(text(value))
}
