//! Workers that die in an attempt, by `kill -9` or by the attempt itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{AttemptOutcome, FailReason, Format, State, TaskError, TaskId, TaskInfo, Tasks};
use retry_tasks_restate::Restate;

use crate::process::Process;
use crate::server::{Server, free_ports};

/// The environment of a worker's process: the URLs of the server, and the worker's own address.
const URLS: [&str; 3] = ["KILL_INGRESS", "KILL_ADMIN", "KILL_LISTEN"];

/// Notes the attempt in the file. The first one never ends.
async fn note(file: &str) -> Result<usize, String> {
    let before = std::fs::read_to_string(file).unwrap_or_default();
    std::fs::write(file, format!("{before}attempt\n")).map_err(|error| error.to_string())?;
    if before.is_empty() {
        std::future::pending::<()>().await;
    }
    Ok(before.lines().count() + 1)
}

#[retryable(on = any, max = 3, base = "100ms", jitter = none, idempotent, budget = none,
    name = "kill::repeatable", task)]
async fn repeatable(file: String) -> Result<usize, String> {
    note(&file).await
}

#[retryable(on = any, max = 3, base = "100ms", jitter = none, idempotent = false, budget = none,
    name = "kill::once", task)]
async fn once(file: String) -> Result<usize, String> {
    note(&file).await
}

/// Ends its process.
#[retryable(on = any, max = 1, base = "100ms", jitter = none, idempotent, budget = none,
    name = "kill::poison", task)]
async fn poison(really: bool) -> Result<bool, String> {
    if really {
        std::process::abort();
    }
    Ok(really)
}

/// The body of a worker's process; no test.
#[tokio::test]
#[ignore = "a process of other tests"]
async fn worker_process() {
    let [ingress, admin, listen] = URLS.map(|name| std::env::var(name).expect("set"));
    let restate = Restate::new([ingress]).admin([admin]).listen(listen);
    let tasks = restate.open().await.expect("opened");
    let worker = tasks.worker().only("kill::repeatable").only("kill::once").only("kill::poison");
    let _worker = worker.start().expect("started");
    std::future::pending::<()>().await;
}

/// Starts a worker.
fn start(server: &Server, port: u16) -> Process {
    let [ingress, admin] = server.urls();
    let values = [ingress, admin, format!("127.0.0.1:{port}")];
    Process::start("kill::worker_process", URLS.into_iter().zip(values))
}

/// A handle that runs no attempts, when the server knows the worker.
async fn registered(server: &Server) -> Tasks {
    let tasks = server.builder().open().await.expect("opened");
    while matches!(
        tasks.info(TaskId::from_u128(1), Format::Minimal).await,
        Err(TaskError::Store(_))
    ) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tasks
}

async fn until_ended(tasks: &Tasks, id: TaskId) -> TaskInfo {
    loop {
        let info = tasks.info(id, Format::Full).await.expect("there");
        if info.state.is_ended() {
            return info;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_noted(file: &Path) {
    while std::fs::read_to_string(file).unwrap_or_default().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn outcomes(info: &TaskInfo) -> Vec<AttemptOutcome> {
    info.attempts().iter().map(|attempt| attempt.outcome).collect()
}

#[tokio::test]
async fn a_worker_that_is_killed_in_an_attempt_repeats_what_is_idempotent_and_nothing_else() {
    let Some(server) = Server::start().await else { return };
    let file = |name: &str| -> PathBuf { server.folder().join(name) };
    let text = |path: &Path| path.to_str().expect("a text").to_owned();
    let [port] = free_ports();
    let worker = start(&server, port);
    let tasks = registered(&server).await;
    let harmless = tasks.submit(repeatable::task(text(&file("harmless")))).await.expect("stored");
    let harmful = tasks.submit(once::task(text(&file("harmful")))).await.expect("stored");
    until_noted(&file("harmless")).await;
    until_noted(&file("harmful")).await;
    drop(worker);
    // Nobody runs the object's handlers now.
    let info = tasks.info(harmless, Format::Full).await.expect("the server has the state");
    assert_eq!((info.state, outcomes(&info)), (State::Running, vec![AttemptOutcome::Running]));

    let _worker = start(&server, port);
    let info = until_ended(&tasks, harmless).await;
    assert_eq!(info.state, State::Complete);
    assert_eq!(outcomes(&info), [AttemptOutcome::Lost, AttemptOutcome::Succeeded]);
    assert_eq!(info.attempts()[0].delay, Some(Duration::from_millis(100)), "its backoff holds");

    let info = until_ended(&tasks, harmful).await;
    assert_eq!(info.state, State::Failed { reason: FailReason::Ambiguous });
    assert_eq!(outcomes(&info), [AttemptOutcome::Lost]);
    let noted = std::fs::read_to_string(file("harmful")).expect("noted");
    assert_eq!(noted.lines().count(), 1, "it has not run twice");
}

#[tokio::test]
async fn a_task_that_ends_every_process_is_exhausted() {
    let Some(server) = Server::start().await else { return };
    let [port] = free_ports();
    let mut worker = start(&server, port);
    let tasks = registered(&server).await;
    let id = tasks.submit(poison::task(true)).await.expect("stored");
    let ended = async {
        loop {
            if worker.has_ended() {
                worker = start(&server, port);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let info = tokio::select! {
        info = until_ended(&tasks, id) => info,
        () = ended => unreachable!("the loop has no end"),
    };
    assert_eq!(info.state, State::Failed { reason: FailReason::Exhausted });
    assert_eq!(outcomes(&info), [AttemptOutcome::Lost; 2]);
}
