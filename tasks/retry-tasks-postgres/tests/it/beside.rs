//! Submissions in the caller's own transaction.

use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{Phase, Submitted, TaskId, Tasks};
use retry_tasks_postgres::{PostgresBuilder, Schema, submit_in};
use tokio_postgres::{Client, NoTls};

use crate::server::{Server, server};

#[retryable(on = any, name = "beside::invoice", task)]
async fn invoice(order: i64) -> Result<i64, String> {
    Ok(order)
}

async fn client(server: &Server) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&server.url(), NoTls).await.expect("connected");
    tokio::spawn(connection);
    client
}

async fn pending(tasks: &Tasks) -> u64 {
    tasks.counts().await.expect("counted").of(Phase::Pending)
}

#[tokio::test]
async fn a_task_is_there_if_and_only_if_the_rows_beside_it_are() {
    let Some(server) = server() else { return };
    let tasks = retry_tasks_postgres::open(server.url()).await.expect("opened");
    let mut client = client(&server).await;
    client.batch_execute("CREATE TABLE orders (id bigint)").await.expect("created");

    let transaction = client.transaction().await.expect("begun");
    transaction.execute("INSERT INTO orders VALUES (1)", &[]).await.expect("inserted");
    submit_in(&transaction, invoice::task(1)).await.expect("submitted");
    assert_eq!(pending(&tasks).await, 0, "nobody else sees it before the commit");
    transaction.rollback().await.expect("rolled back");
    assert_eq!(pending(&tasks).await, 0);

    let transaction = client.transaction().await.expect("begun");
    transaction.execute("INSERT INTO orders VALUES (2)", &[]).await.expect("inserted");
    let id = submit_in(&transaction, invoice::task(2)).await.expect("submitted");
    transaction.commit().await.expect("committed");
    assert_eq!(pending(&tasks).await, 1);
    let worker = tasks.worker().only("beside::invoice").start().expect("started");
    assert_eq!(tasks.wait::<i64>(id).await, Ok(2));
    worker.shutdown(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_key_is_answered_for_in_a_transaction_as_anywhere_else() {
    let Some(server) = server() else { return };
    let tasks = PostgresBuilder::new(server.url()).schema("jobs").open().await.expect("opened");
    let jobs = Schema::named("jobs").expect("a name");
    let (mut one, mut two) = (client(&server).await, client(&server).await);
    let first = one.transaction().await.expect("begun");
    let stored = jobs.submit_unique_in(&first, "k", invoice::task(1)).await.expect("submitted");
    assert!(!stored.existing);
    // The second waits for the end of the first, and then finds its task.
    let jobs_of_two = jobs.clone();
    let waiting = tokio::spawn(async move {
        let second = two.transaction().await.expect("begun");
        let found = jobs_of_two.submit_unique_in(&second, "k", invoice::task(1)).await;
        second.commit().await.expect("committed");
        found.expect("answered")
    });
    first.commit().await.expect("committed");
    let answered = Submitted { id: stored.id, existing: true };
    assert_eq!(waiting.await.expect("no panic"), answered);
    assert_eq!(tasks.submit_unique("k", invoice::task(1)).await, Ok(answered));

    // A cancelled task gives the key away, and the same identifier is stored once.
    tasks.cancel(stored.id).await.expect("pending");
    let (transaction, id) = (one.transaction().await.expect("begun"), TaskId::unique());
    let task = || invoice::task(1).id(id);
    let again = jobs.submit_unique_in(&transaction, "k", task()).await.expect("submitted");
    assert_eq!(again, Submitted { id, existing: false });
    assert_eq!(jobs.submit_in(&transaction, task()).await, Ok(id));
    transaction.commit().await.expect("committed");
    assert_eq!(tasks.counts().await.expect("counted").total(), 2);
}

#[tokio::test]
async fn an_announced_task_starts_at_once() {
    let Some(server) = server() else { return };
    let tasks = retry_tasks_postgres::open(server.url()).await.expect("opened");
    let mut client = client(&server).await;
    let poll = Duration::from_secs(3600);
    let worker = tasks.worker().only("beside::invoice").poll(poll).start().expect("started");
    let transaction = client.transaction().await.expect("begun");
    let id = submit_in(&transaction, invoice::task(3)).await.expect("submitted");
    transaction.commit().await.expect("committed");
    Schema::default().announce(&client).await.expect("announced");
    assert_eq!(tasks.wait::<i64>(id).await, Ok(3));
    worker.shutdown(Duration::from_secs(5)).await;
}
