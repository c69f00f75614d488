//! The number of tasks in a second; run by hand, with `--release`.

use std::time::Instant;

use retry_runtime::retryable;
use tokio::task::JoinSet;

use crate::server::Server;

#[retryable(on = any, idempotent, budget = none, name = "speed::nothing", task)]
async fn nothing(number: u32) -> Result<u32, String> {
    Ok(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn tasks_in_a_second() {
    const TASKS: u32 = 1000;
    let Some(server) = Server::start().await else { return };
    let tasks = server.tasks().await;
    let _worker = tasks.worker().only("speed::nothing").start().expect("started");
    tasks.wait::<u32>(tasks.submit(nothing::task(0)).await.expect("stored")).await.expect("done");
    let started = Instant::now();
    let mut submitters = JoinSet::new();
    for submitter in 0..20 {
        let tasks = tasks.clone();
        submitters.spawn(async move {
            for number in 0..TASKS / 20 {
                let task = nothing::task(submitter * TASKS + number);
                tasks.submit(task).await.expect("stored");
            }
        });
    }
    while let Some(done) = submitters.join_next().await {
        done.expect("submitted");
    }
    let submitted = started.elapsed();
    while tasks.counts().await.expect("counted").complete <= u64::from(TASKS) {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let rate = |passed: std::time::Duration| f64::from(TASKS) / passed.as_secs_f64();
    println!("{:.0} submitted/s, {:.0} processed/s", rate(submitted), rate(started.elapsed()));
}
