//! Orders to calls and breakers.

use std::time::Duration;

use axum::http::StatusCode;
use retry_runtime::breaker::Mode;
use retry_runtime::{Interruption, retryable};

use super::{Events, app, console, get, post};

#[derive(Debug, PartialEq, retry_runtime::Classify)]
enum Fault {
    #[classify(transient)]
    Down,
    #[classify(interruption)]
    Interrupted(Interruption),
}

#[retryable(max = 1, base = "1h", cap = "1h", jitter = none, budget = none, name = "console::waits")]
async fn waits() -> Result<u32, Fault> {
    Err(Fault::Down)
}

#[tokio::test]
async fn a_waiting_call_is_seen_and_cancelled_or_retried() {
    let app = app(console().build().expect("a console"));
    let mut events = Events::open(&app, &[]).await;
    for (order, end) in
        [("retry", Fault::Down), ("cancel", Fault::Interrupted(Interruption::Cancelled))]
    {
        let call = tokio::spawn(waits());
        let is_ours =
            |it: &serde_json::Value| it["name"] == "console::waits" && it["state"] == "waiting";
        let told = events
            .until(|told| told.data["live"].as_array().is_some_and(|it| it.iter().any(is_ours)))
            .await;
        let live =
            told.data["live"].as_array().unwrap().iter().find(|it| is_ours(it)).unwrap().clone();
        assert_eq!(
            (&live["attempt"], &live["limit"], &live["last_kind"]),
            (&1.into(), &2.into(), &"transient".into())
        );
        let wait = live["next_at"].as_u64().unwrap() - told.data["now_at"].as_u64().unwrap();
        assert!((3_500_000..=3_600_000).contains(&wait), "{wait}");

        let id = live["id"].as_str().unwrap();
        let answer = post(&app, &format!("/api/live/{id}/{order}"), "").await;
        assert_eq!(
            (answer.status, answer.json()["answer"].as_str()),
            (StatusCode::OK, Some("done")),
            "{order}"
        );
        let ended = tokio::time::timeout(Duration::from_secs(10), call)
            .await
            .expect("in time")
            .expect("no panic");
        let error = ended.unwrap_err();
        match end {
            Fault::Down => assert_eq!(error, end),
            Fault::Interrupted(_) => {
                assert!(
                    matches!(&error, Fault::Interrupted(it) if it.root() == Interruption::Cancelled),
                    "{error:?}"
                );
            }
        }
        events
            .until(|told| {
                told.data["live_gone"].as_array().is_some_and(|gone| gone.iter().any(|it| it == id))
            })
            .await;
        let late = post(&app, &format!("/api/live/{id}/{order}"), "").await;
        assert_eq!(
            (late.status, late.error()),
            (StatusCode::CONFLICT, "the call has ended".into())
        );
    }
    assert_eq!(post(&app, "/api/live/nobody-1/cancel", "").await.status, StatusCode::NOT_FOUND);
}

#[retryable(max = 0, breaker("console bank", window = count(10), min_calls = 2))]
fn bank(fails: bool) -> Result<u32, Fault> {
    if fails { Err(Fault::Down) } else { Ok(1) }
}

#[tokio::test]
async fn a_breaker_is_seen_and_takes_orders() {
    let app = app(console().build().expect("a console"));
    let _ = (bank(false), bank(false), bank(true));
    let find = async |app| {
        let state = get(app, "/api/snapshot").await.json();
        let all = state["breakers"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["name"] == "console bank").expect("it was used")
    };
    let seen = find(&app).await;
    assert_eq!(
        (&seen["mode"], &seen["calls"], &seen["failures"], &seen["window"]),
        (&"closed".into(), &3.into(), &1.into(), &"..f".into())
    );
    assert!(seen["settings"].as_str().unwrap().contains("window = 10"), "{seen}");

    let id = seen["id"].as_str().unwrap().replace(' ', "%20");
    let breaker = retry_runtime::breaker("console bank").expect("it was used");
    for (order, mode) in [
        ("force_open", Mode::ForcedOpen),
        ("disable", Mode::Disabled),
        ("shadow", Mode::Shadow),
        ("force_close", Mode::Closed),
        ("probe", Mode::HalfOpen),
        ("reset", Mode::Closed),
    ] {
        let answer = post(&app, &format!("/api/breakers/{id}/{order}"), "").await;
        assert_eq!((answer.status, breaker.mode()), (StatusCode::OK, mode), "{order}");
    }
    tokio::time::sleep(Duration::from_millis(120)).await;
    let told = find(&app).await["transitions"].as_array().unwrap().clone();
    assert!(told.iter().any(|it| it["from"] == "closed" && it["to"] == "forced_open"), "{told:?}");
    assert_eq!(
        post(&app, &format!("/api/breakers/{id}/explode"), "").await.status,
        StatusCode::NOT_FOUND
    );
}
