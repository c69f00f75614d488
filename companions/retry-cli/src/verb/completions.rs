//! `retry completions SHELL` prints a shell completion script.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::Outcome;

pub(crate) fn command() -> Command {
    Command::new("completions").about("Prints a completion script for a shell").arg(
        Arg::new("shell").value_name("SHELL").required(true).value_parser(value_parser!(Shell)),
    )
}

pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Err("the shell is missing".to_owned().into());
    };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut crate::command(), "retry", &mut script);
    Ok(String::from_utf8(script).map_err(|error| error.to_string())?)
}
