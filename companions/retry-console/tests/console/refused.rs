//! Requests that are refused before anything happens.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use retry_console::Console;

use super::{BEARER, app, console, get, post, request, sent};

const ORDER: &str = "x-retry-console: 1";
const LOCAL: &str = "host: localhost";

#[tokio::test]
async fn every_request_that_an_attacker_would_send_is_refused() {
    let app = app(console().viewer_token("view-only-token").build().expect("a console"));
    let viewer = "authorization: Bearer view-only-token";
    let order = "/api/breakers/a-b/force_open";
    let forbidden = StatusCode::FORBIDDEN;
    let cases: &[(&str, &str, &[&str], StatusCode)] = &[
        ("GET", "/api/snapshot", &[LOCAL], StatusCode::UNAUTHORIZED),
        ("GET", "/api/stream", &[LOCAL], StatusCode::UNAUTHORIZED),
        ("GET", "/api/functions/x", &[LOCAL], StatusCode::UNAUTHORIZED),
        (
            "GET",
            "/api/configuration",
            &[LOCAL, "authorization: Bearer wrong-token-123"],
            StatusCode::UNAUTHORIZED,
        ),
        (
            "GET",
            "/api/snapshot",
            &[LOCAL, "cookie: retry_console=wrong-token-123"],
            StatusCode::UNAUTHORIZED,
        ),
        ("GET", "/api/snapshot?token=operate-token-1", &[LOCAL], StatusCode::UNAUTHORIZED),
        ("GET", "/?token=wrong-token-123", &[LOCAL], StatusCode::UNAUTHORIZED),
        ("GET", "/api/snapshot", &["host: rebound.example", BEARER], forbidden),
        ("GET", "/", &["host: rebound.example"], forbidden),
        ("GET", "/api/snapshot", &[BEARER], forbidden),
        ("GET", "/api/snapshot", &[LOCAL, BEARER, "origin: https://evil.example"], forbidden),
        ("GET", "/api/stream", &[LOCAL, BEARER, "sec-fetch-site: cross-site"], forbidden),
        ("POST", order, &[LOCAL, BEARER], forbidden),
        ("POST", order, &[LOCAL, viewer, ORDER], forbidden),
        ("POST", order, &[LOCAL, ORDER], StatusCode::UNAUTHORIZED),
        ("POST", order, &[LOCAL, BEARER, ORDER, "origin: null"], forbidden),
        ("POST", order, &[LOCAL, BEARER, ORDER, "sec-fetch-site: same-site"], forbidden),
        ("DELETE", order, &[LOCAL, BEARER, ORDER], StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/../Cargo.toml", &[LOCAL, BEARER], StatusCode::NOT_FOUND),
        ("GET", "/..%2f..%2fCargo.toml", &[LOCAL, BEARER], StatusCode::NOT_FOUND),
        ("GET", "/vendor/..%2f..%2fCargo.toml", &[LOCAL, BEARER], StatusCode::NOT_FOUND),
        ("GET", "//etc/passwd", &[LOCAL, BEARER], StatusCode::NOT_FOUND),
        ("POST", "/index.html", &[LOCAL, BEARER, ORDER], StatusCode::NOT_FOUND),
    ];
    for (method, path, lines, status) in cases {
        let answer = sent(&app, request(method, path, lines, "")).await;
        assert_eq!(answer.status, *status, "{method} {path} {lines:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("[package]"), "{path}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let tasks = retry_tasks::Tasks::memory();
    let app = app(console().tasks(&tasks).build().expect("a console"));
    let answer = post(&app, "/api/tasks/bulk", &" ".repeat(65 << 10)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_console_without_a_token_answers_its_own_machine_alone() {
    let app = app(Console::builder().build().expect("a console"));
    assert_eq!(
        sent(&app, request("GET", "/api/snapshot", &[LOCAL], "")).await.status,
        StatusCode::OK
    );
    let mut far = request("GET", "/api/snapshot", &[LOCAL], "");
    far.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 9], 4000))));
    let answer = sent(&app, far).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.error().contains("token_from_env"), "{}", answer.error());
}

#[tokio::test]
async fn a_reader_without_a_token_gets_the_page_that_asks_for_it_and_no_data() {
    let app = app(console().build().expect("a console"));
    for path in ["/", "/style.css", "/api.js"] {
        assert_eq!(
            sent(&app, request("GET", path, &[LOCAL], "")).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    assert_eq!(
        sent(&app, request("GET", "/api/configuration", &[LOCAL], "")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_read_only_console_takes_no_orders_and_says_so_to_the_page() {
    let app = app(console().read_only().build().expect("a console"));
    assert_eq!(get(&app, "/api/snapshot").await.json()["role"], "view");
    let answer = post(&app, "/api/breakers/a-b/force_open", "").await;
    assert_eq!(
        (answer.status, answer.error()),
        (StatusCode::FORBIDDEN, "this console is read-only".into())
    );
}

#[tokio::test]
async fn settings_that_make_no_safe_console_are_refused() {
    let error = Console::builder().token("short").build().unwrap_err().to_string();
    assert!(error.contains("`token` must be at least 12 letters"), "{error}");
    assert!(!error.contains("short\""), "a token is not repeated: {error}");
    let error =
        Console::builder().token_from_env("RETRY_CONSOLE_NO_SUCH").build().unwrap_err().to_string();
    assert!(error.contains("`RETRY_CONSOLE_NO_SUCH` has no token"), "{error}");
    let error = Console::builder().peers(["10.0.0.2:7600"]).build().unwrap_err().to_string();
    assert!(error.contains("must begin with `http://`"), "{error}");
    let open = Console::builder().build().expect("a console");
    let error = open.serve("0.0.0.0:0").await.unwrap_err().to_string();
    assert!(error.contains("give the console a token"), "{error}");
}

#[tokio::test]
async fn an_order_for_a_peer_is_refused_before_it_is_passed_on() {
    let tasks = retry_tasks::Tasks::memory();
    let app =
        app(console().viewer_token("view-only-token").tasks(&tasks).build().expect("a console"));
    let viewer = "authorization: Bearer view-only-token";
    for path in
        ["/api/tasks/1/retry", "/api/tasks/bulk", "/api/workers/1/pause", "/api/jobs/1/stop"]
    {
        let path = format!("{path}?process=a1b2c3");
        let refused = sent(&app, request("POST", &path, &[LOCAL, viewer, ORDER], "")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        let refused = sent(&app, request("POST", &path, &[LOCAL, BEARER], "")).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "without the header: {path}");
    }
    let large = post(&app, "/api/tasks/bulk?process=a1b2c3", &" ".repeat(65 << 10)).await;
    assert_eq!(large.status, StatusCode::NOT_FOUND, "there is no such peer");
}
