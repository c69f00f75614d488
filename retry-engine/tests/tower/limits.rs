//! Layers whose limits and breaker end or refuse attempts.

use std::time::Duration;

use http::{Request, Response};
use retry_runtime::breaker::BreakerSettings;
use retry_runtime::tower::RetryLayer;
use retry_runtime::{Interruption, Policy, StopReason};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use crate::support::{POLICY, reason, request, run};

#[test]
fn a_breaker_refuses_calls_with_an_interruption_in_the_box() {
    let settings = BreakerSettings::new().consecutive(3);
    let mut service = RetryLayer::new("tower::breaker", POLICY).breaker(settings).layer(
        service_fn(async |_: Request<String>| {
            Ok::<_, BoxError>(Response::builder().status(503).body(String::new()).unwrap())
        }),
    );
    let (status, error) = run(async {
        let first = service.ready().await.unwrap().call(request("GET")).await.unwrap();
        let refused = service.ready().await.unwrap().call(request("GET")).await.unwrap_err();
        (first.status(), refused)
    });
    assert_eq!(status, 503);
    assert!(matches!(error.downcast_ref(), Some(Interruption::CircuitOpen { .. })), "{error}");
    assert!(retry_runtime::breaker("tower::breaker").is_some(), "found by name");
}

#[test]
fn a_deadline_ends_a_call_that_hangs() {
    let policy = Policy::new().deadline(Duration::from_secs(3));
    let service = RetryLayer::new("tower::deadline", policy).limited().layer(service_fn(
        async |_: Request<String>| {
            std::future::pending::<Result<Response<String>, std::io::Error>>().await
        },
    ));
    let error = run(service.oneshot(request("GET"))).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(Interruption::DeadlinePassed)), "{error}");
    assert_eq!(reason("tower::deadline"), StopReason::Deadline);
}

#[test]
fn an_empty_budget_returns_the_last_response() {
    let budget = retry_runtime::budget::BudgetSettings::new().capacity(1);
    let service = RetryLayer::new("tower::budget", POLICY.max(5)).budget(budget).layer(service_fn(
        async |_: Request<String>| {
            Ok::<_, std::io::Error>(Response::builder().status(503).body(String::new()).unwrap())
        },
    ));
    assert_eq!(run(service.oneshot(request("GET"))).unwrap().status(), 503);
    assert_eq!(reason("tower::budget"), StopReason::Budget);
}

#[test]
fn the_middleware_of_tower_inside_is_classified() {
    use tower::load_shed::LoadShedLayer;
    use tower::timeout::TimeoutLayer;

    let hangs = service_fn(async |_: Request<String>| {
        std::future::pending::<Result<Response<String>, std::convert::Infallible>>().await
    });
    let layer = RetryLayer::new("tower::middleware", POLICY);
    let timed = TimeoutLayer::new(Duration::from_secs(1)).layer(hangs);
    let service = layer.layer(LoadShedLayer::new().layer(timed));
    let error = run(service.oneshot(request("POST"))).unwrap_err();
    assert!(error.is::<tower::timeout::error::Elapsed>(), "the error stays as it is: {error}");
    assert_eq!(reason("tower::middleware"), StopReason::Ambiguous);
}

#[test]
#[should_panic(expected = "`timeout` of the layer `tower::unlimited` cannot end an attempt")]
fn a_timeout_that_would_do_nothing_is_refused() {
    let policy = POLICY.timeout(Duration::from_secs(5));
    let _ = RetryLayer::new("tower::unlimited", policy).layer(service_fn(
        async |_: Request<String>| Ok::<_, std::io::Error>(Response::new(String::new())),
    ));
}
