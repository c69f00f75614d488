//! Requests that are refused before anything happens.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use retry_console::Console;

use super::{Answer, BEARER, TOKEN, app, console, get, post, request, sent};

const ORDER: &str = "x-retry-console: 1";
const LOCAL: &str = "host: localhost";

/// A test for each request that must be refused: its method, its address and its headers, and the status of the answer.
macro_rules! refused {
    ($($name:ident: $method:literal $path:expr, [$($line:expr),*] => $status:ident;)+) => {
        $(#[tokio::test]
        async fn $name() {
            let lines: &[&str] = &[$($line),*];
            let answer = asked($method, $path, lines).await;
            assert_eq!(answer.status, StatusCode::$status, "{}", String::from_utf8_lossy(&answer.body));
            let body = String::from_utf8_lossy(&answer.body);
            assert!(!body.contains("[package]") && !body.contains(TOKEN), "{body}");
            assert!(answer.headers.get("set-cookie").is_none());
        })+
    };
}

/// Sends a request to a console that has a token to operate and one to look.
async fn asked(method: &str, path: &str, lines: &[&str]) -> Answer {
    let app = app(console().viewer_token("view-only-token").build().expect("a console"));
    sent(&app, request(method, path, lines, "")).await
}

const VIEWER: &str = "authorization: Bearer view-only-token";
const OPEN: &str = "/api/breakers/a-b/force_open";

refused! {
    the_state_without_a_token: "GET" "/api/snapshot", [LOCAL] => UNAUTHORIZED;
    the_stream_without_a_token: "GET" "/api/stream", [LOCAL] => UNAUTHORIZED;
    a_function_without_a_token: "GET" "/api/functions/x", [LOCAL] => UNAUTHORIZED;
    a_wrong_token: "GET" "/api/configuration", [LOCAL, "authorization: Bearer wrong-token-123"] => UNAUTHORIZED;
    a_wrong_cookie: "GET" "/api/snapshot", [LOCAL, "cookie: retry_console=wrong-token-123"] => UNAUTHORIZED;
    a_wrong_header_beside_a_good_cookie: "GET" "/api/snapshot",
        [LOCAL, "authorization: Bearer no", "cookie: retry_console=operate-token-1"] => UNAUTHORIZED;
    a_token_in_the_address_of_the_api: "GET" "/api/snapshot?token=operate-token-1", [LOCAL] => UNAUTHORIZED;
    a_wrong_token_in_the_address_of_the_page: "GET" "/?token=wrong-token-123", [LOCAL] => UNAUTHORIZED;
    the_state_under_a_name_that_was_rebound: "GET" "/api/snapshot", ["host: rebound.example", BEARER] => FORBIDDEN;
    the_page_under_a_name_that_was_rebound: "GET" "/", ["host: rebound.example"] => FORBIDDEN;
    an_order_under_a_name_that_was_rebound: "POST" OPEN, ["host: rebound.example", BEARER, ORDER] => FORBIDDEN;
    a_request_without_a_host: "GET" "/api/snapshot", [BEARER] => FORBIDDEN;
    a_read_by_a_page_of_another_site: "GET" "/api/snapshot", [LOCAL, BEARER, "origin: https://evil.example"] => FORBIDDEN;
    a_stream_for_a_page_of_another_site: "GET" "/api/stream", [LOCAL, BEARER, "sec-fetch-site: cross-site"] => FORBIDDEN;
    an_order_by_a_page_of_no_origin: "POST" OPEN, [LOCAL, BEARER, ORDER, "origin: null"] => FORBIDDEN;
    an_order_by_a_page_of_a_sister_site: "POST" OPEN, [LOCAL, BEARER, ORDER, "sec-fetch-site: same-site"] => FORBIDDEN;
    an_order_by_a_page_on_another_port: "POST" OPEN, [LOCAL, BEARER, ORDER, "origin: http://localhost:9"] => FORBIDDEN;
    an_order_without_the_header_of_orders: "POST" OPEN, [LOCAL, BEARER] => FORBIDDEN;
    an_order_by_a_reader: "POST" OPEN, [LOCAL, VIEWER, ORDER] => FORBIDDEN;
    an_order_without_a_token: "POST" OPEN, [LOCAL, ORDER] => UNAUTHORIZED;
    an_order_by_another_method: "DELETE" OPEN, [LOCAL, BEARER, ORDER] => METHOD_NOT_ALLOWED;
    an_order_to_a_page: "POST" "/index.html", [LOCAL, BEARER, ORDER] => NOT_FOUND;
    a_path_that_climbs: "GET" "/../Cargo.toml", [LOCAL, BEARER] => NOT_FOUND;
    a_path_that_climbs_in_escapes: "GET" "/..%2f..%2fCargo.toml", [LOCAL, BEARER] => NOT_FOUND;
    a_path_that_climbs_out_of_a_folder: "GET" "/vendor/..%2f..%2fCargo.toml", [LOCAL, BEARER] => NOT_FOUND;
    a_path_with_two_slashes: "GET" "//etc/passwd", [LOCAL, BEARER] => NOT_FOUND;
    a_path_with_a_zero_byte: "GET" "/index.html%00.css", [LOCAL, BEARER] => NOT_FOUND;
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
