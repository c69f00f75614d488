//! The same work as `tasks/retry-tasks/examples/throughput`, done by apalis on SQLite: `cargo run --release
//! --manifest-path benches/peers/Cargo.toml --features tasks --bin apalis -- [TASKS [full|own
//! [CONNECTIONS]]]`.
//!
//! A separate program, because the two queues need different versions of one C library. `own` uses apalis's own
//! settings, which do not wait for the disk; `full` waits for the disk at each commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use apalis::prelude::*;
use apalis_sqlite::{Config, SqlitePool, SqliteStorage};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const IN_FLIGHT: usize = 64;

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
    let measured = measure(&pool, tasks).await;
    pool.close().await;
    std::fs::remove_dir_all(folder)?;
    measured
}

async fn measure(pool: &SqlitePool, tasks: u64) -> Result<(), Failure> {
    let config = Config::default().queue("count").batch_size(IN_FLIGHT);
    let storage: SqliteStorage<u64> = SqliteStorage::new(pool).with_config(config);
    enqueue(storage.clone()).await?;

    let done = Arc::new(AtomicU64::new(0));
    let strategy = Strategy::new().interval(Duration::from_millis(5));
    let worker = WorkerBuilder::new("bench")
        .backend(storage.clone().poll_with_strategy(strategy))
        .data(Arc::clone(&done))
        .concurrency(IN_FLIGHT)
        .build(count);
    let start = Instant::now();
    let worker = tokio::spawn(async move { worker.run().await });
    wait(pool, &done, 2000).await?;
    println!("processing only: {:.0} tasks/s", 2000.0 / start.elapsed().as_secs_f64());

    let start = Instant::now();
    let submitters = (0..IN_FLIGHT as u64).map(|lane| {
        let mut storage = storage.clone();
        tokio::spawn(async move {
            for number in (lane..tasks).step_by(IN_FLIGHT) {
                storage.push(number).await.map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        })
    });
    let submitters: Vec<_> = submitters.collect();
    for submitter in submitters {
        submitter.await??;
    }
    wait(pool, &done, 2000 + tasks).await?;
    let taken = start.elapsed().as_secs_f64();
    println!(
        "submitted and processed, {IN_FLIGHT} in flight: {tasks} tasks in {taken:.2} s, {:.0} tasks/s",
        tasks as f64 / taken
    );
    worker.abort();
    Ok(())
}

/// Submits tasks one after the other.
async fn enqueue(mut storage: SqliteStorage<u64>) -> Result<(), Failure> {
    let mut times = Vec::new();
    for number in 0..2000 {
        let start = Instant::now();
        storage.push(number).await.map_err(|error| error.to_string())?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("enqueue, one submitter: median {:.2} ms, p99 {:.2} ms", at(0.5), at(0.99));
    Ok(())
}

/// Waits until this many tasks are recorded as done.
async fn wait(pool: &SqlitePool, done: &AtomicU64, tasks: u64) -> Result<(), Failure> {
    let open = "SELECT count(*) FROM Jobs WHERE status <> 'Done'";
    while done.load(Ordering::Relaxed) < tasks {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while sqlx::query_scalar::<_, i64>(open).fetch_one(pool).await? > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}
