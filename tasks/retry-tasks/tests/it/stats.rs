//! The statistics of functions count their tasks.

use std::sync::Arc;
use std::time::Duration;

use retry_runtime::{Kind, Stats, retryable};
use retry_tasks::{Clock, Format, ManualClock, TaskId, TaskInfo, Tasks};

use crate::trouble::Trouble;

/// Fails this many times; 8 never ends.
#[retryable(max = 3, base = "1s", jitter = none, budget = none, idempotent, attempt = attempt,
    name = "counted::flaky", task)]
async fn flaky(failures: u32) -> Result<u32, Trouble> {
    match failures {
        8 => std::future::pending().await,
        _ if attempt.number() <= failures => Err(Trouble(Kind::Transient)),
        _ => Ok(failures),
    }
}

/// Returns the counts since the last call and checks that they add up.
fn counts() -> Stats {
    let stats = retry_runtime::stats("counted::flaky").expect("declared above");
    assert_eq!(stats.attempts, stats.calls() - stats.unattempted + stats.retries(), "{stats:?}");
    // A stopped attempt is not a failure.
    let failed = stats.attempts - stats.succeeded() - stats.cancelled.min(stats.attempts);
    assert_eq!(stats.failures.total(), failed, "{stats:?}");
    retry_runtime::clear("counted::flaky");
    stats
}

struct Store {
    tasks: Tasks,
    clock: Arc<ManualClock>,
}

impl Store {
    async fn submit(&self, failures: u32) -> TaskId {
        self.tasks.submit(flaky::task(failures)).await.expect("stored")
    }

    async fn until(&self, id: TaskId, wanted: impl Fn(&TaskInfo) -> bool) {
        while !wanted(&self.tasks.info(id, Format::Full).await.expect("there")) {
            self.clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    }

    async fn play(&self, failures: u32) -> Stats {
        let id = self.submit(failures).await;
        self.until(id, |info| info.state.is_ended()).await;
        counts()
    }
}

#[tokio::test]
async fn a_task_is_one_call_of_its_function_and_counted_when_it_ends() {
    let clock = Arc::new(ManualClock::new());
    let tasks = Tasks::memory_with(Arc::clone(&clock) as Arc<dyn Clock>);
    let store = Store { tasks, clock };
    let start = || store.tasks.worker().only("counted::flaky").start().expect("started");
    let worker = start();

    let at_once = store.play(0).await;
    assert_eq!((at_once.calls(), at_once.first_try, at_once.attempts), (1, 1, 1));

    let later = store.play(2).await;
    assert_eq!((later.calls(), later.after_retry, later.attempts), (1, 1, 3));
    assert_eq!((later.retries_by_number, later.failures.transient), (vec![1, 1], 2));

    let exhausted = store.play(9).await;
    assert_eq!((exhausted.calls(), exhausted.failed, exhausted.attempts), (1, 1, 4));
    assert_eq!((exhausted.reasons.exhausted, exhausted.wasted), (1, 3));

    // A lost attempt is a failed attempt of the call.
    let lost = store.submit(8).await;
    store.until(lost, |info| info.attempts().len() == 1).await;
    worker.abandon().await;
    assert_eq!(counts(), Stats::default(), "it has not ended");
    let worker = start();
    store.until(lost, |info| info.attempts().len() == 2).await;
    store.tasks.cancel(lost).await.expect("it runs");
    let cancelled = counts();
    assert_eq!((cancelled.calls(), cancelled.cancelled, cancelled.attempts), (1, 1, 2));

    // A task that a worker returns has not ended either.
    let given_back = store.submit(8).await;
    store.until(given_back, |info| info.attempts().len() == 1).await;
    worker.shutdown(Duration::ZERO).await;
    assert_eq!(counts(), Stats::default());
    store.tasks.cancel(given_back).await.expect("it is pending");
    let unattempted = counts();
    assert_eq!((unattempted.calls(), unattempted.cancelled, unattempted.unattempted), (1, 1, 1));
}

#[tokio::test]
async fn a_task_whose_function_panics_is_counted_as_a_call_that_does() {
    // Another function than in the test above, which runs at the same time.
    let before = retry_runtime::stats("counted::panics").expect("declared below");
    let tasks = Tasks::memory();
    let _worker = tasks.worker().only("counted::panics").start().expect("started");
    let id = tasks.submit(panics::task()).await.expect("stored");
    tasks.wait::<u32>(id).await.expect_err("it panics");
    let stats = retry_runtime::stats("counted::panics").expect("declared below");
    assert_eq!((stats.calls() - before.calls(), stats.reasons.aborted, stats.attempts), (1, 1, 1));
}

#[tokio::test]
async fn a_task_whose_panics_are_retried_is_counted_as_one_call() {
    let tasks = Tasks::memory();
    let _worker = tasks.worker().only("counted::panics_again").start().expect("started");
    let id = tasks.submit(panics_again::task()).await.expect("stored");
    tasks.wait::<u32>(id).await.expect_err("it panics");
    let stats = retry_runtime::stats("counted::panics_again").expect("declared below");
    assert_eq!((stats.calls(), stats.reasons.exhausted, stats.attempts), (1, 1, 3));
    assert_eq!(stats.failures.transient, 3);
}

#[retryable(name = "counted::panics", task)]
async fn panics() -> Result<u32, Trouble> {
    panic!("as it was told")
}

#[retryable(on = any, max = 2, base = "1ms", budget = none, name = "counted::panics_again", task)]
async fn panics_again() -> Result<u32, String> {
    panic!("as it was told")
}
