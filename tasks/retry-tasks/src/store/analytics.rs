//! Statistics over the stored attempts.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::base::time::Time;
use crate::record::{Record, attempt::AttemptOutcome, attempt::TaskAttempt, id::TaskId};

/// Statistics over the stored attempts of one function, or of all functions.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::Tasks;
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// let id = tasks.submit(square::task(12)).await?;
/// tasks.wait::<u32>(id).await?;
/// let analytics = tasks.analytics(None).await?;
/// assert_eq!(analytics.ended, 1);
/// assert_eq!(analytics.success_within(1), Some(1.0));
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Analytics {
    /// The outcomes of the attempts by number, from 1.
    pub by_attempt: Vec<ByAttempt>,
    /// The number of tasks that have ended.
    pub ended: u64,
    /// The mean time between the submission and the first attempt.
    pub mean_pending: Duration,
    /// The mean time that all attempts of a task took.
    pub mean_running: Duration,
    /// The mean time that a task spent between its attempts.
    pub mean_waiting: Duration,
}

/// The outcomes of all attempts with the same number.
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::Tasks;
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let worker = tasks.worker().start()?;
/// let id = tasks.submit(square::task(12)).await?;
/// tasks.wait::<u32>(id).await?;
/// for row in tasks.analytics(None).await?.by_attempt {
///     println!("attempt {}: {} succeeded, {} failed, {} lost", row.attempt, row.succeeded, row.failed, row.lost);
/// }
/// # worker.shutdown(std::time::Duration::ZERO).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ByAttempt {
    /// The number of the attempts, from 1.
    pub attempt: u32,
    /// The attempts that succeeded.
    pub succeeded: u64,
    /// The attempts that failed.
    pub failed: u64,
    /// The attempts that were lost with their process.
    pub lost: u64,
}

/// Sums over the tasks that have ended, in milliseconds.
///
/// ```
/// use retry_tasks::{Analytics, AttemptOutcome, Sums};
///
/// // What a store has summed up.
/// let sums = Sums { ended: 2, pending: 100, running: 40, active: 60 };
/// let analytics = Analytics::new([(1, AttemptOutcome::Succeeded, 2)], sums);
/// assert_eq!(analytics.mean_pending.as_millis(), 50);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// The number of tasks.
    pub ended: u64,
    /// The time between the submission and the first attempt.
    pub pending: u64,
    /// The time that the attempts took.
    pub running: u64,
    /// The time between the start of the first attempt and the end of the task.
    pub active: u64,
}

impl Sums {
    /// Adds the sums over other tasks.
    pub fn add(&mut self, other: Sums) {
        self.ended += other.ended;
        self.pending += other.pending;
        self.running += other.running;
        self.active += other.active;
    }
}

/// The evaluation of some tasks, in the order of their identifiers.
///
/// ```
/// use retry_tasks::{Analytics, AttemptOutcome, Part};
///
/// let part = Part { counts: vec![(1, AttemptOutcome::Succeeded, 20)], ..Part::default() };
/// let all = Analytics::new(part.counts, part.sums);
/// assert_eq!(all.by_attempt[0].succeeded, 20);
/// assert!(part.next.is_none(), "it was the last part");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The number of attempts with this number and outcome.
    pub counts: Vec<(u32, AttemptOutcome, u64)>,
    /// The sums over the tasks that have ended.
    pub sums: Sums,
    /// The last task of this part; `None` when no more follow.
    pub next: Option<TaskId>,
}

impl Analytics {
    /// Computes the statistics of attempts, counted by number and outcome, and of sums over tasks.
    pub fn new(counts: impl IntoIterator<Item = (u32, AttemptOutcome, u64)>, sums: Sums) -> Self {
        let mut by_attempt = BTreeMap::<u32, ByAttempt>::new();
        for (attempt, outcome, count) in counts {
            let by = by_attempt.entry(attempt).or_default();
            by.attempt = attempt;
            match outcome {
                AttemptOutcome::Succeeded => by.succeeded += count,
                AttemptOutcome::Failed => by.failed += count,
                AttemptOutcome::Lost => by.lost += count,
                AttemptOutcome::Running | AttemptOutcome::Cancelled => {}
            }
        }
        let mean = |sum: u64| Duration::from_millis(sum.checked_div(sums.ended).unwrap_or(0));
        Analytics {
            by_attempt: by_attempt.into_values().collect(),
            ended: sums.ended,
            mean_pending: mean(sums.pending),
            mean_running: mean(sums.running),
            mean_waiting: mean(sums.active.saturating_sub(sums.running)),
        }
    }

    /// Computes the statistics of these tasks and their attempts that have ended.
    ///
    /// ```
    /// use retry_tasks::Analytics;
    ///
    /// assert_eq!(Analytics::of([]), Analytics::default());
    /// ```
    pub fn of<'a>(tasks: impl IntoIterator<Item = (&'a Record, &'a [TaskAttempt])>) -> Self {
        let millis = |from: Time, to: Time| to.since(from).as_millis() as u64;
        let (mut counts, mut sums) = (Vec::new(), Sums::default());
        for (record, attempts) in tasks {
            counts.extend(attempts.iter().map(|it| (it.attempt, it.outcome, 1)));
            let times = record.started_at.zip(record.ended_at);
            let Some((started, ended)) = times else { continue };
            let running = attempts.iter().filter_map(|it| Some(millis(it.started, it.ended?)));
            sums.add(Sums {
                ended: 1,
                pending: millis(record.created_at, started),
                running: running.sum(),
                active: millis(started, ended),
            });
        }
        Analytics::new(counts, sums)
    }

    /// The share of tasks that had succeeded by the end of this attempt, from 0 to 1, among all tasks whose first
    /// attempt has ended; `None` when there are none.
    pub fn success_within(&self, attempt: u32) -> Option<f64> {
        let first = self.by_attempt.first().filter(|first| first.attempt == 1)?;
        let all = first.succeeded + first.failed + first.lost;
        let within = self.by_attempt.iter().filter(|by| by.attempt <= attempt);
        let succeeded: u64 = within.map(|by| by.succeeded).sum();
        (all > 0).then(|| succeeded as f64 / all as f64)
    }
}
