//! The conformance suite, in real time.

use std::sync::Arc;

use retry_tasks_conformance::{Case, Lab, cases};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::server::Server;

/// The number of cases that run at a time, each with a server of its own. Two servers on two processors are too slow for cases
/// of seconds.
const AT_A_TIME: usize = 1;

/// One of so many cases is run with `CASE=some`, for who has no six minutes.
const SOME: usize = 4;

/// Runs a case on a server of its own. `None`: no server is installed.
async fn run(case: Case) -> Option<&'static str> {
    let server = Server::start().await?;
    let started = std::time::Instant::now();
    case.run(Lab::real(server.tasks().await)).await;
    println!("{:4.1} s  {}", started.elapsed().as_secs_f64(), case.name);
    Some(case.name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restate_server_does_what_every_store_must_do_that_needs_no_leases() {
    let _machine = crate::MACHINE.lock().await;
    let only = std::env::var("CASE").unwrap_or_else(|_| "all".to_owned());
    let wanted = |(number, case): &(usize, Case)| match only.as_str() {
        "all" => true,
        "some" => number % SOME == 0,
        part => case.name.contains(part),
    };
    let (permits, mut running) = (Arc::new(Semaphore::new(AT_A_TIME)), JoinSet::new());
    let suitable = cases().filter(|case| case.needs.is_empty()).enumerate();
    for (_, case) in suitable.filter(wanted) {
        let permits = Arc::clone(&permits);
        running.spawn(async move {
            let _permit = permits.acquire_owned().await.expect("never closed");
            let name = case.name;
            let done = tokio::spawn(run(case)).await;
            done.map_err(|_| println!("FAILED  {name}"))
        });
    }
    let (mut passed, mut failed) = (0, 0);
    while let Some(done) = running.join_next().await {
        match done.expect("the panics of cases are caught") {
            Ok(name) => passed += usize::from(name.is_some()),
            Err(()) => failed += 1,
        }
    }
    assert_eq!(failed, 0, "cases that failed, besides {passed} that passed");
}
