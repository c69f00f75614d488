//! Compares one process with two on the same file: `cargo run --release -p retry-tasks --example share [TASKS]`. Each process
//! has a worker and 32 submitters. It prints the rates, the slowest submissions, and how many tasks two processes make of the
//! same keys.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use retry_runtime::retryable;
use retry_tasks::{Phase, Tasks};

type Failure = Box<dyn std::error::Error>;

#[retryable(on = any, task(state(done)))]
async fn count(number: u64, done: Arc<AtomicU64>) -> Result<u64, String> {
    done.fetch_add(1, Ordering::Relaxed);
    Ok(number)
}

const SUBMITTERS: u64 = 32;

/// The number of keys that both processes submit.
const KEYS: u64 = 5_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, path, tasks] = &arguments[..] {
        return child(role, Path::new(path), tasks.parse()?).await;
    }
    let tasks: u64 = arguments.first().map_or(Ok(20_000), |text| text.parse())?;
    let one = rate(1, tasks).await?;
    let two = rate(2, tasks).await?;
    println!("one process {one:.0} tasks/s, two processes {two:.0} tasks/s: {:.2}", two / one);

    let folder = Folder::new("keys")?;
    for child in [spawn("keys", &folder.file(), KEYS)?, spawn("keys", &folder.file(), KEYS)?] {
        end(child)?;
    }
    let stored = Tasks::sqlite(folder.file())?.counts().await?.total();
    println!("{stored} tasks of {KEYS} keys that two processes have submitted");
    Ok(())
}

/// Submits and processes the tasks with this many processes. Returns the tasks in a second.
async fn rate(processes: u64, tasks: u64) -> Result<f64, Failure> {
    let folder = Folder::new(&format!("rate-{processes}"))?;
    let store = Tasks::sqlite(folder.file())?;
    let start = Instant::now();
    let children: Result<Vec<Child>, Failure> =
        (0..processes).map(|_| spawn("work", &folder.file(), tasks / processes)).collect();
    for child in children? {
        end(child)?;
    }
    let complete = store.counts().await?.of(Phase::Complete);
    if complete != tasks / processes * processes {
        return Err(format!("{complete} of {tasks} tasks are complete").into());
    }
    Ok(complete as f64 / start.elapsed().as_secs_f64())
}

async fn child(role: &str, path: &Path, tasks: u64) -> Result<(), Failure> {
    let store = Tasks::sqlite(path)?;
    if role == "keys" {
        for number in 0..tasks {
            store.submit_unique(format!("key {number}"), count::task(number)).await?;
        }
        return Ok(());
    }
    let done = Arc::new(AtomicU64::new(0));
    let worker = store.worker().state(Arc::clone(&done)).start()?;
    let submitters = (0..SUBMITTERS).map(|lane| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut slowest = Duration::ZERO;
            for number in (lane..tasks).step_by(SUBMITTERS as usize) {
                let start = Instant::now();
                store.submit(count::task(number)).await?;
                slowest = slowest.max(start.elapsed());
            }
            Ok::<Duration, retry_tasks::TaskError>(slowest)
        })
    });
    let submitters: Vec<_> = submitters.collect();
    let mut slowest = Duration::ZERO;
    for submitter in submitters {
        slowest = slowest.max(submitter.await??);
    }
    println!(
        "process {}: slowest submission {:.1} ms",
        std::process::id(),
        slowest.as_secs_f64() * 1e3
    );
    loop {
        let counts = store.counts().await?;
        if counts.of(Phase::Pending) + counts.of(Phase::Running) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    worker.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

fn spawn(role: &str, path: &Path, tasks: u64) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.arg(role).arg(path).arg(tasks.to_string()).spawn()?)
}

fn end(mut child: Child) -> Result<(), Failure> {
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(format!("a process ended with {status}").into()) }
}

/// A folder for one file, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self, Failure> {
        let name = format!("retry-tasks-share-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(Folder(folder))
    }

    fn file(&self) -> PathBuf {
        self.0.join("tasks.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
