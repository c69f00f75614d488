//! Tasks survive the end of the program.

use std::sync::Arc;
use std::time::Duration;

use retry_tasks::{
    Clock, Filter, Format, ManualClock, Phase, Retention, SqliteBuilder, State, Tasks,
};

use super::{echo, on_clock, open, task};
use crate::folder::Folder;

#[tokio::test]
async fn a_task_and_its_history_are_there_after_a_restart() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = open(&path).expect("a new file");
    let waits = tasks.submit(task("fails")).await.expect("stored");
    let worker = tasks.worker().only("sqlite::echo").start().expect("started");
    let mut watch = tasks.watch(waits, Format::Full);
    while let Some(info) = watch.next().await.expect("there") {
        if matches!(info.state, State::Waiting { .. }) {
            break;
        }
    }
    worker.shutdown(Duration::ZERO).await;
    // The next attempt must not start sooner than a second after the first.
    let before = tasks.info(waits, Format::Full).await.expect("there");
    drop((tasks, watch));

    let tasks = open(&path).expect("the same file");
    assert_eq!(tasks.info(waits, Format::Full).await, Ok(before));
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    let pending = tasks.submit(task("a")).await.expect("stored");
    assert_eq!(tasks.wait(pending).await, Ok("a".to_owned()));
    assert!(waits < pending, "identifiers are ordered in time across restarts");
}

#[tokio::test]
async fn what_is_written_is_seen_by_another_handle_to_the_file_while_the_first_goes_on() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let running = open(&path).expect("a new file");
    let beside = SqliteBuilder::new(&path).existing().open().expect("the same file");
    let reading = SqliteBuilder::new(&path).read_only().open().expect("the same file");
    let id = running.submit(task("a")).await.expect("stored");
    for tasks in [&beside, &reading] {
        let page = tasks.list(Filter::new(), Format::Standard).await.expect("listed");
        assert_eq!(page.tasks.len(), 1);
        assert_eq!(tasks.counts().await.expect("counted").of(Phase::Pending), 1);
    }
    beside.cancel(id).await.expect("it is pending");
    let info = running.info(id, Format::Minimal).await.expect("there");
    assert_eq!(info.state, State::Cancelled);
    let error = reading.retry(id).await.expect_err("it may only read");
    assert!(error.to_string().contains("cannot be written"), "{error}");
}

#[tokio::test]
async fn work_that_another_handle_hands_in_is_noticed() {
    let folder = Folder::new();
    let (tasks, clock) = on_clock(&folder.file("tasks.db"));
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    let (beside, _) = on_clock(&folder.file("tasks.db"));
    let id = beside.submit(task("a")).await.expect("stored");
    let result = async { tasks.wait::<String>(id).await };
    let pass = async {
        loop {
            clock.advance(Duration::from_millis(200));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = result => assert_eq!(result, Ok("a".to_owned())),
        () = pass => {}
    }
}

/// A process whose clock was set back by an hour joins one that started before.
#[tokio::test]
async fn a_clock_that_steps_back_an_hour_neither_stops_tasks_nor_takes_them_away() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let (first, clock) = on_clock(&path);
    clock.advance(Duration::from_secs(3600));
    let waits = first.submit(task("fails")).await.expect("stored");
    let worker = first.worker().only("sqlite::echo").start().expect("started");
    let mut watch = first.watch(waits, Format::Full);
    while !matches!(watch.next().await.expect("there").expect("open").state, State::Waiting { .. })
    {
    }
    worker.shutdown(Duration::ZERO).await;
    let due = first.info(waits, Format::Full).await.expect("there");
    let State::Waiting { next_attempt_at } = due.state else { panic!("{due:?}") };
    drop((first, watch));

    // This clock is an hour behind.
    let (second, clock) = on_clock(&path);
    assert!(next_attempt_at.since(clock.now()) > Duration::from_secs(3600));
    let new = second.submit(task("a")).await.expect("stored");
    let created = second.info(new, Format::Full).await.expect("there").created_at;
    assert!(next_attempt_at.since(created.expect("told")) < Duration::from_secs(3), "time goes on");
    let _worker = second.worker().only("sqlite::echo").start().expect("started");
    assert_eq!(second.wait(new).await, Ok("a".to_owned()));
    clock.advance(Duration::from_secs(2));
    let mut watch = second.watch(waits, Format::Full);
    while watch.next().await.expect("there").expect("open").attempts().len() < 2 {}
}

#[tokio::test]
async fn memory_and_file_forget_what_need_not_be_kept() {
    let folder = Folder::new();
    let (tasks, clock) = on_clock(&folder.file("tasks.db"));
    let retention = Retention::forever().count(10);
    let worker = tasks.worker().only("sqlite::echo").retention(retention);
    let _worker = worker.start().expect("started");
    let mut last = None;
    for _ in 0..50 {
        last = Some(tasks.submit(task("a")).await.expect("stored"));
    }
    tasks.wait::<String>(last.expect("fifty")).await.expect("complete");
    while tasks.counts().await.expect("counted").total() > 10 {
        clock.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_plain_call_of_the_function_is_a_plain_call() {
    assert_eq!(echo("a".to_owned()).await, Ok("a".to_owned()));
    assert!(retry_tasks::current().is_none());
    assert!(retry_tasks::functions().any(|function| function.name() == "sqlite::echo"));
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    assert_eq!(Tasks::memory_with(clock).counts().await.expect("counted").total(), 0);
}
