//! `submit` and its siblings take the task that `task(…)` of the function's type makes.

use std::io;
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::Tasks;

#[retryable(task)]
async fn send(order: u32) -> io::Result<u32> {
    Ok(order)
}

async fn a_call(tasks: Tasks) {
    let _ = tasks.submit(send(7)).await;
}

async fn a_function(tasks: Tasks) {
    let _ = tasks.submit(send).await;
}

async fn many_calls(tasks: Tasks) {
    let _ = tasks.submit_many((1..3).map(send)).await;
}

async fn a_call_that_is_waited_for(tasks: Tasks) {
    let _ = tasks.call_or_background(Duration::from_secs(1), send(7)).await;
}

async fn a_task_before_its_key(tasks: Tasks) {
    let _ = tasks.submit_unique(send::task(7), "order-7").await;
}

fn main() {}
