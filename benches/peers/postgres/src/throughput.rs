//! The same work as `tasks/retry-tasks/examples/throughput`, done by other queues. The program of each queue includes this file.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A worker at work.
pub type Worker = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// The number of attempts that run at the same time, and of the submitters.
pub const IN_FLIGHT: usize = 64;

/// The greatest number of submitted tasks that have not ended.
const AHEAD: u64 = 5_000;

/// A queue of tasks that count themselves.
pub trait Queue: Clone + Send + Sync + 'static {
    /// Submits the task with this number.
    fn push(&self, number: u64) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Makes a worker whose tasks count themselves.
    fn worker(&self, done: Arc<AtomicU64>) -> impl Future<Output = Result<Worker, Failure>> + Send;

    /// The number of tasks that are not recorded as done.
    fn open(&self) -> impl Future<Output = Result<i64, Failure>> + Send;
}

/// Prints the rates and latencies of this many tasks.
pub async fn measure(queue: impl Queue, tasks: u64) -> Result<(), Failure> {
    enqueue(&queue).await?;

    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let worker = queue.worker(Arc::clone(&done)).await?;
    let worker = tokio::spawn(async move {
        if let Err(error) = worker.await {
            eprintln!("the worker has ended: {error}");
        }
    });
    wait(&queue, &done, 2000).await?;
    println!("processed alone: {:.0} tasks/s", 2000.0 / start.elapsed().as_secs_f64());

    let start = Instant::now();
    let submitters = (0..IN_FLIGHT as u64).map(|lane| {
        let (queue, done) = (queue.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            for number in (lane..tasks).step_by(IN_FLIGHT) {
                while number > done.load(Ordering::Relaxed) + AHEAD {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                queue.push(number).await?;
            }
            Ok::<(), Failure>(())
        })
    });
    let submitters: Vec<_> = submitters.collect();
    for submitter in submitters {
        submitter.await??;
    }
    wait(&queue, &done, 2000 + tasks).await?;
    let taken = start.elapsed().as_secs_f64();
    println!(
        "submitted and processed, {IN_FLIGHT} in flight: {tasks} tasks in {taken:.2} s, {:.0} tasks/s",
        tasks as f64 / taken
    );
    worker.abort();
    Ok(())
}

/// Measures the submissions of a single submitter, one after the other.
async fn enqueue(queue: &impl Queue) -> Result<(), Failure> {
    let mut times = Vec::new();
    for number in 0..2000 {
        let start = Instant::now();
        queue.push(number).await?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!("enqueue, one submitter: median {:.2} ms, p99 {:.2} ms", at(0.5), at(0.99));
    Ok(())
}

/// Waits until this many tasks are recorded as done.
async fn wait(queue: &impl Queue, done: &AtomicU64, tasks: u64) -> Result<(), Failure> {
    while done.load(Ordering::Relaxed) < tasks {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while queue.open().await? > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}
