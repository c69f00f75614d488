//! The measurement of a store's throughput.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use retry_runtime::retryable;
use retry_tasks::{Phase, Retention, Tasks};

pub(crate) type Failure = Box<dyn std::error::Error>;

#[retryable(on = any, task(state(done)))]
async fn count(number: u64, done: Arc<AtomicU64>) -> Result<u64, String> {
    done.fetch_add(1, Ordering::Relaxed);
    Ok(number)
}

const IN_FLIGHT: usize = 64;

/// The greatest number of submitted tasks that have not ended.
const AHEAD: u64 = 5_000;

/// Prints the rates and latencies of this many tasks.
pub(crate) async fn measure(store: Tasks, tasks: u64) -> Result<(), Failure> {
    enqueue(&store).await?;

    let done = Arc::new(AtomicU64::new(0));
    let retention = Retention::forever().count(10_000);
    let worker = store.worker().state(Arc::clone(&done)).in_flight(IN_FLIGHT).retention(retention);
    let start = Instant::now();
    let worker = worker.start()?;
    wait(&store, &done, 2000).await?;
    println!("processed alone: {:.0} tasks/s", 2000.0 / start.elapsed().as_secs_f64());

    let start = Instant::now();
    let before = done.load(Ordering::Relaxed);
    let submitters = (0..IN_FLIGHT as u64).map(|lane| {
        let (store, done) = (store.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            for number in (lane..tasks).step_by(IN_FLIGHT) {
                // Without this limit, fast submitters would fill the memory with pending tasks.
                while number > done.load(Ordering::Relaxed) + AHEAD {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                store.submit(count::task(number)).await?;
            }
            Ok::<(), retry_tasks::TaskError>(())
        })
    });
    let submitters: Vec<_> = submitters.collect();
    let mut next_report = tasks / 10;
    while done.load(Ordering::Relaxed) - before < tasks {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let reached = done.load(Ordering::Relaxed) - before;
        if tasks >= 200_000 && reached >= next_report {
            next_report += tasks / 10;
            println!("{reached:>9} tasks, resident memory {:.1} MiB", resident()?);
        }
    }
    for submitter in submitters {
        submitter.await??;
    }
    wait(&store, &done, before + tasks).await?;
    let taken = start.elapsed().as_secs_f64();
    println!(
        "submitted and processed, {IN_FLIGHT} in flight: {tasks} tasks in {taken:.2} s, {:.0} tasks/s",
        tasks as f64 / taken
    );
    worker.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// Measures the submissions of a single submitter, one after the other.
async fn enqueue(store: &Tasks) -> Result<(), Failure> {
    let mut times = Vec::new();
    for number in 0..2000 {
        let start = Instant::now();
        store.submit(count::task(number)).await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("enqueue, one submitter: median {:.2} ms, p99 {:.2} ms", at(0.5), at(0.99));
    Ok(())
}

/// Waits until this many tasks have ended in the store.
async fn wait(store: &Tasks, done: &AtomicU64, tasks: u64) -> Result<(), Failure> {
    while done.load(Ordering::Relaxed) < tasks {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    loop {
        let counts = store.counts().await?;
        if counts.of(Phase::Pending) + counts.of(Phase::Running) == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The resident memory in MiB, if the system reports it.
fn resident() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().nth(1).unwrap_or("0").parse()?;
    Ok(kib / 1024.0)
}
