//! The cost of a task, by the server's own counts.

use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{EventKind, Tasks};

use crate::server::{FLOW_CONTROL, Server};

#[retryable(on = any, max = 2, base = "10ms", jitter = none, idempotent, budget = none,
    name = "cost::twice", attempt = attempt, task)]
async fn twice(text: String, fails: bool) -> Result<String, String> {
    match fails && attempt.number() == 1 {
        true => Err("once".to_owned()),
        false => Ok(text.clone()),
    }
}

/// The labels of the invocations, and of the reads and writes of state. A server with flow control counts the invocations under
/// another label.
const COUNTED: [&[&str]; 3] = [
    &["action=\"Invoke\"", "action=\"VQInvoke\""],
    &["entry=\"Command/GetEagerState\""],
    &["entry=\"Command/SetState\""],
];

/// The number of invocations, and of the reads and writes of state, since the server started.
async fn counted(server: &Server) -> [u64; 3] {
    let metrics = server.metrics().await;
    COUNTED.map(|labels| {
        let lines = metrics.lines().filter(|line| {
            line.starts_with("restate_usage_leader_")
                && labels.iter().any(|label| line.contains(label))
        });
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    })
}

/// The counts of one task, from its submission to its end.
async fn cost(server: &Server, tasks: &Tasks, text: &str, fails: bool) -> [u64; 3] {
    let before = counted(server).await;
    let mut events = tasks.events();
    let id = tasks.submit(twice::task(text.to_owned(), fails)).await.expect("stored");
    loop {
        let event = events.recv().await.expect("told");
        if event.id == id && matches!(event.kind, EventKind::Completed) {
            break;
        }
    }
    let after = counted(server).await;
    std::array::from_fn(|at| after[at] - before[at])
}

async fn check(server: &Server) {
    let tasks = server.tasks().await;
    let worker = tasks.worker().only("cost::twice").start().expect("started");
    assert_eq!(cost(server, &tasks, "short", false).await, [4, 3, 3]);
    // The arguments and the result have a key each; the claim reads the arguments.
    assert_eq!(cost(server, &tasks, &"long".repeat(100), false).await, [4, 4, 5]);
    // Another attempt is sent, claimed and ended; the history of two has a key of its own.
    assert_eq!(cost(server, &tasks, "short", true).await, [7, 5, 6]);
    worker.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_task_is_submitted_sent_claimed_and_ended_with_one_read_and_write_of_state_each() {
    let Some(server) = Server::start().await else { return };
    check(&server).await;
}

#[tokio::test]
async fn a_task_costs_the_same_on_a_server_with_flow_control() {
    let Some(server) = Server::start_with(&FLOW_CONTROL).await else { return };
    check(&server).await;
}
