//! The same work as `tasks/retry-tasks/examples/throughput`, done by apalis on SQLite: `cargo run --release
//! --manifest-path benches/peers/Cargo.toml --features tasks --bin apalis -- [TASKS [full|own
//! [CONNECTIONS]]]`.
//!
//! A separate program, because the two queues need different versions of one C library. `own` uses apalis's own
//! settings, which do not wait for the disk; `full` waits for the disk at each commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use apalis::prelude::*;
use apalis_sqlite::{Config, SqlitePool, SqliteStorage};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

#[path = "../../postgres/src/throughput.rs"]
mod throughput;

use throughput::{Failure, IN_FLIGHT, Queue, Worker, measure};

async fn count(number: u64, done: Data<Arc<AtomicU64>>) -> Result<u64, BoxDynError> {
    done.fetch_add(1, Ordering::Relaxed);
    Ok(number)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let tasks: u64 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let own = arguments.next().is_some_and(|word| word == "own");
    let connections: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("apalis-throughput-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let synchronous = if own { SqliteSynchronous::Off } else { SqliteSynchronous::Full };
    let options = SqliteConnectOptions::new()
        .filename(folder.join("tasks.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(30));
    let pool = SqlitePoolOptions::new().max_connections(connections);
    let pool = pool.connect_with(options).await?;
    // Not `setup`, which turns off waiting for the disk on one of the connections.
    SqliteStorage::migrations().run(&pool).await?;
    let config = Config::default().queue("count").batch_size(IN_FLIGHT);
    let storage = SqliteStorage::<u64>::new(&pool).with_config(config);
    let measured = measure(Apalis { pool: pool.clone(), storage }, tasks).await;
    pool.close().await;
    std::fs::remove_dir_all(folder)?;
    measured
}

#[derive(Clone)]
struct Apalis {
    pool: SqlitePool,
    storage: SqliteStorage<u64>,
}

impl Queue for Apalis {
    async fn push(&self, number: u64) -> Result<(), Failure> {
        let mut storage = self.storage.clone();
        storage.push(number).await.map_err(|error| error.to_string().into())
    }

    async fn worker(&self, done: Arc<AtomicU64>) -> Result<Worker, Failure> {
        let strategy = Strategy::new().interval(Duration::from_millis(5));
        let worker = WorkerBuilder::new("bench")
            .backend(self.storage.clone().poll_with_strategy(strategy))
            .data(done)
            .concurrency(IN_FLIGHT)
            .build(count);
        Ok(Box::pin(async move { Ok(worker.run().await?) }))
    }

    async fn open(&self) -> Result<i64, Failure> {
        let open = "SELECT count(*) FROM Jobs WHERE status <> 'Done'";
        Ok(sqlx::query_scalar(open).fetch_one(&self.pool).await?)
    }
}
