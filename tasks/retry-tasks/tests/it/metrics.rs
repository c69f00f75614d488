//! The metrics that a recorder receives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use retry_runtime::{Kind, retryable};
use retry_tasks::{Answer, Clock, Format, ManualClock, State, TaskId, Tasks, metrics};

use crate::trouble::Trouble;

/// Fails this many times; 9 fails permanently, 8 never ends.
#[retryable(max = 3, base = "1s", jitter = none, budget = none, idempotent, attempt = attempt,
    name = "measured::flaky", task)]
async fn flaky(failures: u32) -> Result<u32, Trouble> {
    match failures {
        9 => Err(Trouble(Kind::Permanent)),
        8 => std::future::pending().await,
        _ if attempt.number() <= failures => Err(Trouble(Kind::Transient)),
        _ => Ok(failures),
    }
}

struct Watched {
    tasks: Tasks,
    clock: Arc<ManualClock>,
    told: Snapshotter,
    counted: BTreeMap<String, u64>,
}

impl Watched {
    /// Moves the clock until the task has ended.
    async fn play(&self, id: TaskId) {
        while !self.state(id).await.is_ended() {
            self.clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    }

    async fn state(&self, id: TaskId) -> State {
        self.tasks.info(id, Format::Minimal).await.expect("there").state
    }

    /// Reads the counters, the gauges, and the number of measured durations.
    fn look(&mut self) {
        for (key, _, _, value) in self.told.snapshot().into_vec() {
            let (name, labels) = key.key().clone().into_parts();
            let labels: Vec<_> =
                labels.iter().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let count = match value {
                DebugValue::Counter(count) => count,
                DebugValue::Gauge(value) => value.into_inner() as u64,
                DebugValue::Histogram(values) => values.len() as u64,
            };
            self.counted.insert(format!("{}{{{}}}", name.as_str(), labels.join(",")), count);
        }
    }

    fn count(&self, name: &str) -> u64 {
        let of_site = name.replace("{", "{retry.site=measured::flaky,").replace(",}", "}");
        let name = if name.starts_with("retry.tasks.present") { name } else { &of_site };
        self.counted.get(name).copied().unwrap_or_else(|| panic!("{name} among {:?}", self.counted))
    }
}

#[tokio::test]
async fn what_is_committed_is_counted_and_timed_by_function_and_outcome() {
    let recorder = DebuggingRecorder::new();
    let told = recorder.snapshotter();
    // All code runs on this thread, whose recorder is set.
    let _local = ::metrics::set_default_local_recorder(&recorder);
    let clock = Arc::new(ManualClock::new());
    let tasks = Tasks::memory_with(Arc::clone(&clock) as Arc<dyn Clock>);
    let mut seen = Watched { tasks: tasks.clone(), clock, told, counted: BTreeMap::new() };
    let worker = || tasks.worker().only("measured::flaky").start().expect("started");

    let first = worker();
    for failures in [0, 2, 9] {
        let id = tasks.submit(flaky::task(failures)).await.expect("stored");
        seen.play(id).await;
        if failures == 9 {
            tasks.retry(id).await.expect("it has failed");
            seen.play(id).await;
        }
    }
    let hangs = tasks.submit(flaky::task(8)).await.expect("stored");
    while seen.state(hangs).await != State::Running {
        tokio::task::yield_now().await;
    }
    first.abandon().await;
    let second = worker();
    while seen.state(hangs).await == State::Running {
        seen.clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    tasks.cancel(hangs).await.expect("it waits");
    let later = flaky::task(0).delay(Duration::from_secs(3600));
    let answer = tasks.call_or_background(Duration::ZERO, later).await.expect("stored");
    assert!(matches!(answer, Answer::Background(_)));
    metrics::publish(&tasks).await.expect("counted");
    second.shutdown(Duration::ZERO).await;
    seen.look();

    assert_eq!(seen.count("retry.tasks.submitted{}"), 5);
    assert_eq!(seen.count("retry.tasks.started{}"), 7, "1, 3, twice 1, and the one that hangs");
    assert_eq!(seen.count("retry.tasks.queue.duration{}"), 7);
    let attempts = ["succeeded", "failed", "lost"];
    let ended =
        attempts.map(|it| seen.count(&format!("retry.tasks.attempts{{retry.outcome={it}}}")));
    assert_eq!(ended, [2, 4, 1]);
    let timed = attempts
        .map(|it| seen.count(&format!("retry.tasks.attempt.duration{{retry.outcome={it}}}")));
    assert_eq!(timed, ended);
    let ends = [("complete", "success"), ("failed", "permanent"), ("cancelled", "cancelled")];
    let ends = ends.map(|(state, reason)| {
        seen.count(&format!("retry.tasks.ended{{retry.state={state},retry.reason={reason}}}"))
    });
    assert_eq!(ends, [2, 2, 1], "a task that is retried by hand may end twice");
    let orders = ["retry", "cancel"];
    let orders = orders.map(|it| seen.count(&format!("retry.tasks.orders{{retry.verb={it}}}")));
    assert_eq!(orders, [1, 1]);
    let present = ["pending", "running", "waiting", "complete", "failed", "cancelled"];
    let present = present.map(|it| seen.count(&format!("retry.tasks.present{{retry.state={it}}}")));
    assert_eq!(present, [1, 0, 0, 2, 1, 1]);
}
