//! Limits over a fleet, by the server's flow control.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{Task, Tasks};

use crate::cluster::balance;
use crate::server::{FLOW_CONTROL, Server, free_ports};

/// The number of attempts of a function that are running, and the greatest number so far.
struct Running(AtomicUsize, AtomicUsize);

impl Running {
    const fn new() -> Self {
        Running(AtomicUsize::new(0), AtomicUsize::new(0))
    }

    async fn attempt(&self) {
        let running = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        self.1.fetch_max(running, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

static LIMITED: Running = Running::new();
static FREE: Running = Running::new();

/// Fails at first, so that the second attempt is limited, too.
#[retryable(on = any, max = 1, base = "10ms", jitter = none, idempotent, budget = none, attempt = attempt,
    name = "limits::limited", task)]
async fn limited(number: u32) -> Result<u32, String> {
    LIMITED.attempt().await;
    if attempt.number() == 1 { Err("once".to_owned()) } else { Ok(number) }
}

#[retryable(on = any, idempotent, budget = none, name = "limits::free", task)]
async fn free(number: u32) -> Result<u32, String> {
    FREE.attempt().await;
    Ok(number)
}

async fn run(tasks: &Tasks, all: impl Iterator<Item = Task<u32>>) {
    let ids = tasks.submit_many(all).await.expect("stored");
    for id in ids {
        tasks.wait::<u32>(id).await.expect("done");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_never_exceeds_the_limit_of_a_function_and_does_not_limit_another() {
    let Some(server) = Server::start_with(&FLOW_CONTROL).await else { return };
    let ports: [u16; 2] = free_ports();
    let url = balance(ports).await;
    let (mut fleet, mut workers) = (Vec::new(), Vec::new());
    for port in ports {
        let restate = server.builder().listen(format!("127.0.0.1:{port}")).advertise(&url);
        let tasks = restate.concurrency("limits::limited", 2).open().await.expect("opened");
        let worker = tasks.worker().only("limits::limited").only("limits::free");
        workers.push(worker.start().expect("started"));
        fleet.push(tasks);
    }
    let client = server.builder().concurrency("limits::limited", 2).open().await.expect("opened");
    run(&client, (0..5).map(limited::task)).await;
    run(&fleet[0], (0..5).map(limited::task)).await;
    assert_eq!(LIMITED.most(), 2);
    run(&client, (0..20).map(free::task)).await;
    assert!(FREE.most() > 2, "{}", FREE.most());
}

#[tokio::test]
async fn a_server_without_flow_control_cannot_limit_a_fleet() {
    let off = FLOW_CONTROL.map(|(variable, _)| (variable, "false"));
    let Some(server) = Server::start_with(&off).await else { return };
    let error =
        server.builder().concurrency("limits::limited", 2).open().await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "this task store cannot limit the attempts of a function over the whole fleet: the server's flow control is off; a new \
         cluster has it when each node starts with `RESTATE_EXPERIMENTAL_ENABLE_VQUEUES=true` and \
         `RESTATE_EXPERIMENTAL_ENABLE_PROTOCOL_V7=true`"
    );
}
