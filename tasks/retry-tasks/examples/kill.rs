//! Kills worker processes until all tasks have ended, and shows that none was lost: `cargo run --release
//! -p retry-tasks --example kill [ROUNDS [TASKS]]`.
//!
//! Odd rounds have one process, even rounds have two on the same file. The program kills only processes that it has
//! started itself.

use std::path::PathBuf;
use std::process::Command;

#[path = "../tests/kill/harness.rs"]
mod harness;

use harness::{FILE, Round, child, round};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    if let Some(file) = std::env::var_os(FILE) {
        return child(PathBuf::from(file)).await;
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
        let books = round(&folder, &settings, || Command::new(&own)).await?;
        std::fs::remove_dir_all(folder)?;
        println!(
            "round {number}: {tasks} tasks, {processes} processes, {} killed, {} attempts lost, {} effects doubled ({} by processes that stalled), 0 tasks lost",
            books.kills, books.lost_attempts, books.doubled, books.stalled
        );
    }
    Ok(())
}
