//! Simulated outages over the API.

use axum::http::StatusCode;
use retry_runtime::retryable;

use super::{app, console, get};

#[allow(dead_code, reason = "only listed, never called")]
#[retryable(max = 2, on = any, base = "200ms", name = "simulated::charge")]
fn charge() -> Result<u32, String> {
    Ok(1)
}

const SMALL: &str = "clients=20&capacity=40&watch=20s";

#[tokio::test]
async fn a_policy_is_simulated_beside_the_others_with_a_picture() {
    let app = app(console().build().expect("a console"));
    let path = format!("/api/simulate?policy=max%20%3D%203,%20base%20%3D%20'200ms'&{SMALL}");
    let answer = get(&app, &path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
    let found = answer.json();
    assert_eq!(found["outage"]["clients"], 20);
    let names: Vec<_> = found["rows"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
    assert_eq!(names, ["this policy", "the default", "AWS, standard mode", "no retries"]);
    // The pages' rules forbid styles inside of elements.
    let svg = found["svg"].as_str().unwrap();
    assert!(svg.starts_with("<svg ") && !svg.contains("<style") && !svg.contains("style="));
    assert_eq!(get(&app, &path).await.json(), found, "the seed is fixed");
}

#[tokio::test]
async fn a_function_of_this_process_is_simulated_and_an_unknown_one_is_not_found() {
    let app = app(console().build().expect("a console"));
    let path = format!("/api/simulate?function=simulated::charge&{SMALL}");
    let found = get(&app, &path).await.json();
    assert_eq!(found["rows"][0]["name"], "simulated::charge");
    assert!(found["rows"][0]["amplification"].as_f64() > Some(1.0), "{found}");
    assert_eq!(get(&app, "/api/simulate?function=no::such").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mistake_or_a_simulation_that_is_too_large_is_refused_with_the_remedy() {
    let app = app(console().build().expect("a console"));
    for (query, text) in [
        ("policy=mx%20%3D%203", "`policy` (mx = 3): unknown key `mx`; did you mean `max`?"),
        ("clients=many", "`clients` (many) must be a number, such as 700"),
        ("stall=5", "`stall` (5) has no unit after `5`; write a time such as 5s or 500ms"),
        ("capacity=1", "`capacity` (1) must be more than the 700 requests a second"),
        ("clients=100000&capacity=1000000", "`watch` (60 s) makes 9500000 calls"),
    ] {
        let answer = get(&app, &format!("/api/simulate?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(answer.error().starts_with(text), "{query}: {}", answer.error());
    }
    assert_eq!(get(&app, "/api/simulate?x=1").await.status, StatusCode::BAD_REQUEST);
}

/// The simulation runs on a thread of its own, so the second request is answered while the first one runs.
#[tokio::test]
async fn a_reader_has_one_simulation_at_a_time() {
    let app = app(console().build().expect("a console"));
    let first = get(&app, "/api/simulate?policy=max%20%3D%203");
    let (first, (second, other)) = tokio::join!(first, async {
        // The first request has started when this one is polled.
        (get(&app, "/api/simulate").await, get(&app, "/api/configuration").await)
    });
    assert_eq!((first.status, other.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(second.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(second.error().contains("ask again"), "{}", second.error());
    let again = get(&app, &format!("/api/simulate?{SMALL}")).await;
    assert_eq!(again.status, StatusCode::OK, "the place is free again");
}
