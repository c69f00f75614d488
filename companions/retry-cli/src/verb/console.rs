//! `retry console` shows the tasks in a file, and programs that have a console, in the browser.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use retry_console::{Console, ConsoleError};
use retry_tasks::{SqliteBuilder, TaskError};

use crate::{Failure, Outcome, args};

const NOTES: &str = "\
The address with a token is printed; open it in the browser. With RETRY_CONSOLE_TOKEN, the token is yours; peers are
asked with it, so they must have the same one.

`--db` shows the tasks of a program that may keep running. `--peer` shows the calls, breakers and tasks of programs
that have a console of their own (the crate `retry-console`).";

pub(super) fn command() -> Command {
    Command::new("console")
        .about("Serves a console for the browser, with the tasks in a file and the calls of other programs")
        .after_help(NOTES)
        .arg(
            args::option("db", "PATH", "The SQLite file that a program stores its tasks in")
                .value_parser(value_parser!(PathBuf))
                .required_unless_present("peer"),
        )
        .arg(
            args::option("peer", "URL", "A program with a console, such as http://10.0.0.2:7600")
                .action(ArgAction::Append),
        )
        .arg(
            args::option("address", "ADDRESS", "The address to listen on")
                .value_parser(value_parser!(SocketAddr))
                .default_value("127.0.0.1:7600"),
        )
        .arg(
            Arg::new("read-only")
                .long("read-only")
                .action(ArgAction::SetTrue)
                .help("Takes no orders, and opens the file for reading alone"),
        )
}

pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let is_read_only = matches.get_flag("read-only");
    let mut console = Console::builder().name("retry console");
    if is_read_only {
        console = console.read_only();
    }
    if let Some(peers) = matches.get_many::<String>("peer") {
        console = console.peers(peers.cloned());
    }
    if std::env::var_os("RETRY_CONSOLE_TOKEN").is_some() {
        console = console.token_from_env("RETRY_CONSOLE_TOKEN");
    }
    if let Some(path) = matches.get_one::<PathBuf>("db") {
        let file = SqliteBuilder::new(path);
        let file = if is_read_only { file.read_only() } else { file.existing().without_upgrade() };
        console = console.tasks(&file.open().map_err(TaskError::from)?);
    }
    let console = console.build().map_err(|error: ConsoleError| usage(error.to_string()))?;
    let address = matches.get_one::<SocketAddr>("address").copied();
    let address = address.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7600)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    // Until it is interrupted.
    let served = runtime.block_on(console.serve(address));
    served.map_err(|error| usage(format!("cannot serve on {address}: {error}")))?;
    Ok(String::new())
}

/// The command line, or what it names, makes no console.
fn usage(text: String) -> Failure {
    Failure { text, code: 2 }
}
