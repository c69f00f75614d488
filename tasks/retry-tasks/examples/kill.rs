//! Kills worker processes until all tasks have ended, and shows that none was lost: `cargo run --release
//! -p retry-tasks --example kill [ROUNDS [TASKS]]`.
//!
//! Odd rounds have one process, even rounds have two on the same file. The program kills only processes that it has
//! started itself.

use std::path::PathBuf;
use std::process::Command;

#[path = "../tests/kill/harness.rs"]
mod harness;

use harness::{LEDGER, Round, child, round};
use retry_tasks::Tasks;

/// The environment variable with the path of the store.
const FILE: &str = "RETRY_TASKS_KILL_FILE";

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    if let (Some(file), Some(ledger)) = (std::env::var_os(FILE), std::env::var_os(LEDGER)) {
        return child(Tasks::sqlite(file)?, PathBuf::from(ledger)).await;
    }
    let mut arguments = std::env::args().skip(1);
    let rounds: u64 = arguments.next().map_or(Ok(4), |text| text.parse())?;
    let tasks: u32 = arguments.next().map_or(Ok(2000), |text| text.parse())?;
    let own = std::env::current_exe()?;
    for number in 1..=rounds {
        let processes = if number % 2 == 1 { 1 } else { 2 };
        let name = format!("retry-tasks-kill-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // Fails if the folder exists: it may hold the tasks of an interrupted run.
        std::fs::create_dir(&folder)?;
        let settings = Round { tasks, processes, pause: (200, 1000), seed: number };
        let file = folder.join("tasks.db");
        let spawn = || {
            let mut command = Command::new(&own);
            command.env(FILE, &file);
            command
        };
        let books = round(Tasks::sqlite(&file)?, &folder, &settings, spawn).await?;
        std::fs::remove_dir_all(folder)?;
        println!(
            "round {number}: {tasks} tasks, {processes} processes, {} killed, {} attempts lost, {} effects doubled ({} by processes that stalled), 0 tasks lost",
            books.kills, books.lost_attempts, books.doubled, books.stalled
        );
    }
    Ok(())
}
