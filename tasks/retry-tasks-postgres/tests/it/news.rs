//! News between processes that share a database: two stores stand for two processes.

use std::time::{Duration, Instant};

use retry_runtime::retryable;
use retry_tasks::State;
use retry_tasks_postgres::{PostgresBuilder, Schema};

use crate::server::server;

#[retryable(on = any, name = "news::quick", task)]
async fn quick(number: u32) -> Result<u32, String> {
    Ok(number)
}

#[retryable(on = any, name = "news::endless", task)]
async fn endless(number: u32) -> Result<u32, String> {
    std::future::pending::<()>().await;
    Ok(number)
}

/// Longer than a test may take.
const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_hears_of_tasks_and_cancellations_of_another_process() {
    let Some(server) = server() else { return };
    let mine = PostgresBuilder::new(server.url()).open().await.expect("opened");
    let theirs = PostgresBuilder::new(server.url()).open().await.expect("opened");
    let worker = theirs.worker().only("news::quick").only("news::endless").poll(NEVER);
    let worker = worker.lease(NEVER).start().expect("started");
    let mut waits = Vec::new();
    for number in 0..20 {
        let start = Instant::now();
        let id = mine.submit(quick::task(number)).await.expect("stored");
        assert_eq!(mine.wait::<u32>(id).await, Ok(number));
        waits.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    waits.sort();
    println!("from the submission to the result in another process: median {:?}", waits[10]);

    let id = mine.submit(endless::task(1)).await.expect("stored");
    while mine.info(id, retry_tasks::Format::Minimal).await.expect("there").state != State::Running
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    mine.cancel(id).await.expect("running");
    // The worker is free for another task when it has dropped the attempt.
    worker.shutdown(Duration::from_secs(30)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_database_run_each_task_once() {
    let Some(server) = server() else { return };
    let open = || PostgresBuilder::new(server.url()).open();
    let (one, two) = (open().await.expect("opened"), open().await.expect("opened"));
    let ids = one.submit_many((0..2000).map(quick::task)).await.expect("stored");
    let workers = [&one, &two]
        .map(|tasks| tasks.worker().only("news::quick").in_flight(64).start().expect("started"));
    for id in &ids {
        two.wait::<u32>(*id).await.expect("complete");
    }
    let all = retry_tasks::Filter::new().limit(5000);
    let page = one.list(all, retry_tasks::Format::Full).await.expect("listed");
    assert_eq!(page.tasks.len(), 2000);
    let mut by_worker = std::collections::BTreeMap::new();
    for info in &page.tasks {
        let [attempt] = info.attempts() else { panic!("one attempt: {info:?}") };
        *by_worker.entry(attempt.worker.clone()).or_insert(0) += 1;
    }
    println!("{by_worker:?}");
    for worker in workers {
        worker.shutdown(Duration::from_secs(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_each_task_come_in_order_while_claims_and_submissions_are_committed_together()
{
    let Some(server) = server() else { return };
    let tasks = PostgresBuilder::new(server.url()).open().await.expect("opened");
    let mut events = tasks.events();
    let worker = tasks.worker().only("news::quick").in_flight(64).start().expect("started");
    for _ in 0..32 {
        let tasks = tasks.clone();
        tokio::spawn(async move {
            for number in 0..60 {
                tasks.submit(quick::task(number)).await.expect("stored");
            }
        });
    }
    let (mut of_each, mut completed) = (std::collections::BTreeMap::new(), 0);
    while completed < 32 * 60 {
        let event = events.recv().await.expect("read in time");
        completed += usize::from(event.kind == retry_tasks::EventKind::Completed);
        of_each.entry(event.id).or_insert_with(Vec::new).push(event.kind.name());
    }
    for (id, names) in of_each {
        assert_eq!(names, ["task.submitted", "task.started", "task.completed"], "{id}");
    }
    worker.shutdown(Duration::from_secs(5)).await;
}

/// Waits until some statement waits for a lock, or until none does.
async fn locks_are_waited_for(client: &tokio_postgres::Client, wanted: bool) {
    let sql = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while client.query_one(sql, &[]).await.expect("counted").get::<_, bool>(0) != wanted {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A question for a key locks its task, and is kept waiting for the bucket of the function while a worker claims.
async fn a_task_that_was_locked_during_a_claim_starts(of_this_process: bool) {
    let Some(server) = server() else { return };
    let mine = PostgresBuilder::new(server.url()).schema("jobs").open().await.expect("opened");
    let theirs = PostgresBuilder::new(server.url()).schema("jobs").open().await.expect("opened");
    let (mut client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    let bucket = "INSERT INTO jobs.buckets VALUES ('news::quick', 1000, 0, 1000, 1, NULL)";
    client.batch_execute(bucket).await.expect("inserted");
    let store = if of_this_process { &mine } else { &theirs };
    let worker = store.worker().only("news::quick").only("news::endless");
    let worker = worker.poll(NEVER).lease(NEVER).start().expect("started");
    // One that has just started claims twice.
    let first = mine.submit(quick::task(1)).await.expect("stored");
    assert_eq!(mine.wait::<u32>(first).await, Ok(1));
    worker.pause();
    // Nobody is told of these.
    let (jobs, transaction) = (Schema::named("jobs").expect("a name"), client.transaction());
    let transaction = transaction.await.expect("begun");
    let task = jobs.submit_unique_in(&transaction, "k", quick::task(7));
    let id = task.await.expect("stored").id;
    let marker = jobs.submit_in(&transaction, endless::task(1)).await.expect("stored");
    transaction.commit().await.expect("committed");

    let transaction = client.transaction().await.expect("begun");
    let lock = "SELECT 1 FROM jobs.buckets WHERE name = 'news::quick' FOR UPDATE";
    transaction.query(lock, &[]).await.expect("locked");
    let asking = tokio::spawn({
        let mine = mine.clone();
        async move { mine.submit_unique("k", quick::task(7)).await }
    });
    locks_are_waited_for(transaction.client(), true).await;
    worker.resume();
    let state = async |id| mine.info(id, retry_tasks::Format::Minimal).await.expect("there").state;
    while state(marker).await != State::Running {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(state(id).await, State::Pending, "the claim has passed over it");
    transaction.commit().await.expect("committed");
    assert_eq!(asking.await.expect("no panic").expect("answered").id, id);
    let limit = Duration::from_secs(20);
    let done = tokio::time::timeout(limit, mine.wait::<u32>(id)).await;
    assert_eq!(done.expect("the worker has heard that it is free"), Ok(7));
    worker.shutdown(Duration::ZERO).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_locked_during_a_claim_of_the_same_process_starts() {
    a_task_that_was_locked_during_a_claim_starts(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_locked_during_a_claim_of_another_process_starts() {
    a_task_that_was_locked_during_a_claim_starts(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_does_not_ask_without_a_pause_for_a_due_task_that_somebody_has_locked() {
    let Some(server) = server() else { return };
    let tasks = PostgresBuilder::new(server.url()).schema("jobs").open().await.expect("opened");
    let (mut client, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    let delay = Duration::from_millis(100);
    let id = tasks.submit(quick::task(7).delay(delay)).await.expect("stored");
    let transaction = client.transaction().await.expect("begun");
    let lock = "SELECT 1 FROM jobs.tasks FOR UPDATE";
    transaction.query(lock, &[]).await.expect("locked");
    let count = async |client: &tokio_postgres::Client| {
        let sql = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        client.query_one(sql, &[]).await.expect("counted").get::<_, i64>(0)
    };
    let (observer, connection) =
        tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    let worker = tasks.worker().only("news::quick").start().expect("started");
    let before = count(&observer).await;
    // The statistics of the server are some seconds old.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let claims = count(&observer).await - before;
    assert!(claims < 400, "{claims} transactions in 3 s");
    transaction.commit().await.expect("committed");
    assert_eq!(tasks.wait::<u32>(id).await, Ok(7));
    worker.shutdown(Duration::from_secs(5)).await;
}
