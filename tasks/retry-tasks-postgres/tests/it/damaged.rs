//! Rows that somebody has changed by hand.

use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{FailReason, Format, State};
use retry_tasks_postgres::PostgresBuilder;

use crate::server::server;

#[retryable(on = any, name = "damaged::pay", task)]
async fn pay(card: u64) -> Result<u64, String> {
    Ok(card)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_is_one_task_in_trouble_and_its_values_are_not_told() {
    let Some(server) = server() else { return };
    let tasks = PostgresBuilder::new(server.url()).schema("jobs").open().await.expect("opened");
    let damaged = tasks.submit(pay::task(4111)).await.expect("stored");
    let sound = tasks.submit(pay::task(5)).await.expect("stored");
    let (client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    let damage = format!("UPDATE jobs.tasks SET last_kind = 'resting' WHERE id = '{damaged}'");
    client.batch_execute(&damage).await.expect("updated");

    let worker = tasks.worker().only("damaged::pay").start().expect("started");
    assert_eq!(tasks.wait::<u64>(sound).await, Ok(5));
    let info = loop {
        let info = tasks.info(damaged, Format::Full).await.expect("loaded");
        if info.state.is_ended() {
            break info;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(info.state, State::Failed { reason: FailReason::Unreadable });
    let told = info.last_error.expect("told");
    assert!(told.contains("`last_kind`") && told.contains("reset the task"), "{told}");
    assert!(!told.contains("4111") && !told.contains("resting"), "{told}");
    worker.shutdown(Duration::from_secs(5)).await;
}
