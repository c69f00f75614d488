//! One damaged row stops nothing but itself.

use std::time::Duration;

use retry_tasks::{FailReason, Filter, Format, Phase, State, TaskId, TaskInfo, Tasks};
use rusqlite::{Connection, params};

use super::{open, task};
use crate::folder::Folder;

/// A store with five tasks, the middle one of which was changed by this statement; `?1` is its identifier.
async fn damaged(folder: &Folder, statement: &str) -> (Tasks, Vec<TaskId>) {
    let path = folder.file("tasks.db");
    let tasks = open(&path).expect("a new file");
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(tasks.submit(task(&number.to_string())).await.expect("stored"));
    }
    let file = Connection::open(&path).expect("opened");
    let id = ids[2].as_u128().to_be_bytes();
    if statement.contains("?1") {
        assert_eq!(file.execute(statement, params![id]).expect(statement), 1);
    } else {
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        file.execute_batch(&statement.replace("ID", &id)).expect(statement);
    }
    (tasks, ids)
}

/// Runs the other tasks to their end, and returns the information about the damaged one.
async fn others_end(tasks: &Tasks, ids: &[TaskId]) -> TaskInfo {
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    for (number, id) in ids.iter().enumerate().filter(|(number, _)| *number != 2) {
        let ended = tokio::time::timeout(Duration::from_secs(20), tasks.wait::<String>(*id)).await;
        assert_eq!(ended.expect("it is not stopped"), Ok(number.to_string()));
    }
    let page = tasks.list(Filter::new(), Format::Full).await.expect("listed");
    assert_eq!(page.tasks.len(), 5, "the damaged one is shown");
    let counts = tasks.counts().await.expect("counted");
    assert_eq!((counts.complete, counts.total()), (4, 5));
    tasks.info(ids[2], Format::Full).await.expect("it is shown")
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_set_aside_and_shown() {
    let cases = [
        ("UPDATE tasks SET attempts = -5 WHERE id = ?1", "attempts"),
        ("UPDATE tasks SET round = 5000000000 WHERE id = ?1", "round"),
        ("UPDATE tasks SET arguments = x'00ff' WHERE id = ?1", "arguments"),
        ("UPDATE tasks SET arguments = CAST(x'7bff7d' AS TEXT) WHERE id = ?1", "arguments"),
        ("UPDATE tasks SET created_at = 'yesterday' WHERE id = ?1", "created_at"),
        ("UPDATE tasks SET run_at = -1 WHERE id = ?1", "run_at"),
        ("UPDATE tasks SET fence = -1 WHERE id = ?1", "fence"),
        ("UPDATE tasks SET phase = 99 WHERE id = ?1", "phase"),
        ("UPDATE tasks SET unique_key = x'ff' WHERE id = ?1", "unique_key"),
    ];
    for (statement, column) in cases {
        println!("{statement}");
        let folder = Folder::new();
        let (tasks, ids) = damaged(&folder, statement).await;
        let info = others_end(&tasks, &ids).await;
        assert_eq!(info.state, State::Failed { reason: FailReason::Unreadable });
        let error = info.last_error.expect("told");
        assert!(error.contains(&format!("`{column}`")), "{error}");
    }
}

#[tokio::test]
async fn a_name_that_is_no_text_stops_neither_workers_nor_lists() {
    for statement in [
        "UPDATE tasks SET name = x'ff00' WHERE id = ?1",
        "UPDATE tasks SET name = CAST(x'73ff' AS TEXT) WHERE id = ?1",
    ] {
        println!("{statement}");
        let folder = Folder::new();
        let (tasks, ids) = damaged(&folder, statement).await;
        others_end(&tasks, &ids).await;
    }
}

#[tokio::test]
async fn a_row_that_the_store_refuses_to_change_stops_no_other() {
    let folder = Folder::new();
    let statement = "CREATE TRIGGER refuse BEFORE UPDATE ON tasks WHEN old.id = x'ID' \
                     BEGIN SELECT RAISE(ABORT, 'no'); END";
    let (tasks, ids) = damaged(&folder, statement).await;
    let info = others_end(&tasks, &ids).await;
    assert_eq!(info.state, State::Pending, "it is as it was");
}

#[tokio::test]
async fn a_text_in_place_of_the_stored_time_is_replaced() {
    let folder = Folder::new();
    let statement = "UPDATE meta SET value = 'noon'";
    let (tasks, ids) = damaged(&folder, statement).await;
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    for id in ids {
        tasks.wait::<String>(id).await.expect("complete");
    }
}

#[tokio::test]
async fn numbers_at_their_limit_stop_neither_information_nor_a_retry_by_hand() {
    let folder = Folder::new();
    let statement = "UPDATE tasks SET attempts = 4294967293, round = 4294967293, fence = 9223372036854775806, \
                     phase = 4, reason = 'exhausted', lane = NULL, run_at = NULL, ended_at = 1 WHERE id = ?1";
    let (tasks, ids) = damaged(&folder, statement).await;
    let info = tasks.info(ids[2], Format::Full).await.expect("there");
    assert_eq!(info.retry_count, 4_294_967_292);
    tasks.retry(ids[2]).await.expect("it has failed");
    let info = tasks.info(ids[2], Format::Full).await.expect("there");
    assert!(info.max_retries.is_some());
    let _worker = tasks.worker().only("sqlite::echo").start().expect("started");
    for id in [ids[0], ids[1], ids[3], ids[4]] {
        tasks.wait::<String>(id).await.expect("complete");
    }
    let after = tasks.submit(task("after")).await.expect("the writer goes on");
    assert_eq!(tasks.wait(after).await, Ok("after".to_owned()));
    assert!(tasks.counts().await.expect("counted").of(Phase::Complete) >= 5);
}
