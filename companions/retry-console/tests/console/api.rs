//! The data: snapshots, the stream, functions, the pages and where they are mounted.

use std::io;

use axum::Router;
use axum::http::{StatusCode, header};
use retry_console::Snapshot;
use retry_runtime::retryable;

use super::{BEARER, Events, app, console, get, request, sent};

#[retryable(max = 2, base = "0s", on = any, name = "console::read", idempotent)]
fn read(fails: u32) -> io::Result<u32> {
    static LEFT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    use std::sync::atomic::Ordering::Relaxed;
    if LEFT.load(Relaxed) == 0 {
        LEFT.store(fails + 1, Relaxed);
    }
    match LEFT.fetch_sub(1, Relaxed) {
        1 => Ok(1),
        left => Err(io::Error::other(format!("disk {left} is busy"))),
    }
}

#[tokio::test]
async fn a_snapshot_tells_what_the_engine_counted() {
    let app = app(console().build().expect("a console"));
    for fails in [0, 0, 1, 5] {
        let _ = read(fails);
    }
    let _ = read(0);
    let answer = get(&app, "/api/snapshot").await;
    assert_eq!(answer.status, StatusCode::OK);
    let state: Snapshot = serde_json::from_slice(&answer.body).expect("a snapshot");
    assert_eq!((state.processes.len(), state.processes[0].name.as_str()), (1, "shop"));
    let function =
        state.functions.iter().find(|it| it.name == "console::read").expect("it is listed");
    let stats = retry_runtime::stats("console::read").expect("it is linked");
    assert_eq!((function.counts.calls, function.counts.attempts), (stats.calls(), stats.attempts));
    assert_eq!(
        (function.counts.first_try, function.counts.saved, function.counts.failed),
        (stats.first_try, stats.after_retry, stats.failed)
    );
    assert!(function.counts.saved > 0 && function.counts.failed > 0);
    assert!(state.overview.counts.calls >= function.counts.calls);
    assert!(function.file.ends_with("api.rs") && function.line > 0);

    let detail = get(&app, "/api/functions/console%3A%3Aread").await.json();
    let max = detail["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["setting"] == "max")
        .unwrap()
        .clone();
    assert_eq!(max["value"], "2");
    assert!(max["origin"].as_str().unwrap().starts_with("attribute"), "{max}");
    assert_eq!(detail["calls"][0]["attempts"][0]["number"], 1);
    assert_eq!(
        detail["errors"].as_array().unwrap().len(),
        1,
        "the numbers of the disks make no groups: {detail}"
    );
}

#[tokio::test]
async fn a_stream_begins_with_everything_and_goes_on_with_what_changes() {
    let app = app(console().build().expect("a console"));
    let mut events = Events::open(&app, &[]).await;
    let first = events.next().await.expect("a snapshot");
    assert_eq!((first.event.as_str(), &first.data["id"]), ("snapshot", &first.id.into()));
    assert_eq!(first.data["role"], "operate");
    #[retryable(max = 0, on = any, name = "console::streamed")]
    fn streamed() -> Result<u32, String> {
        Ok(1)
    }
    streamed().unwrap();
    let delta = events
        .until(|told| {
            told.data["functions"]
                .as_array()
                .is_some_and(|it| it.iter().any(|it| it["name"] == "console::streamed"))
        })
        .await;
    assert_eq!(delta.event, "delta");
    assert!(
        delta.data["functions"].as_array().unwrap().len()
            < first.data["functions"].as_array().unwrap().len()
    );

    // The same reader after an interruption.
    let last = format!("last-event-id: {}", first.id);
    let mut again = Events::open(&app, &[&last]).await;
    let missed = again.next().await.expect("the changes since");
    assert_eq!((missed.event.as_str(), missed.id), ("delta", first.id + 1));
}

#[tokio::test]
async fn the_pages_are_found_wherever_the_console_is_mounted() {
    let console = console().build().expect("a console");
    let mounts = [
        (app(console.clone()), ""),
        (Router::new().nest_service("/x", console.clone()), "/x"),
        (Router::new().nest_service("/admin/retry/", console.clone()), "/admin/retry"),
    ];
    for (app, mount) in mounts {
        let page = get(&app, &format!("{mount}/")).await;
        assert_eq!(page.status, StatusCode::OK, "{mount}");
        assert!(page.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
        assert_eq!(
            get(&app, &format!("{mount}/style.css")).await.status,
            StatusCode::OK,
            "{mount}"
        );
        assert_eq!(
            get(&app, &format!("{mount}/api/snapshot")).await.status,
            StatusCode::OK,
            "{mount}"
        );
        assert_eq!(
            get(&app, &format!("{mount}/nothing.js")).await.status,
            StatusCode::NOT_FOUND,
            "{mount}"
        );
    }
    // Addresses in the page are relative, so the folder has its slash.
    let app = Router::new().nest_service("/x", console);
    let moved = get(&app, "/x").await;
    assert_eq!(
        (moved.status, &moved.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/x/".parse().unwrap())
    );
}

#[tokio::test]
async fn a_token_in_the_address_becomes_a_cookie_that_no_script_reads() {
    let app = Router::new().nest_service("/x", console().build().expect("a console"));
    let path = format!("/x/?token={}", super::TOKEN);
    let moved = sent(&app, request("GET", &path, &["host: localhost"], "")).await;
    assert_eq!(
        (moved.status, &moved.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/x/".parse().unwrap())
    );
    let cookie = moved.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict")
            && cookie.contains("Path=/x/"),
        "{cookie}"
    );
    let line = format!("cookie: {}", cookie.split(';').next().unwrap());
    let state =
        sent(&app, request("GET", "/x/api/snapshot", &["host: localhost", &line], "")).await;
    assert_eq!(state.status, StatusCode::OK);
    // A reader with the cookie who follows the address again is sent on without the token.
    let again = sent(&app, request("GET", &path, &["host: localhost", &line], "")).await;
    assert_eq!(
        (again.status, &again.headers[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/x/".parse().unwrap())
    );
}

#[tokio::test]
async fn every_answer_has_the_rules_for_browsers() {
    let app = app(console().build().expect("a console"));
    let anonymous = request("GET", "/api/snapshot", &["host: localhost"], "");
    for answer in [
        get(&app, "/").await,
        get(&app, "/api/snapshot").await,
        get(&app, "/nothing").await,
        sent(&app, anonymous).await,
    ] {
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';")
                && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.headers[header::X_FRAME_OPTIONS], "DENY");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(answer.headers.contains_key(header::CACHE_CONTROL));
    }
    let _ = BEARER;
}

#[tokio::test]
async fn a_configuration_is_told_with_its_changes() {
    let app = app(console().build().expect("a console"));
    get(&app, "/api/snapshot").await;
    let config = retry_config::Config::from_toml("[op.\"console::configured\"]\nmax = 7")
        .expect("a configuration");
    retry_config::apply(config).expect("it fits");
    #[retryable(max = 2, on = any, name = "console::configured")]
    fn configured() -> Result<u32, String> {
        Ok(1)
    }
    configured().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(120)).await;
    let told = get(&app, "/api/configuration").await.json();
    let texts: Vec<&str> =
        told["changes"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert!(texts.contains(&"console::configured: max 2 → 7"), "{texts:?}");
    retry_config::reset();
}
