//! Workers, the schedule, and the deletion of tasks.

use std::time::Duration;

use axum::http::StatusCode;
use retry_runtime::retryable;
use retry_tasks::{Phase, Tasks};
use tokio::net::TcpListener;

use super::{app, console, get, post};

#[retryable(max = 0, on = any, task, name = "console::export", budget = none)]
async fn export(fails: bool) -> Result<u32, String> {
    if fails { Err("disk full".into()) } else { Ok(1) }
}

/// Tasks of which `good` are complete and `bad` have failed.
async fn ended(good: u64, bad: u64) -> Tasks {
    let tasks = Tasks::memory();
    for number in 0..good + bad {
        tasks.submit(export::task(number >= good)).await.expect("stored");
    }
    let worker = tasks.worker().start().expect("a worker");
    loop {
        let counts = tasks.counts().await.expect("counts");
        if counts.of(Phase::Complete) + counts.of(Phase::Failed) == good + bad {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    worker.shutdown(Duration::from_secs(5)).await;
    tasks
}

#[tokio::test]
async fn a_worker_is_shown_and_paused_and_goes_on() {
    let tasks = Tasks::memory();
    let worker = tasks.worker().name("exports").in_flight(3).start().expect("a worker");
    let app = app(console().tasks(&tasks).build().expect("a console"));
    let told = get(&app, "/api/workers").await.json();
    let shown = &told["workers"][0];
    assert_eq!(
        (&shown["name"], &shown["slots"], &shown["paused"]),
        (&"exports".into(), &3.into(), &false.into())
    );
    let functions = shown["functions"].as_array().expect("functions");
    assert!(functions.iter().any(|name| name == "console::export"), "{told}");

    let order = format!("/api/workers/{}", shown["number"]);
    assert_eq!(post(&app, &format!("{order}/pause"), "").await.status, StatusCode::OK);
    assert!(worker.is_paused());
    assert_eq!(get(&app, "/api/workers").await.json()["workers"][0]["paused"], true);
    let news = get(&app, "/api/snapshot").await.json()["news"].clone();
    assert!(news.to_string().contains("worker.paused"), "{news}");
    assert_eq!(post(&app, &format!("{order}/resume"), "").await.status, StatusCode::OK);
    assert!(!worker.is_paused());
    assert_eq!(post(&app, &format!("{order}/explode"), "").await.status, StatusCode::NOT_FOUND);
    worker.shutdown(Duration::ZERO).await;
    assert_eq!(post(&app, &format!("{order}/pause"), "").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_schedule_has_the_delayed_tasks_in_the_order_of_their_times() {
    let tasks = Tasks::memory();
    for minutes in [30, 10, 20, 0] {
        let delay = Duration::from_secs(minutes * 60);
        tasks.submit(export::task(false).delay(delay)).await.expect("stored");
    }
    let app = app(console().tasks(&tasks).build().expect("a console"));
    let told = get(&app, "/api/schedule?limit=2").await.json();
    let due: Vec<u64> =
        told["tasks"].as_array().unwrap().iter().map(|it| it["due_at"].as_u64().unwrap()).collect();
    // Each task is submitted a little after the one before.
    let apart = due[1] - due[0];
    assert!((600_000..660_000).contains(&apart), "ten and twenty minutes: {told}");
    assert_eq!(told["scheduled"], 3);
}

#[tokio::test]
async fn the_schedule_knows_the_next_task_however_many_newer_ones_are_open() {
    let tasks = Tasks::memory();
    let delayed = |minutes: u64| export::task(false).delay(Duration::from_secs(minutes * 60));
    let next = tasks.submit(delayed(10)).await.expect("stored");
    tasks.submit_many((0..6_000).map(|_| delayed(60))).await.expect("stored");
    let app = app(console().tasks(&tasks).build().expect("a console"));
    let told = get(&app, "/api/schedule?limit=1").await.json();
    assert_eq!(
        (&told["tasks"][0]["id"], &told["scheduled"]),
        (&next.to_string().into(), &6_001.into())
    );
}

#[tokio::test]
async fn ended_tasks_are_deleted_one_by_one_or_all_of_a_filter() {
    let tasks = ended(2, 450).await;
    let open = tasks.submit(export::task(false)).await.expect("stored");
    let app = app(console().tasks(&tasks).build().expect("a console"));
    let refused = post(&app, &format!("/api/tasks/{open}/delete"), "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.error().contains("cancel it first"), "{}", refused.error());
    let failed =
        get(&app, "/api/tasks?phase=failed&limit=1").await.json()["tasks"][0]["id"].clone();
    let one = format!("/api/tasks/{}/delete", failed.as_str().unwrap());
    assert_eq!(post(&app, &one, "").await.status, StatusCode::OK);
    assert_eq!(post(&app, &one, "").await.status, StatusCode::NOT_FOUND);

    let body = r#"{"order":"delete","filter":{"phase":"failed,pending"}}"#;
    let job = post(&app, "/api/tasks/bulk", body).await.json()["job"].clone();
    let end = loop {
        let progress = get(&app, &format!("/api/jobs/{job}")).await.json();
        if progress["state"] != "running" {
            break progress;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(
        (&end["done"], &end["refused"], &end["total"]),
        (&449.into(), &1.into(), &450.into()),
        "{end}"
    );
    let counts = tasks.counts().await.expect("counts");
    assert_eq!((counts.total(), counts.complete, counts.pending), (3, 2, 1));
}

#[tokio::test]
async fn tasks_of_a_peer_are_listed_by_its_name_and_orders_reach_it() {
    let (ours, theirs) = (Tasks::memory(), ended(0, 1).await);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().unwrap());
    let peer = console().name("peer").tasks(&theirs).build().expect("a console");
    tokio::spawn(peer.serve_on(listener));
    let app = app(console().tasks(&ours).peers([address]).build().expect("a console"));
    let instance = loop {
        let state = get(&app, "/api/snapshot").await.json();
        let peer =
            state["processes"].as_array().unwrap().iter().find(|it| it["name"] == "peer").cloned();
        if let Some(peer) = peer {
            assert_eq!((&peer["has_tasks"], &peer["clock_ahead_ms"]), (&true.into(), &0.into()));
            break peer["instance"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(get(&app, "/api/tasks").await.json()["tasks"].as_array().unwrap().len(), 0);
    let page = get(&app, &format!("/api/tasks?phase=failed&process={instance}")).await.json();
    let id = page["tasks"][0]["id"].as_str().expect("the task of the peer").to_owned();
    let order = |instance: &str| format!("/api/tasks/{id}/retry?process={instance}");
    assert_eq!(post(&app, &order(&instance), "").await.status, StatusCode::OK);
    assert_eq!(theirs.counts().await.expect("counts").failed, 0);
    assert_eq!(post(&app, &order("nobody"), "").await.status, StatusCode::NOT_FOUND);
    let own = get(&app, "/api/snapshot").await.json()["processes"][0]["instance"].clone();
    let own = format!("/api/tasks?process={}", own.as_str().unwrap());
    assert_eq!(get(&app, &own).await.status, StatusCode::OK);
}
