//! Opens the task file that the command line names; the arguments that all `tasks` subcommands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use retry_tasks::{Clock, SqliteBuilder, SystemClock, TaskError, TaskId, Tasks, Time};
use retry_text::duration::{FORM, parse};

use crate::{Failure, args};

/// `--db PATH` and `--busy-timeout DURATION`.
pub(super) fn arguments() -> [Arg; 2] {
    [
        args::option("db", "PATH", "The SQLite file that the program stores its tasks in")
            .env("RETRY_TASKS_DB")
            .required(true)
            .value_parser(value_parser!(PathBuf)),
        args::option(
            "busy-timeout",
            "DURATION",
            "How long to wait while another program keeps the file locked",
        )
        .value_parser(duration)
        .default_value("5s"),
    ]
}

/// A subcommand that takes the ID of one task.
pub(super) fn of_task(name: &'static str) -> Command {
    Command::new(name).args(arguments()).arg(id())
}

/// `ID`.
pub(super) fn id() -> Arg {
    args::positional("id", "ID", "The task's ID, as printed by `list`")
        .value_parser(value_parser!(TaskId))
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

/// Runs an operation that changes tasks; the file must exist. The program that owns the file decides when it is upgraded.
pub(super) fn order<T>(
    matches: &ArgMatches,
    operation: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(builder(matches).existing().without_upgrade(), operation)
}

fn builder(matches: &ArgMatches) -> SqliteBuilder {
    // clap rejects a command line without this argument.
    let path = matches.get_one::<PathBuf>("db").cloned().unwrap_or_default();
    let builder = SqliteBuilder::new(path);
    match matches.get_one("busy-timeout") {
        Some(limit) => builder.busy_timeout(*limit),
        None => builder,
    }
}

fn block_on<T>(
    builder: SqliteBuilder,
    work: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let tasks = builder.open().map_err(TaskError::from)?;
    runtime.block_on(work(&tasks))
}
