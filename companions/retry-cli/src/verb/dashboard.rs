//! `retry dashboard` prints a dashboard for Grafana.

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::Outcome;
use crate::monitor::dashboard::dashboard;
use crate::monitor::query::Naming;

pub(super) fn command() -> Command {
    Command::new("dashboard")
        .about(
            "Prints a dashboard for Grafana, as JSON to import, on the metrics of calls and tasks",
        )
        .arg(otlp())
}

/// `--otlp`.
pub(super) fn otlp() -> Arg {
    Arg::new("otlp")
        .long("otlp")
        .action(ArgAction::SetTrue)
        .help("Names the metrics as OpenTelemetry's pipelines do, such as retry_calls_total")
}

/// The names that the command line asks for.
pub(super) fn naming(matches: &ArgMatches) -> Naming {
    if matches.get_flag("otlp") { Naming::Otlp } else { Naming::Prometheus }
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let dashboard = dashboard(naming(matches));
    Ok(serde_json::to_string_pretty(&dashboard).map_err(|error| error.to_string())?)
}
