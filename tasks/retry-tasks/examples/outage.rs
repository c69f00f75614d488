//! Simulates outages on a clock of its own: `cargo run --release -p retry-tasks --example outage [TASKS]`. It prints how long
//! the tasks need after a short outage, until they fail on a dependency that stays dead, and how many are lost on one that is
//! back with a tenth of its strength. No time passes; the store is in memory.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use retry_runtime::{Classify, retryable};
use retry_tasks::{Clock, Counts, ManualClock, Phase, Tasks, Time, Worker};

type Failure = Box<dyn std::error::Error>;

#[derive(Debug, thiserror::Error, Classify)]
enum CallError {
    #[error("the server is down")]
    #[classify(transient)]
    Down,
}

/// A server that answers some calls in each second.
#[derive(Clone, Debug)]
struct Server(Arc<Mutex<Load>>, Arc<ManualClock>);

#[derive(Debug, Default)]
struct Load {
    /// The calls that are answered in a second.
    rate: u64,
    /// The running second, and the calls that were answered in it.
    second: u64,
    answered: u64,
}

impl Server {
    fn set_rate(&self, rate: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rate = rate;
    }

    fn call(&self) -> Result<(), CallError> {
        let mut load = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = self.1.now().as_millis() / 1000;
        if load.second != second {
            (load.second, load.answered) = (second, 0);
        }
        if load.answered >= load.rate {
            return Err(CallError::Down);
        }
        load.answered += 1;
        Ok(())
    }
}

#[retryable(max = 3, task(state(server)))]
async fn call(server: &Server) -> Result<(), CallError> {
    server.call()
}

const PLENTY: u64 = u64::MAX;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let tasks: u64 = std::env::args().nth(1).map_or(Ok(300), |text| text.parse())?;
    let (time, counts) = simulate(tasks, PLENTY).await?;
    println!(
        "{tasks} tasks, back after 3 s: all ended {:.1} s later, {} failed",
        time.as_secs_f64(),
        counts.failed
    );
    let (time, counts) = simulate(tasks, 0).await?;
    println!(
        "{tasks} tasks, stays dead: {} failed within {:.1} min",
        counts.failed,
        time.as_secs_f64() / 60.0
    );
    let (time, counts) = simulate(tasks, 10).await?;
    let lost = counts.failed as f64 / tasks as f64 * 100.0;
    println!(
        "{tasks} tasks, back after 3 s at 10/s: {lost:.1} % lost within {:.1} min",
        time.as_secs_f64() / 60.0
    );
    Ok(())
}

/// Lets the tasks meet a server that is down for 3 s and then answers `rate` calls a second. Returns the time from then until
/// all have ended.
async fn simulate(tasks: u64, rate: u64) -> Result<(Duration, Counts), Failure> {
    let clock = Arc::new(ManualClock::new());
    let server = Server(Arc::default(), Arc::clone(&clock));
    let store = Tasks::memory_with(Arc::clone(&clock) as Arc<dyn Clock>);
    for _ in 0..tasks {
        store.submit(call::task()).await?;
    }
    let worker = store.worker().state(server.clone()).start()?;
    let outage = clock.now() + Duration::from_secs(3);
    while clock.now() < outage {
        pass(&store, &clock, Duration::from_millis(50)).await?;
    }
    server.set_rate(rate);
    let counts = loop {
        let counts = pass(&store, &clock, step(outage, clock.now())).await?;
        if counts.of(Phase::Complete) + counts.of(Phase::Failed) == tasks {
            break counts;
        }
    };
    let taken = clock.now().since(outage);
    ended(worker).await;
    Ok((taken, counts))
}

async fn ended(worker: Worker) {
    worker.shutdown(Duration::ZERO).await;
}

/// Small steps at first, then those of the worker's own search.
fn step(outage: Time, now: Time) -> Duration {
    let is_early = now.since(outage) < Duration::from_secs(30);
    Duration::from_millis(if is_early { 50 } else { 200 })
}

/// Moves the clock, and waits until the worker has done all that is due then.
async fn pass(store: &Tasks, clock: &ManualClock, time: Duration) -> Result<Counts, Failure> {
    clock.advance(time);
    let mut before = None;
    let mut same = 0;
    loop {
        // The worker and its attempts run in between.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let counts = store.counts().await?;
        same = if before == Some(counts) && counts.running == 0 { same + 1 } else { 0 };
        if same >= 3 {
            return Ok(counts);
        }
        before = Some(counts);
    }
}
