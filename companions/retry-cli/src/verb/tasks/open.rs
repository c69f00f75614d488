//! The file that the command line names, and asking the tasks in it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use retry_tasks::{Clock, SqliteBuilder, SystemClock, TaskError, TaskId, Tasks, Time};
use retry_text::duration::{FORM, parse};
use serde::Serialize;

use crate::{Failure, Outcome};

/// `--db PATH`, and how long to wait for it.
pub(super) fn arguments() -> [Arg; 2] {
    [
        Arg::new("db")
            .long("db")
            .value_name("PATH")
            .env("RETRY_TASKS_DB")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .help("The file that the program keeps its tasks in"),
        Arg::new("busy_timeout")
            .long("busy-timeout")
            .value_name("DURATION")
            .value_parser(duration)
            .default_value("5s")
            .help("How long to wait for another program that keeps the file locked"),
    ]
}

/// A verb about the task that the command line names.
pub(super) fn of_task(name: &'static str) -> Command {
    Command::new(name).args(arguments()).arg(id())
}

/// The task's identifier.
pub(super) fn id() -> Arg {
    Arg::new("id")
        .value_name("ID")
        .required(true)
        .value_parser(|text: &str| text.parse::<TaskId>())
        .help("The task's identifier, as `list` shows it")
}

/// `--json`.
pub(super) fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON, for programs")
}

/// The task that the command line names.
pub(super) fn id_of(matches: &ArgMatches) -> TaskId {
    // clap has refused a command line without it.
    matches.get_one("id").copied().unwrap_or(TaskId::from_u128(0))
}

/// A duration as people write it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse(text).map_err(|wrong| format!("it {wrong}; write {FORM}"))
}

/// The time of day.
pub(super) fn now() -> Time {
    SystemClock::new().now()
}

/// Asks the tasks in the file, which is not written to.
pub(super) fn ask<T>(
    matches: &ArgMatches,
    question: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(builder(matches).read_only(), question)
}

/// Gives the tasks in the file an order.
pub(super) fn order<T>(
    matches: &ArgMatches,
    order: impl AsyncFnOnce(&Tasks) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(builder(matches).existing(), order)
}

fn builder(matches: &ArgMatches) -> SqliteBuilder {
    // clap has refused a command line without it.
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

/// A value, for programs.
pub(super) fn as_json(value: &impl Serialize) -> Outcome {
    Ok(serde_json::to_string_pretty(value).map_err(|error| error.to_string())?)
}
