//! Opens the task file that the command line names; the arguments that all `tasks` subcommands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use retry_tasks::{Clock, SqliteBuilder, SystemClock, TaskError, TaskId, Tasks, Time};
use retry_text::duration::{FORM, parse};
use serde::Serialize;

use crate::{Failure, Outcome};

/// `--db PATH` and `--busy-timeout DURATION`.
pub(super) fn arguments() -> [Arg; 2] {
    [
        Arg::new("db")
            .long("db")
            .value_name("PATH")
            .env("RETRY_TASKS_DB")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help("The SQLite file that the program stores its tasks in"),
        Arg::new("busy_timeout")
            .long("busy-timeout")
            .value_name("DURATION")
            .value_parser(duration)
            .default_value("5s")
            .help("How long to wait while another program keeps the file locked"),
    ]
}

/// A subcommand that takes the ID of one task.
pub(super) fn of_task(name: &'static str) -> Command {
    Command::new(name).args(arguments()).arg(id())
}

/// `ID`.
pub(super) fn id() -> Arg {
    Arg::new("id")
        .value_name("ID")
        .required(true)
        .value_parser(|text: &str| text.parse::<TaskId>())
        .help("The task's ID, as printed by `list`")
}

/// `--json`.
pub(super) fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Prints JSON")
}

/// Reads `ID` from the command line.
pub(super) fn id_of(matches: &ArgMatches) -> TaskId {
    // clap rejects a command line without this argument.
    matches.get_one("id").copied().unwrap_or(TaskId::from_u128(0))
}

/// Parses a duration such as `5s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse(text).map_err(|wrong| format!("it {wrong}; write {FORM}"))
}

/// The current time.
pub(super) fn now() -> Time {
    SystemClock::new().now()
}

/// Runs a query on the tasks; the file is opened read-only.
pub(super) fn ask<T>(
    matches: &ArgMatches,
    query: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(builder(matches).read_only(), query)
}

/// Runs an operation that changes tasks; the file must exist.
pub(super) fn order<T>(
    matches: &ArgMatches,
    operation: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(builder(matches).existing(), operation)
}

fn builder(matches: &ArgMatches) -> SqliteBuilder {
    // clap rejects a command line without this argument.
    let path = matches.get_one::<PathBuf>("db").cloned().unwrap_or_default();
    let builder = SqliteBuilder::new(path);
    match matches.get_one("busy_timeout") {
        Some(limit) => builder.busy_timeout(*limit),
        None => builder,
    }
}

fn block_on<T>(
    builder: SqliteBuilder,
    work: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let tasks = builder.open().map_err(TaskError::from)?;
    runtime.block_on(work(&tasks))
}

/// Formats a value as indented JSON.
pub(super) fn as_json(value: &impl Serialize) -> Outcome {
    Ok(serde_json::to_string_pretty(value).map_err(|error| error.to_string())?)
}
