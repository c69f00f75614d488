//! Processes that are killed lose no task: the short form of `examples/kill.rs`.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::folder::Folder;

#[path = "../kill/harness.rs"]
mod harness;

use harness::{FILE, Round, child, round};

/// Not a test of its own: the life of a process that the test below starts.
#[tokio::test]
#[ignore = "started by the test of killed processes"]
async fn worker_process() {
    let Some(file) = std::env::var_os(FILE) else { return };
    child(PathBuf::from(file)).await.expect("it ends when it is killed");
}

fn spawn() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test's own file"));
    command.args(["kill::worker_process", "--exact", "--ignored"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[tokio::test]
async fn killed_processes_lose_no_task_and_double_only_what_they_were_killed_in() {
    for processes in [1, 2] {
        let folder = Folder::new();
        let settings = Round { tasks: 300, processes, pause: (50, 250), seed: 7 };
        let books = round(folder.path(), &settings, spawn).await.expect("the books balance");
        assert!(books.kills > 0, "nothing was tried: {books:?}");
    }
}
