//! Measures the throughput of a store: `cargo run --release -p retry-tasks --example throughput [TASKS [STORE]]`. The store is
//! `full` (SQLite, every commit on the disk), `normal` (SQLite, without waiting for it) or `memory`. It
//! prints rates and latencies and, with many tasks, whether the memory stays flat.

use std::path::PathBuf;

use retry_tasks::{Durability, SqliteBuilder, Tasks};

mod measure;

use measure::{Failure, measure};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let tasks: u64 = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let kind = arguments.next().unwrap_or_else(|| "full".to_owned());
    let folder =
        std::env::temp_dir().join(format!("retry-tasks-throughput-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = match open(&kind, folder.join("tasks.db")) {
        Ok(store) => measure(store, tasks).await,
        Err(error) => Err(error),
    };
    std::fs::remove_dir_all(folder)?;
    measured
}

fn open(kind: &str, path: PathBuf) -> Result<Tasks, Failure> {
    let sqlite = SqliteBuilder::new(path);
    match kind {
        "full" => Ok(sqlite.open()?),
        "normal" => Ok(sqlite.durability(Durability::Normal).open()?),
        "memory" => Ok(Tasks::memory()),
        other => Err(format!("there is no store `{other}`; write full, normal or memory").into()),
    }
}
