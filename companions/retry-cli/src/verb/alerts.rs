//! `retry alerts` prints alert rules for Prometheus.

use clap::{ArgMatches, Command};

use super::dashboard::{naming, otlp};
use crate::Outcome;
use crate::monitor::alerts::rules;

pub(super) fn command() -> Command {
    Command::new("alerts")
        .about("Prints alert rules for Prometheus, as YAML, on the metrics of calls and tasks")
        .arg(otlp())
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    Ok(rules(naming(matches)))
}
