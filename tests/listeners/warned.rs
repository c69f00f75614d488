//! The warnings for an empty budget and for a function that does not say whether it may run twice.

use std::time::Duration;

use retry_runtime::{Classify, retryable};
use tokio::time::advance;

use super::capture::Capture;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[error("down")]
#[classify(transient)]
struct Down;

fn take_warnings(capture: &Capture) -> Vec<String> {
    capture.take().into_iter().filter(|line| line.contains("budget is spent")).collect()
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_is_warned_about_once_per_site_and_minute_with_a_remedy() {
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "warned::a")]
    async fn a() -> Result<u32, Down> {
        Err(Down)
    }
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "warned::b")]
    async fn b() -> Result<u32, Down> {
        Err(Down)
    }
    let capture = Capture::new(&["site", "message"]);
    let _listening = capture.listen();
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(
        take_warnings(&capture),
        [
            "WARN \"warned::a\" the retry budget is spent: 0 of 1 tokens left, a retry costs 1: failures are \
             returned without a retry until calls succeed again; `budget(capacity = …)` allows more retries, \
             `budget = none` turns it off"
        ]
    );
    b().await.unwrap_err();
    assert_eq!(take_warnings(&capture).len(), 1, "each site warns separately");
    advance(Duration::from_secs(59)).await;
    a().await.unwrap_err();
    assert_eq!(take_warnings(&capture).len(), 0);
    advance(Duration::from_secs(1)).await;
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(take_warnings(&capture).len(), 1);
}

#[test]
fn a_failure_that_may_have_taken_effect_is_warned_about_once_where_nothing_is_declared() {
    #[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Classify)]
    enum Failure {
        #[error("reset")]
        #[classify(ambiguous)]
        Reset,
        #[error("no such thing")]
        #[classify(permanent)]
        Unknown,
        #[error("down")]
        #[classify(transient)]
        Down,
    }
    #[retryable(max = 1, base = "0s", name = "warned::undeclared")]
    fn undeclared(failure: Failure) -> Result<u32, Failure> {
        Err(failure)
    }
    #[retryable(max = 1, base = "0s", idempotent = false, name = "warned::not_idempotent")]
    fn not_idempotent(failure: Failure) -> Result<u32, Failure> {
        Err(failure)
    }
    #[retryable(max = 1, base = "0s", idempotent, name = "warned::idempotent")]
    fn idempotent(failure: Failure) -> Result<u32, Failure> {
        Err(failure)
    }
    let capture = Capture::new(&["name", "message"]);
    let _listening = capture.listen();
    let take = || {
        let lines = capture.take().into_iter();
        lines.filter(|line| line.contains("declare `idempotent`")).collect::<Vec<_>>()
    };
    for call in [undeclared, not_idempotent, idempotent] {
        call(Failure::Unknown).unwrap_err();
        call(Failure::Down).unwrap_err();
    }
    not_idempotent(Failure::Reset).unwrap_err();
    idempotent(Failure::Reset).unwrap_err();
    assert_eq!(take(), [""; 0]);
    undeclared(Failure::Reset).unwrap_err();
    undeclared(Failure::Reset).unwrap_err();
    assert_eq!(
        take(),
        [
            "WARN \"warned::undeclared\" a call ended because its failure may have taken effect: declare \
             `idempotent` to retry such failures, or `idempotent = false` to silence this warning"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_sent_twice_is_warned_about_once_for_each_layer() {
    use retry_runtime::tower::{Again, RetryLayer};
    use tower::{Layer, ServiceExt, service_fn};

    struct Once;
    impl Again for Once {
        fn again(&self) -> Option<Self> {
            None
        }
    }
    let layer = RetryLayer::new("warned::once", retry_runtime::Policy::new());
    let service = layer.layer(service_fn(async |_: http::Request<Once>| {
        let response = http::Response::builder().status(503).body(String::new());
        Ok::<_, std::convert::Infallible>(response.expect("a valid response"))
    }));
    let capture = Capture::new(&["name", "message"]);
    let _listening = capture.listen();
    for _ in 0..3 {
        let request = http::Request::put("/").body(Once).expect("a valid request");
        assert_eq!(service.clone().oneshot(request).await.expect("no error").status(), 503);
    }
    let lines = capture.take().into_iter().filter(|line| line.contains("second time"));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [
            "WARN \"warned::once\" a request that failed cannot be sent a second time, so it is not retried: give it a \
             body that can be cloned, or keep the beginning of bodies by `ReplayBodyLayer`"
        ]
    );
}
