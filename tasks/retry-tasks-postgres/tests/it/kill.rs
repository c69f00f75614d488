//! Killed processes lose no tasks.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use retry_tasks::Tasks;
use retry_tasks_postgres::PostgresBuilder;

use crate::server::server;

#[path = "../../../retry-tasks/tests/kill/harness.rs"]
mod harness;

use harness::{LEDGER, Round, child, round};

/// The environment variable with the address of the database.
const URL: &str = "RETRY_TASKS_KILL_URL";

async fn open(url: String) -> Tasks {
    PostgresBuilder::new(url).open().await.expect("opened")
}

/// Not a test: the worker process that the test below starts.
#[tokio::test]
#[ignore = "started by the test of killed processes"]
async fn worker_process() {
    let (Ok(url), Some(ledger)) = (std::env::var(URL), std::env::var_os(LEDGER)) else { return };
    child(open(url).await, PathBuf::from(ledger)).await.expect("it ends when it is killed");
}

#[tokio::test]
async fn three_processes_that_are_killed_lose_no_task_and_double_only_what_they_were_killed_in() {
    let Some(server) = server() else { return };
    let folder = std::env::temp_dir().join(format!("retry-tasks-pgkill-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a new folder");
    let spawn = || {
        let mut command = Command::new(std::env::current_exe().expect("the test's own file"));
        command.args(["kill::worker_process", "--exact", "--ignored"]).env(URL, server.url());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let settings = Round { tasks: 300, processes: 3, pause: (200, 600), seed: 7 };
    let books = round(open(server.url()).await, &folder, &settings, spawn).await;
    std::fs::remove_dir_all(&folder).expect("removed");
    let books = books.expect("the books balance");
    println!("{books:?}");
    assert!(books.kills > 0, "nothing was tried: {books:?}");
}
