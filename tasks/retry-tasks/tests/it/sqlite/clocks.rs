//! Machines whose clocks are wrong, on the same file as one whose clock is right.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use retry_tasks::{Clock, Format, ManualClock, SqliteBuilder, State, TaskId, Tasks};

use super::task;
use crate::folder::Folder;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A process on a machine of its own, whose clock may be ahead.
fn process(path: &Path, ahead: Duration) -> (Tasks, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    clock.step(ahead);
    let builder = SqliteBuilder::new(path).clock(Arc::clone(&clock) as Arc<dyn Clock>);
    (builder.open().expect("a sound file"), clock)
}

/// Lets time pass on all machines while `tasks` hands in work, which the workers do.
async fn pass(time: Duration, clocks: [&ManualClock; 2], tasks: &Tasks) {
    let advance = |time| clocks.iter().for_each(|clock| clock.advance(time));
    for _ in 0..time.as_secs() / 5 {
        let id = tasks.submit(task("a")).await.expect("stored");
        // The worker of another process finds the task when it looks again.
        advance(Duration::from_secs(5));
        let mut looks = 0;
        while !state(tasks, id).await.is_ended() {
            tokio::time::sleep(Duration::from_millis(2)).await;
            looks += 1;
            // A clock that is in doubt claims nothing until more time has passed.
            if looks % 500 == 0 {
                advance(Duration::from_secs(1));
            }
        }
    }
}

async fn state(tasks: &Tasks, id: TaskId) -> State {
    tasks.info(id, Format::Full).await.expect("there").state
}

#[tokio::test]
async fn a_worker_whose_clock_is_two_days_ahead_runs_nothing_early_and_sets_no_retry_late() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let (right, clock) = process(&path, Duration::ZERO);
    let later = right.submit(task("a").delay(HOUR)).await.expect("stored");
    let (wrong, ahead) = process(&path, 48 * HOUR);
    let _worker = wrong.worker().only("sqlite::echo").start().expect("started");
    pass(MINUTE, [&clock, &ahead], &right).await;
    let fails = wrong.submit(task("fails")).await.expect("stored");
    pass(MINUTE, [&clock, &ahead], &right).await;
    assert_eq!(state(&right, later).await, State::Pending, "it is due in an hour");
    // The first retries are a few seconds apart. Two days ahead, there would be one attempt.
    let info = right.info(fails, Format::Full).await.expect("there");
    assert!(info.attempts().len() > 1, "{info:?}");
    let started = info.attempts()[0].started;
    assert!(started.since(clock.now()) < MINUTE, "{info:?}");
}

#[tokio::test]
async fn a_step_of_two_minutes_on_the_machine_of_a_worker_starts_nothing_early() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let (right, clock) = process(&path, Duration::ZERO);
    let (other, stepped) = process(&path, Duration::ZERO);
    let _worker = other.worker().only("sqlite::echo").start().expect("started");
    pass(MINUTE, [&clock, &stepped], &right).await;
    let soon = right.submit(task("a").delay(2 * MINUTE)).await.expect("stored");
    stepped.step(2 * MINUTE);
    pass(MINUTE, [&clock, &stepped], &right).await;
    assert_eq!(state(&right, soon).await, State::Pending, "a minute is left");
    pass(2 * MINUTE, [&clock, &stepped], &right).await;
    assert_eq!(state(&right, soon).await, State::Complete);
}

#[tokio::test]
async fn tasks_that_a_machine_submitted_two_days_ahead_run_when_only_others_are_left() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let (wrong, _) = process(&path, 48 * HOUR);
    let now = wrong.submit(task("a").priority(3)).await.expect("stored");
    let later = wrong.submit(task("a").delay(HOUR)).await.expect("stored");
    drop(wrong);
    let (right, clock) = process(&path, Duration::ZERO);
    let _worker = right.worker().only("sqlite::echo").start().expect("started");
    // The worker may need some steps of the clock to see a minute pass.
    let complete = async |id, steps: u32| {
        for _ in 0..steps {
            if state(&right, id).await == State::Complete {
                return true;
            }
            clock.advance(Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    };
    assert!(complete(now, 500).await, "within 42 minutes");
    assert_eq!(state(&right, later).await, State::Pending, "it is due in an hour");
    assert!(complete(later, 2000).await, "an hour later");
}
