//! Killed processes lose no tasks: the short form of `examples/kill.rs`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{AttemptOutcome, Format, State, Tasks};

use crate::folder::Folder;

#[path = "../kill/harness.rs"]
mod harness;

use harness::{LEDGER, Round, child, round};

/// The environment variable with the path of the store.
const FILE: &str = "RETRY_TASKS_KILL_FILE";

/// Not a test: the worker process that the test below starts.
#[tokio::test]
#[ignore = "started by the test of killed processes"]
async fn worker_process() {
    let (Some(file), Some(ledger)) = (std::env::var_os(FILE), std::env::var_os(LEDGER)) else {
        return;
    };
    let tasks = Tasks::sqlite(file).expect("the same file");
    child(tasks, PathBuf::from(ledger)).await.expect("it ends when it is killed");
}

/// The command that runs one ignored test of this program.
fn process(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test's own file"));
    command.args([test, "--exact", "--ignored"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[tokio::test]
async fn killed_processes_lose_no_task_and_double_only_what_they_were_killed_in() {
    for processes in [1, 2] {
        let folder = Folder::new();
        let settings = Round { tasks: 300, processes, pause: (50, 250), seed: 7 };
        let file = folder.file("tasks.db");
        let spawn = || {
            let mut command = process("kill::worker_process");
            command.env(FILE, &file);
            command
        };
        let tasks = Tasks::sqlite(&file).expect("a new file");
        let books = round(tasks, folder.path(), &settings, spawn).await;
        let books = books.expect("the books balance");
        assert!(books.kills > 0, "nothing was tried: {books:?}");
    }
}

/// The process ends after the effect and before the success of the attempt is stored.
#[retryable(base = "1ms", jitter = none, on = any, budget = none, idempotent, attempt = attempt,
    name = "kill::dies", task(state(ledger)))]
async fn dies(number: u32, ledger: &PathBuf) -> Result<u32, String> {
    let done = fs::read_to_string(ledger).unwrap_or_default();
    let line = format!("{done}{}\n", attempt.number());
    fs::write(ledger, line).map_err(|error| error.to_string())?;
    if attempt.number() == 1 {
        std::process::abort();
    }
    Ok(number)
}

const LEASE: Duration = Duration::from_millis(300);

fn worker(tasks: &Tasks, ledger: PathBuf) -> retry_tasks::Worker {
    let worker = tasks.worker().only("kill::dies").state(ledger).lease(LEASE);
    worker.poll(Duration::from_millis(10)).start().expect("started")
}

/// Not a test: the process that ends in the middle of an attempt.
#[tokio::test]
#[ignore = "started by the test of a process that ends between effect and commit"]
async fn dying_process() {
    let Some(file) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let tasks = Tasks::sqlite(&file).expect("the same file");
    let _worker = worker(&tasks, file.with_extension("ledger"));
    std::future::pending().await
}

#[tokio::test]
async fn a_process_that_ends_between_effect_and_commit_leaves_a_lost_attempt_that_tells_of_it() {
    let folder = Folder::new();
    let file = folder.file("tasks.db");
    let tasks = Tasks::sqlite(&file).expect("a new file");
    let id = tasks.submit(dies::task(7)).await.expect("stored");
    let ended = process("kill::dying_process").env(FILE, &file).status().expect("it starts");
    assert!(!ended.success(), "it ended by itself");
    let ledger = file.with_extension("ledger");
    assert_eq!(fs::read_to_string(&ledger).expect("written"), "1\n", "the effect was had");
    let info = tasks.info(id, Format::Full).await.expect("there");
    assert_eq!(info.state, State::Running, "nobody knows better yet");

    let _worker = worker(&tasks, ledger.clone());
    assert_eq!(tasks.wait(id).await, Ok(7));
    assert_eq!(fs::read_to_string(&ledger).expect("written"), "1\n2\n", "and once more");
    let info = tasks.info(id, Format::Full).await.expect("there");
    let outcomes: Vec<_> = info.attempts().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Lost, AttemptOutcome::Succeeded]);
    let lost = &info.attempts()[0];
    assert!(lost.ended.is_some_and(|ended| ended.since(lost.started) >= LEASE), "{lost:?}");
}
