//! The same functions on one machine, on some machines that share a database, and on an engine: `cargo run --example fleet --
//! sqlite`, `-- postgres` or `-- restate`, in the folder `tasks/retry-tasks-restate`. One line of the program differs.
//!
//! The program starts the server that it needs, on loopback and with a data directory of its own, runs some tasks, and checks
//! what it promises. For `restate` the variable `RESTATE_SERVER` names the server's program; `cargo xtask restate` installs it and
//! runs all three.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use retry_runtime::{Classify, Interruption, retryable};
use retry_tasks::{FailReason, Format, Phase, State, TaskId, Tasks};

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../retry-tasks-postgres/tests/it/server.rs"]
mod postgres;
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../tests/it/server.rs"]
mod restate;

type Failure = Box<dyn std::error::Error>;

#[derive(Debug, thiserror::Error, Classify)]
enum PayError {
    #[error("the bank is busy")]
    #[classify(transient)]
    Busy,
    #[error("the account {0} is closed")]
    #[classify(permanent)]
    Closed(u32),
    #[error(transparent)]
    #[classify(interruption)]
    Interrupted(Interruption),
}

/// The bank of the example.
#[derive(Clone, Debug, Default)]
struct Bank(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    charged: Vec<u32>,
    refused: HashSet<u32>,
    reopened: bool,
}

/// Every third account is refused once, and account 13 until it is reopened.
#[retryable(max = 3, base = "200ms", idempotent, name = "fleet::charge", task(state(bank)))]
async fn charge(account: u32, bank: &Bank) -> Result<u32, PayError> {
    let mut books = bank.0.lock().unwrap_or_else(PoisonError::into_inner);
    if account == 13 && !books.reopened {
        return Err(PayError::Closed(account));
    }
    if account.is_multiple_of(3) && books.refused.insert(account) {
        return Err(PayError::Busy);
    }
    books.charged.push(account);
    Ok(account)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let kind = std::env::args().nth(1).unwrap_or_else(|| "sqlite".to_owned());
    match kind.as_str() {
        "sqlite" => {
            let folder = std::env::temp_dir().join(format!("retry-fleet-{}", std::process::id()));
            std::fs::create_dir_all(&folder)?;
            let tasks = Tasks::sqlite(folder.join("tasks.db"))?;
            let kept = run(tasks).await;
            std::fs::remove_dir_all(folder)?;
            kept
        }
        "postgres" => {
            let Some(server) = postgres::server() else { return Ok(()) };
            let tasks = retry_tasks_postgres::open(server.url()).await?;
            run(tasks).await
        }
        "restate" => {
            let Some(server) = restate::Server::start().await else { return Ok(()) };
            let tasks = server.builder().listen("127.0.0.1:0").open().await?;
            run(tasks).await
        }
        other => {
            Err(format!("there is no store `{other}`; write sqlite, postgres or restate").into())
        }
    }
}

/// Runs the tasks on any store, and checks what is promised.
async fn run(tasks: Tasks) -> Result<(), Failure> {
    let bank = Bank::default();
    let worker = tasks.worker().only("fleet::charge").state(bank.clone()).start()?;

    let mut ids = Vec::new();
    for account in 1..=12 {
        ids.push(tasks.submit(charge::task(account)).await?);
    }
    let mut retries = 0;
    for (account, id) in (1..=12).zip(&ids) {
        promise(tasks.wait::<u32>(*id).await? == account, "a task returns its result")?;
        retries += tasks.info(*id, Format::Full).await?.retry_count;
    }
    promise(retries == 4, "a transient failure is retried, and nothing else is")?;

    let closed = tasks.submit(charge::task(13)).await?;
    let permanent = State::Failed { reason: FailReason::Permanent };
    promise(ended(&tasks, closed).await? == permanent, "a permanent failure is not retried")?;
    bank.0.lock().unwrap_or_else(PoisonError::into_inner).reopened = true;
    tasks.retry(closed).await?;
    promise(tasks.wait::<u32>(closed).await? == 13, "an operator's retry makes another attempt")?;

    let late = || charge::task(100).delay(Duration::from_secs(3600));
    let first = tasks.submit_unique("100", late()).await?;
    let second = tasks.submit_unique("100", late()).await?;
    promise(second.existing && second.id == first.id, "a key answers for one task")?;
    tasks.cancel(first.id).await?;
    promise(ended(&tasks, first.id).await? == State::Cancelled, "a task that waits is cancelled")?;

    let counts = tasks.counts().await?;
    let counted = [Phase::Complete, Phase::Cancelled].map(|phase| counts.of(phase));
    promise(counted == [13, 1] && counts.total() == 14, "every task is counted")?;
    let mut charged = bank.0.lock().unwrap_or_else(PoisonError::into_inner).charged.clone();
    charged.sort_unstable();
    promise(charged == (1..=13).collect::<Vec<_>>(), "every account is charged once")?;
    worker.shutdown(Duration::from_secs(10)).await;
    println!("all promises are kept");
    Ok(())
}

/// The state in which a task ends.
async fn ended(tasks: &Tasks, id: TaskId) -> Result<State, Failure> {
    let mut watch = tasks.watch(id, Format::Minimal);
    let mut last = None;
    while let Some(info) = watch.next().await? {
        last = Some(info.state);
    }
    last.ok_or_else(|| "the task has no state".into())
}

fn promise(is_kept: bool, text: &str) -> Result<(), Failure> {
    if is_kept {
        println!("kept: {text}");
        return Ok(());
    }
    Err(format!("broken: {text}").into())
}
