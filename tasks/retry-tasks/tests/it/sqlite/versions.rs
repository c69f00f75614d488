//! Files of older versions are upgraded and lose no data.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use retry_tasks::{
    AttemptOutcome, Counts, Filter, Format, Phase, SqliteBuilder, StoreError, TaskId, Tasks,
};
use rusqlite::Connection;

use super::{on_clock, open, says};
use crate::folder::Folder;

/// A file that version 1 has written.
fn of_version_1(folder: &Folder) -> PathBuf {
    let path = folder.file("tasks.db");
    let file = Connection::open(&path).expect("a new file");
    file.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).expect("set");
    file.execute_batch(include_str!("version_1.sql")).expect("the dump is sound");
    drop(file);
    path
}

fn version(path: &Path) -> u32 {
    let file = Connection::open(path).expect("opened");
    file.pragma_query_value(None, "user_version", |row| row.get(0)).expect("read")
}

async fn counts(tasks: &Tasks) -> Counts {
    tasks.counts().await.expect("counted")
}

/// The tasks of the dump, the oldest first.
async fn all(tasks: &Tasks) -> Vec<TaskId> {
    let page = tasks.list(Filter::new().name("sqlite::echo"), Format::Minimal).await;
    page.expect("listed").tasks.iter().rev().map(|info| info.id).collect()
}

#[tokio::test]
async fn a_file_of_version_1_is_brought_up_to_date_and_its_tasks_go_on() {
    let folder = Folder::new();
    let path = of_version_1(&folder);
    let (tasks, clock) = on_clock(&path);
    assert_eq!(version(&path), 4);
    let counted = counts(&tasks).await;
    assert_eq!(Phase::ALL.map(|phase| counted.of(phase)), [1, 0, 1, 1, 1, 1]);
    let ids = all(&tasks).await;
    let failed = tasks.info(ids[1], Format::Full).await.expect("there");
    let outcomes: Vec<_> = failed.attempts().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Failed; 4]);
    assert_eq!(tasks.result(ids[0]).await, Ok(Some("done".to_owned())));
    let analytics = tasks.analytics(Some("sqlite::echo")).await.expect("analysed");
    assert_eq!((analytics.ended, analytics.by_attempt.len()), (2, 4), "those that had started");
    assert_eq!(tasks.analytics(None).await.expect("analysed"), analytics);

    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    assert_eq!(tasks.wait(ids[4]).await, Ok("pending".to_owned()));
    tasks.retry(ids[3]).await.expect("it was cancelled");
    assert_eq!(tasks.wait(ids[3]).await, Ok("gone".to_owned()));
    let attempts = async || tasks.info(ids[2], Format::Full).await.expect("there").attempts().len();
    while attempts().await < 2 {
        clock.advance(Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
}

#[test]
fn of_several_that_open_an_older_file_at_once_one_brings_it_up_to_date() {
    for _ in 0..5 {
        let folder = Folder::new();
        let path = of_version_1(&folder);
        let together = Arc::new(Barrier::new(6));
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let (path, together) = (path.clone(), Arc::clone(&together));
                std::thread::spawn(move || {
                    together.wait();
                    open(&path).map(drop)
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic").expect("opened");
        }
        assert_eq!(version(&path), 4);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let counted = runtime.expect("a runtime").block_on(async {
            let tasks = open(&path).expect("the same file");
            counts(&tasks).await
        });
        assert_eq!(counted.total(), 5);
    }
}

/// When the machine stops during an upgrade, the disk has the older file.
#[tokio::test]
async fn a_step_that_was_not_finished_has_not_happened() {
    let folder = Folder::new();
    let path = of_version_1(&folder);
    let half = Connection::open(&path).expect("opened");
    // A cache of one page, so that SQLite writes changes before the commit.
    half.pragma_update(None, "cache_size", 1).expect("set");
    half.execute_batch(
        "BEGIN IMMEDIATE; DROP INDEX tasks_phase; PRAGMA user_version = 2;
         CREATE TABLE ballast AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         SELECT i, hex(randomblob(100)) AS text FROM n",
    )
    .expect("done by half");
    assert!(fs::metadata(folder.file("tasks.db-wal")).expect("a log").len() > 100_000);
    let crashed = Folder::new();
    for end in ["", "-wal"] {
        let name = format!("tasks.db{end}");
        fs::copy(folder.file(&name), crashed.file(&name)).expect("copied");
    }
    drop(half);

    let left = crashed.file("tasks.db");
    assert_eq!(version(&left), 1);
    let tasks = open(&left).expect("sound, and brought up to date");
    assert_eq!((version(&left), counts(&tasks).await.total()), (4, 5));
}

/// The migration fails because somebody has created its index by hand.
#[test]
fn a_step_that_fails_leaves_the_older_file_as_it_was() {
    let folder = Folder::new();
    let path = of_version_1(&folder);
    let file = Connection::open(&path).expect("opened");
    file.execute_batch("CREATE INDEX tasks_listed ON tasks (name)").expect("made");
    let error = open(&path).expect_err("the index has another meaning");
    says(error, &["tasks.db", "tasks_listed", "already exists"]);
    assert_eq!(version(&path), 1);
    let indexes = "SELECT count(*) FROM sqlite_schema WHERE name = 'tasks_phase'";
    assert_eq!(file.query_row(indexes, [], |row| row.get(0)), Ok(1));
}

#[test]
fn an_older_file_is_named_and_left_untouched_by_who_only_reads_or_must_not_upgrade() {
    let folder = Folder::new();
    let path = of_version_1(&folder);
    let new = || SqliteBuilder::new(&path);
    for builder in [new().read_only(), new().existing().without_upgrade()] {
        let error = builder.open().expect_err("it needs a step");
        assert!(matches!(error, StoreError::Older { found: 1, known: 4, .. }), "{error:?}");
        says(error, &["version 1", "reads version 4", "open it once to write"]);
        assert_eq!(version(&path), 1);
    }
}
