//! Long computations behind a short call: `cargo run --example compute`.
//!
//! Works like a decorator `cached(max_retries = 3, retry_delay = 1.0, retry_backoff_factor = 2.0)`:
//!
//! - A call that finishes within a time limit returns its value. A longer one returns a reference id and continues in
//!   the background; the id gives its progress.
//! - The same arguments are not computed twice.
//! - A failed computation can be retried manually, even after its automatic retries are used up.
//!
//! The program fails unless all of this is true.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use retry_examples::lab::Scratch;
use retry_examples::story::Checks;
use retry_runtime::{Classify, retryable};
use retry_tasks::{Answer, Format, State, Task, TaskError, TaskId, TaskInfo, Tasks};
use serde::de::DeserializeOwned;

/// How long a caller waits before it gets a reference instead of a value.
const LIMIT: Duration = Duration::from_secs(2);

/// How long a result stays valid for the same arguments.
const VALID: Duration = Duration::from_secs(3600);

/// Performs the computations. It can be unplugged, and it counts its runs.
#[derive(Default)]
struct Machine {
    unplugged: AtomicBool,
    runs: AtomicU32,
}

#[derive(Debug, thiserror::Error, Classify)]
enum MachineError {
    #[error("the machine is unplugged")]
    #[classify(transient)]
    Unplugged,
}

/// Adds up the squares of the numbers below `size`. The delays are a hundredth of the decorator's 1 s, 2 s and 4 s, to
/// keep the demonstration short.
#[retryable(max = 3, base = "10ms", factor = 2.0, jitter = none, idempotent, task(state(machine)))]
async fn squares(size: u64, step: Duration, machine: &Arc<Machine>) -> Result<u64, MachineError> {
    machine.runs.fetch_add(1, Ordering::Relaxed);
    let mut sum = 0;
    for number in 0..size {
        if machine.unplugged.load(Ordering::Relaxed) {
            return Err(MachineError::Unplugged);
        }
        tokio::time::sleep(step).await;
        sum += number * number;
        if let Some(task) = retry_tasks::current() {
            task.progress((number + 1) as f64 / size as f64);
        }
    }
    Ok(sum)
}

/// The decorator: returns the value if it is ready within the limit, otherwise the id of the task, which continues.
/// The cache key is made from the arguments.
async fn cached<Out: DeserializeOwned>(
    tasks: &Tasks,
    task: Task<Out>,
) -> Result<Answer<Out>, TaskError> {
    let submitted = tasks.submit_unique(task.key(), task.valid_for(VALID)).await?;
    tasks.wait_for(LIMIT, submitted.id).await
}

/// The status of a reference, as a caller sees it.
fn status(info: &TaskInfo) -> serde_json::Value {
    serde_json::json!({
        "reference": info.id,
        "status": info.state.name(),
        "progress": info.progress.as_ref().and_then(|progress| progress.fraction),
        "retry_count": info.retry_count,
        "max_retries": info.max_retries,
        "last_error": info.last_error,
        "retry_history": info.attempts().iter().map(|attempt| attempt.error.as_deref()).collect::<Vec<_>>(),
        "can_retry": info.can_retry,
    })
}

/// Prints the status of a task until the task has ended.
async fn follow(tasks: &Tasks, id: TaskId) -> Result<(TaskInfo, bool), TaskError> {
    let mut watch = tasks.watch(id, Format::Full);
    let (mut last, mut seen_progress) = (tasks.info(id, Format::Full).await?, false);
    while let Some(info) = watch.next().await? {
        println!("   {}", status(&info));
        seen_progress |= info.state == State::Running && info.progress.is_some();
        last = info;
    }
    Ok((last, seen_progress))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let folder = Scratch::new()?;
    let tasks = Tasks::sqlite(folder.file("compute.db"))?;
    let machine = Arc::new(Machine::default());
    let worker = tasks.worker().state(Arc::clone(&machine)).start()?;
    let mut checks = Checks::default();

    println!("A short computation returns its value.");
    let short = || squares::task(4, Duration::ZERO);
    let answer = cached(&tasks, short()).await?;
    checks.check("a short computation returns its value", answer == Answer::Ready(14));

    println!("A long computation returns a reference and continues.");
    let long = || squares::task(10, Duration::from_millis(400));
    let Answer::Background(id) = cached(&tasks, long()).await? else {
        return Err("a computation of 4 s ended within 2 s".into());
    };
    let (info, seen_progress) = follow(&tasks, id).await?;
    checks.check("its progress is visible while it runs", seen_progress);
    checks.check("it continues to its end", info.result == Some(285.into()));

    println!("The same arguments return the same result without another run.");
    let runs = machine.runs.load(Ordering::Relaxed);
    let again = (cached(&tasks, long()).await?, cached(&tasks, short()).await?);
    let not_run = machine.runs.load(Ordering::Relaxed) == runs;
    checks.check("results are cached", again == (Answer::Ready(285), Answer::Ready(14)) && not_run);

    println!("The machine is unplugged, so retries do not help.");
    machine.unplugged.store(true, Ordering::Relaxed);
    let failed = cached(&tasks, squares::task(5, Duration::ZERO)).await;
    let Err(TaskError::Failed { id, .. }) = failed else {
        return Err(format!("an unplugged machine returned a result: {failed:?}").into());
    };
    let exhausted = tasks.info(id, Format::Full).await?;
    println!("   {}", status(&exhausted));
    let used_up = (exhausted.retry_count, exhausted.max_retries) == (3, Some(3));
    checks.check("the task fails when its retries are used up", used_up);
    checks.check("and can still be retried manually", exhausted.can_retry);

    println!("The machine is plugged in again, and the task is retried manually.");
    machine.unplugged.store(false, Ordering::Relaxed);
    tasks.retry(id).await?;
    let value: u64 = tasks.wait(id).await?;
    let retried = tasks.info(id, Format::Full).await?;
    println!("   {}", status(&retried));
    checks.check("a manual retry continues the same task", value == 30 && retried.retry_count == 4);
    checks.check("and keeps its history", retried.attempts().len() == 5);

    worker.shutdown(Duration::from_secs(1)).await;
    drop(tasks);
    Ok(checks.summary())
}
