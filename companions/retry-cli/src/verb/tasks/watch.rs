//! `retry tasks watch ID` follows a task until it has ended.

use std::io::{self, ErrorKind};
use std::time::Duration;

use clap::{ArgMatches, Command};
use retry_tasks::{Format, State, TaskError, TaskId, TaskInfo, Tasks};

use super::screen::Screen;
use super::{open, view};
use crate::{Failure, Outcome, args};

/// How often the live line is redrawn.
const TICK: Duration = Duration::from_millis(250);

pub(super) fn command() -> Command {
    open::of_task("watch")
        .about("Follows a task until it has ended, in whichever process it runs; the exit code says how it ended")
        .arg(view::argument("full").requires("json").help(
            "How much each object has: minimal is the state, standard adds times and errors, full adds the history",
        ))
        .arg(args::json().help("Prints one JSON object per line for each change"))
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let (id, json) = (open::id_of(matches), matches.get_flag("json"));
    // The lines for people include the attempts.
    let format = if json { view::format(matches) } else { Format::Full };
    let screen = Screen::new(json);
    match open::ask(matches, async |tasks| follow(tasks, id, format, screen).await)? {
        Some(info) => ended(info),
        None => Ok(String::new()),
    }
}

/// Displays updates until the task has ended; returns `None` if the reader closed the pipe.
async fn follow(
    tasks: &Tasks,
    id: TaskId,
    format: Format,
    mut screen: Screen,
) -> Result<Option<TaskInfo>, Failure> {
    let mut watch = tasks.watch(id, format);
    let mut last: Option<TaskInfo> = None;
    loop {
        let update = match (&last, screen.is_live()) {
            (Some(last), true) => match tokio::time::timeout(TICK, watch.next()).await {
                Ok(update) => update,
                Err(_) => {
                    screen.tick(last, open::now());
                    continue;
                }
            },
            _ => watch.next().await,
        };
        let Some(info) = update? else { break };
        match screen.show(&info, open::now()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(None),
            shown => shown.map_err(unwritten)?,
        }
        last = Some(info);
    }
    if let Some(last) = &last {
        screen.end(last, open::now());
    }
    Ok(last)
}

fn unwritten(error: io::Error) -> Failure {
    Failure { text: format!("cannot write to standard output: {error}"), code: 2 }
}

/// Turns the task's final state into the exit code.
fn ended(info: TaskInfo) -> Outcome {
    let error = info.last_error.map(|error| view::line(&error)).unwrap_or_default();
    match info.state {
        State::Failed { reason } => Err(TaskError::Failed { id: info.id, reason, error }.into()),
        State::Cancelled => Err(TaskError::Cancelled(info.id).into()),
        _ => Ok(String::new()),
    }
}
