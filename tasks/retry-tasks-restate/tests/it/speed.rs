//! The number of tasks in a second; run by hand, with `--release`.

use std::time::{Duration, Instant};

use retry_runtime::retryable;
use retry_tasks::{EventKind, Tasks};
use tokio::task::JoinSet;

use crate::server::Server;

const TASKS: u32 = 1000;

#[retryable(on = any, idempotent, budget = none, name = "speed::nothing", task)]
async fn nothing(number: u32) -> Result<u32, String> {
    Ok(number)
}

/// Submits the tasks, each submitter one after the other, and waits until all are done.
async fn run(tasks: &Tasks, submitters: u32) {
    let mut events = tasks.events();
    let started = Instant::now();
    let done = tokio::spawn(async move {
        let mut done = 0;
        while done < TASKS {
            let event = events.recv().await.expect("told, and read in time");
            done += u32::from(matches!(event.kind, EventKind::Completed));
        }
    });
    let mut submissions = JoinSet::new();
    for submitter in 0..submitters {
        let tasks = tasks.clone();
        submissions.spawn(async move {
            for number in (0..TASKS).filter(|number| number % submitters == submitter) {
                tasks.submit(nothing::task(number)).await.expect("stored");
            }
        });
    }
    while let Some(submitted) = submissions.join_next().await {
        submitted.expect("submitted");
    }
    let submitted = started.elapsed();
    done.await.expect("done");
    let rate = |passed: Duration| f64::from(TASKS) / passed.as_secs_f64();
    let [submitted, done] = [submitted, started.elapsed()].map(rate);
    println!("{submitters} submitters: {submitted:.0} submitted/s, {done:.0} processed/s");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn tasks_in_a_second() {
    let Some(server) = Server::start().await else { return };
    let tasks = server.tasks().await;
    let _worker = tasks.worker().only("speed::nothing").start().expect("started");
    tasks.wait::<u32>(tasks.submit(nothing::task(0)).await.expect("stored")).await.expect("done");
    for submitters in [20, 100] {
        run(&tasks, submitters).await;
    }
}
