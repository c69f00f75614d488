//! Long computations behind a short call: `cargo run --example compute`.
//!
//! A decorator in the manner of `cached(max_retries = 3, retry_delay = 1.0, retry_backoff_factor = 2.0)`: a call
//! that is done within a limit returns its value; one that is not returns a reference id and goes on. Asked by
//! its id, it tells how far it is. The same arguments are not computed twice; what has failed can be retried by
//! hand, also when its automatic retries are used up. The program fails unless all of this is so.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use retry_examples::lab::Scratch;
use retry_examples::story::Promises;
use retry_runtime::{Classify, retryable};
use retry_tasks::{Answer, Format, State, Task, TaskError, TaskId, TaskInfo, Tasks};
use serde::de::DeserializeOwned;

/// How long a caller waits before it takes a reference.
const LIMIT: Duration = Duration::from_secs(2);

/// How long a result answers for the same arguments.
const VALID: Duration = Duration::from_secs(3600);

/// What computes. It can be unplugged, and counts what it is asked for.
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

/// Adds up the squares below `size`, a step at a time. The decorator's delays of 1 s, 2 s and 4 s, in
/// hundredths: this is a demonstration.
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

/// The decorator: the value if it is there within the limit, else the reference id of the task that goes on.
/// Its key is its arguments.
async fn cached<Out: DeserializeOwned>(
    tasks: &Tasks,
    task: Task<Out>,
) -> Result<Answer<Out>, TaskError> {
    let submitted = tasks.submit_unique(task.key(), task.valid_for(VALID)).await?;
    tasks.wait_for(LIMIT, submitted.id).await
}

/// What a caller is told about a reference.
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

/// Asks about a reference until it has ended.
async fn follow(tasks: &Tasks, id: TaskId) -> Result<(TaskInfo, bool), TaskError> {
    let mut watch = tasks.watch(id, Format::Full);
    let (mut last, mut seen_at_work) = (tasks.info(id, Format::Full).await?, false);
    while let Some(info) = watch.next().await? {
        println!("   {}", status(&info));
        seen_at_work |= info.state == State::Running && info.progress.is_some();
        last = info;
    }
    Ok((last, seen_at_work))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let folder = Scratch::new()?;
    let tasks = Tasks::sqlite(folder.file("compute.db"))?;
    let machine = Arc::new(Machine::default());
    let worker = tasks.worker().state(Arc::clone(&machine)).start()?;
    let mut promises = Promises::default();

    println!("A short computation: its value.");
    let short = || squares::task(4, Duration::ZERO);
    let answer = cached(&tasks, short()).await?;
    promises.keep("what is done in time is returned", answer == Answer::Ready(14));

    println!("A long one: a reference, and the same computation goes on.");
    let long = || squares::task(10, Duration::from_millis(400));
    let Answer::Background(id) = cached(&tasks, long()).await? else {
        return Err("4 s were done in 2 s".into());
    };
    let (info, seen_at_work) = follow(&tasks, id).await?;
    promises.keep("its progress is seen while it runs", seen_at_work);
    promises.keep("it goes on to its end", info.result == Some(285.into()));

    println!("The same arguments again: the same result, and no work.");
    let runs = machine.runs.load(Ordering::Relaxed);
    let again = (cached(&tasks, long()).await?, cached(&tasks, short()).await?);
    let spared = machine.runs.load(Ordering::Relaxed) == runs;
    promises.keep("the result is kept", again == (Answer::Ready(285), Answer::Ready(14)) && spared);

    println!("The machine is unplugged: retries do not help.");
    machine.unplugged.store(true, Ordering::Relaxed);
    let failed = cached(&tasks, squares::task(5, Duration::ZERO)).await;
    let Err(TaskError::Failed { id, .. }) = failed else {
        return Err(format!("an unplugged machine has computed: {failed:?}").into());
    };
    let exhausted = tasks.info(id, Format::Full).await?;
    println!("   {}", status(&exhausted));
    let used_up = (exhausted.retry_count, exhausted.max_retries) == (3, Some(3));
    promises.keep("it fails when its retries are used up", used_up);
    promises.keep("and can still be retried by hand", exhausted.can_retry);

    println!("Plugged in again, and retried by hand.");
    machine.unplugged.store(false, Ordering::Relaxed);
    tasks.retry(id).await?;
    let value: u64 = tasks.wait(id).await?;
    let retried = tasks.info(id, Format::Full).await?;
    println!("   {}", status(&retried));
    promises
        .keep("a retry by hand goes on where it ended", value == 30 && retried.retry_count == 4);
    promises.keep("and keeps the history", retried.attempts().len() == 5);

    worker.shutdown(Duration::from_secs(1)).await;
    drop(tasks);
    Ok(promises.summary())
}
