//! Faults while the store is open.

use std::fs;
use std::time::Duration;

use retry_tasks::{Format, Phase, SqliteBuilder, State, StoreError, TaskError};
use rusqlite::Connection;

use super::{open, says, task};
use crate::folder::Folder;

#[tokio::test]
async fn a_full_disk_refuses_what_does_not_fit_and_loses_nothing() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = SqliteBuilder::new(&path).max_bytes(200 << 10).open().expect("a new file");
    let mut stored = Vec::new();
    let error = loop {
        match tasks.submit(task(&"x".repeat(3000))).await {
            Ok(id) => stored.push(id),
            Err(TaskError::Store(error)) => break error,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    says(error, &["no room", "nothing was lost", "free some space"]);
    assert!(!stored.is_empty());
    let pending = tasks.counts().await.expect("still readable").of(Phase::Pending);
    assert_eq!(pending, stored.len() as u64);
    drop(tasks);

    // With free space again, the stored tasks are there and run.
    let tasks = open(&path).expect("the file is sound");
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    for id in stored {
        assert_eq!(tasks.wait::<String>(id).await.expect("done").len(), 3000);
    }
}

#[tokio::test]
async fn one_order_that_does_not_fit_does_not_take_others_with_it() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = SqliteBuilder::new(&path).max_bytes(200 << 10).open().expect("a new file");
    let small = || tasks.submit(task("a"));
    let large = tasks.submit(task(&"x".repeat(1 << 20)));
    // All are submitted before the first reply, and share a transaction.
    let (one, two, three) = tokio::join!(small(), large, small());
    assert!(one.is_ok() && three.is_ok(), "{one:?} {three:?}");
    assert!(matches!(two, Err(TaskError::Store(StoreError::Full { .. }))), "{two:?}");
}

#[tokio::test]
async fn a_file_that_another_program_keeps_locked_is_waited_for_and_then_named() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let patience = Duration::from_millis(50);
    let tasks = SqliteBuilder::new(&path).busy_timeout(patience).open().expect("a new file");
    let before = tasks.submit(task("a")).await.expect("stored");

    let other = Connection::open(&path).expect("opened");
    other.execute_batch("BEGIN IMMEDIATE").expect("locked");
    let error = tasks.submit(task("b")).await.expect_err("locked");
    let TaskError::Store(error) = error else { panic!("{error}") };
    assert!(matches!(error, StoreError::Locked { .. }), "{error:?}");
    says(error, &["another program", "50 ms", "busy_timeout"]);
    let info = tasks.info(before, Format::Full).await.expect("reading goes on");
    assert_eq!(info.state, State::Pending);

    other.execute_batch("ROLLBACK").expect("unlocked");
    let after = tasks.submit(task("c")).await.expect("stored");
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    for id in [before, after] {
        tasks.wait::<String>(id).await.expect("done");
    }
}

#[tokio::test]
async fn a_log_that_was_cut_off_costs_what_was_in_it_and_no_more() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let tasks = open(&path).expect("a new file");
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(tasks.submit(task(&number.to_string())).await.expect("stored"));
    }
    // The files as they are on the disk when the machine stops.
    let crashed = folder.file("crashed.db");
    fs::copy(&path, &crashed).expect("copied");
    let log = fs::read(folder.file("tasks.db-wal")).expect("a log");
    drop(tasks);
    fs::write(folder.file("crashed.db-wal"), &log[..log.len() - log.len() / 3]).expect("written");

    let tasks = open(&crashed).expect("what is left is sound");
    let left = tasks.counts().await.expect("counted").of(Phase::Pending);
    assert!((1..20).contains(&left), "{left} of 20");
    for id in &ids[..left as usize] {
        assert!(tasks.info(*id, Format::Full).await.is_ok(), "the elder ones, without a gap");
    }
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    assert_eq!(tasks.wait(ids[0]).await, Ok("0".to_owned()));
}

#[tokio::test]
async fn an_older_copy_beside_a_newer_log_is_refused_and_the_log_is_named() {
    let folder = Folder::new();
    let path = folder.file("tasks.db");
    let fill = async |tasks: &retry_tasks::Tasks| {
        for number in 0..200 {
            tasks.submit(task(&number.to_string())).await.expect("stored");
        }
    };
    let tasks = open(&path).expect("a new file");
    fill(&tasks).await;
    drop(tasks);
    let older = folder.file("older.db");
    fs::copy(&path, &older).expect("copied");
    let tasks = open(&path).expect("a sound file");
    fill(&tasks).await;
    drop(tasks);
    let tasks = open(&path).expect("a sound file");
    fill(&tasks).await;
    fs::copy(folder.file("tasks.db-wal"), folder.file("older.db-wal")).expect("copied");
    drop(tasks);

    let error = open(&older).expect_err("the log belongs to the newer file");
    assert!(matches!(error, StoreError::Broken { .. }), "{error:?}");
    says(error, &["is damaged", "older.db-wal", "may belong to another copy", "left untouched"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_submission_to_a_file_that_was_removed_or_replaced_is_not_answered_as_stored() {
    for replaced in [false, true] {
        let folder = Folder::new();
        let path = folder.file("tasks.db");
        let tasks = open(&path).expect("a new file");
        tasks.submit(task("a")).await.expect("stored");
        for end in ["", "-wal", "-shm"] {
            fs::remove_file(folder.file(&format!("tasks.db{end}"))).expect("removed");
        }
        if replaced {
            drop(open(&path).expect("another file"));
        }
        let submitted = (0..20).map(|number| tasks.submit(task(&number.to_string())));
        for submitted in submitted {
            let error = submitted.await.expect_err("it is gone");
            let TaskError::Store(error) = error else { panic!("{error}") };
            assert!(matches!(error, StoreError::Moved { .. }), "{error:?}");
            says(error, &["removed or replaced", "restart the program"]);
        }
    }
}
