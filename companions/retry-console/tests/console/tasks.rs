//! Tasks in the console.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use retry_runtime::retryable;
use retry_tasks::{Format, Phase, Tasks};
use serde_json::Value;

use super::{Events, app, console, get, post};

#[retryable(max = 0, on = any, task, name = "console::mail", budget = none)]
async fn mail(to: String, secret: u32) -> Result<u32, String> {
    match to.as_str() {
        "good" => Ok(secret),
        _ => Err(format!("no such mailbox: {secret}")),
    }
}

async fn ended(good: usize, bad: usize) -> (Tasks, Router) {
    let tasks = Tasks::memory();
    for number in 0..good + bad {
        let to = if number < good { "good" } else { "bad" };
        tasks.submit(mail::task(to.to_owned(), number as u32)).await.expect("stored");
    }
    let worker = tasks.worker().start().expect("a worker");
    let mut counts = tasks.counts().await.expect("counts");
    let open = [Phase::Pending, Phase::Running, Phase::Waiting];
    while open.iter().any(|phase| counts.of(*phase) > 0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        counts = tasks.counts().await.expect("counts");
    }
    worker.shutdown(Duration::from_secs(5)).await;
    let app = app(console().tasks(&tasks).build().expect("a console"));
    (tasks, app)
}

#[tokio::test]
async fn tasks_are_listed_by_filters_page_by_page() {
    let (_, app) = ended(7, 5).await;
    let all = get(&app, "/api/tasks?limit=5").await.json();
    assert_eq!((&all["counts"]["complete"], &all["counts"]["failed"]), (&7.into(), &5.into()));
    assert_eq!(all["tasks"].as_array().unwrap().len(), 5);
    let mut seen = 0;
    let mut path = "/api/tasks?phase=failed&limit=2".to_owned();
    loop {
        let page = get(&app, &path).await.json();
        let tasks = page["tasks"].as_array().unwrap();
        assert!(tasks.iter().all(|it| it["state"] == "failed"), "{page}");
        seen += tasks.len();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/tasks?phase=failed&limit=2&after={next}");
    }
    assert_eq!(seen, 5);
    let count = async |query: &str| {
        let page = get(&app, &format!("/api/tasks?{query}")).await.json();
        page["tasks"].as_array().unwrap_or_else(|| panic!("{page}")).len()
    };
    assert_eq!(count("error=mailbox").await, 5);
    assert_eq!(count("error=nothing+like+it").await, 0);
    assert_eq!(count("name=console::*").await, 12);
    assert_eq!(count("name=other::*").await, 0);
    assert_eq!(count("since=99999999999999").await, 0);
    // More than the page has.
    let groups = get(&app, "/api/tasks?phase=failed&limit=2").await.json()["groups"].clone();
    assert_eq!((groups.as_array().unwrap().len(), &groups[0]["count"]), (1, &5.into()), "{groups}");
    let message = groups[0]["error"].as_str().unwrap();
    let message: String = message.bytes().map(|byte| format!("%{byte:02x}")).collect();
    assert_eq!(count(&format!("group={message}")).await, 5);
    assert_eq!(count(&format!("group={message}42")).await, 5, "digits do not count");
    assert_eq!(count("group=no+such").await, 0, "a whole message");
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_names_the_field() {
    let (_, app) = ended(0, 0).await;
    for (query, field) in [
        ("phase=dead", "`phase` (\"dead\")"),
        ("limit=many", "`limit`"),
        ("after=x", "`after`"),
        ("since=now", "`since`"),
    ] {
        let answer = get(&app, &format!("/api/tasks?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.error().contains(field), "{}", answer.error());
    }
}

#[tokio::test]
async fn one_task_is_shown_in_full_and_retried() {
    let (tasks, app) = ended(1, 1).await;
    let page = get(&app, "/api/tasks?phase=failed").await.json();
    let id = page["tasks"][0]["id"].as_str().unwrap().to_owned();
    let shown = get(&app, &format!("/api/tasks/{id}")).await.json();
    assert_eq!(shown["history"].as_array().unwrap().len(), 1);
    assert!(shown["arguments"]["to"] == "bad", "{shown}");
    assert_eq!(post(&app, &format!("/api/tasks/{id}/retry"), "").await.status, StatusCode::OK);
    let info = tasks.info(id.parse().unwrap(), Format::Minimal).await.unwrap();
    assert!(!info.state.is_ended(), "{:?}", info.state);
    let late = post(&app, &format!("/api/tasks/{id}/retry"), "").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(post(&app, &format!("/api/tasks/{id}/cancel"), "").await.status, StatusCode::OK);
    assert_eq!(get(&app, "/api/tasks/nothing").await.status, StatusCode::BAD_REQUEST);
}

async fn job(app: &Router, body: &str) -> u64 {
    let answer = post(app, "/api/tasks/bulk", body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["job"].as_u64().unwrap()
}

async fn until_ended(app: &Router, job: u64) -> Value {
    loop {
        let progress = get(app, &format!("/api/jobs/{job}")).await.json();
        if progress["state"] != "running" && progress["state"] != "stopping" {
            return progress;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn all_tasks_of_a_filter_are_retried_in_the_server() {
    let (tasks, app) = ended(3, 40).await;
    let job =
        job(&app, r#"{"order":"retry","filter":{"phase":"failed","name":"console::mail"}}"#).await;
    let end = until_ended(&app, job).await;
    assert_eq!(
        (&end["done"], &end["refused"], &end["total"], &end["state"]),
        (&40.into(), &0.into(), &40.into(), &"ended".into())
    );
    let counts = tasks.counts().await.unwrap();
    assert_eq!((counts.of(Phase::Failed), counts.of(Phase::Complete)), (0, 3));
}

#[tokio::test]
async fn an_order_for_all_that_is_stopped_leaves_the_rest_alone() {
    let (tasks, app) = ended(0, 300).await;
    let job = job(&app, r#"{"order":"retry","filter":{"phase":"failed"}}"#).await;
    assert_eq!(post(&app, &format!("/api/jobs/{job}/stop"), "").await.status, StatusCode::OK);
    let end = until_ended(&app, job).await;
    let done = end["done"].as_u64().unwrap();
    assert_eq!(tasks.counts().await.unwrap().failed, 300 - done, "{end}");
    assert_eq!(end["state"], "stopped");
}

#[tokio::test]
async fn an_order_for_all_that_cannot_be_read_says_why() {
    let (_, app) = ended(0, 0).await;
    for body in [
        "",
        "[]",
        r#"{"order":"explode"}"#,
        r#"{"order":"retry","filter":{"phase":"dead"}}"#,
        r#"{"order":"retry","filters":{}}"#,
    ] {
        let answer = post(&app, "/api/tasks/bulk", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(!answer.error().is_empty());
    }
    assert_eq!(get(&app, "/api/jobs/77").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_open_stream_tells_tasks_that_come_due_after_its_beginning() {
    let tasks = Tasks::memory();
    let app = app(console().tasks(&tasks).build().expect("a console"));
    let mut events = Events::open(&app, &[]).await;
    assert_eq!(events.next().await.expect("a snapshot").data["overview"]["tasks_due"], 0);
    for number in 0..3 {
        tasks.submit(mail::task("good".to_owned(), number)).await.expect("stored");
    }
    let told = events.until(|told| told.data["overview"]["tasks_due"] == 3).await;
    assert_eq!(told.event, "delta");
}

#[tokio::test]
async fn without_tasks_there_is_nothing_about_them() {
    let app = app(console().build().expect("a console"));
    assert_eq!(get(&app, "/api/tasks").await.status, StatusCode::NOT_FOUND);
    assert!(get(&app, "/api/snapshot").await.json()["overview"].get("tasks_due").is_none());
}
