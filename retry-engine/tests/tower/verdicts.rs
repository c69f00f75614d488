//! Which answers are retried, and what the caller gets.

use retry_runtime::tower::RetryLayer;
use retry_runtime::{Class, Kind, StopReason};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{POLICY, Server, last, reason, request, run, send};

#[test]
fn a_status_that_is_a_failure_is_retried() {
    let server = Server::answers(&[503, 200]);
    assert_eq!(send(&server, "tower::retried", request("GET")), (200, "body 2".to_owned()));
    let stats = retry_runtime::stats("tower::retried").expect("declared");
    assert_eq!((stats.after_retry, stats.attempts), (1, 2));
}

#[test]
fn the_last_failure_is_itself_returned_with_its_whole_body() {
    let server = Server::answers(&[503, 502, 500]);
    assert_eq!(send(&server, "tower::returned", request("GET")), (500, "body 3".to_owned()));
    assert_eq!(reason("tower::returned"), StopReason::Exhausted);
    let texts = last("tower::returned");
    let texts: Vec<_> = texts.report.attempts.iter().filter_map(|it| it.error.as_deref()).collect();
    assert_eq!(texts[..2], ["503 Service Unavailable", "502 Bad Gateway"]);
}

#[test]
fn another_4xx_is_an_answer_and_no_failure() {
    let server = Server::answers(&[404]);
    assert_eq!(send(&server, "tower::answered", request("GET")).0, 404);
    assert_eq!(server.requests(), 1);
    assert_eq!(retry_runtime::stats("tower::answered").expect("declared").first_try, 1);
}

#[test]
fn idempotency_belongs_to_the_request() {
    for (method, requests) in [("GET", 3), ("PUT", 3), ("DELETE", 3), ("POST", 1), ("PATCH", 1)] {
        let server = Server::answers(&[500]);
        assert_eq!(send(&server, "tower::methods", request(method)).0, 500);
        assert_eq!(server.requests(), requests, "{method}");
    }
    assert_eq!(reason("tower::methods"), StopReason::Ambiguous);
    let server = Server::answers(&[500, 200]);
    let mut keyed = request("POST");
    keyed.headers_mut().insert("idempotency-key", http::HeaderValue::from_static("7"));
    assert_eq!(send(&server, "tower::keyed", keyed).0, 200);
}

#[test]
fn a_post_that_was_refused_is_retried() {
    let server = Server::answers(&[425, 429, 200]);
    assert_eq!(send(&server, "tower::refused", request("POST")).0, 200);
    assert_eq!(*server.seen.lock().unwrap(), ["POST hello"; 3]);
}

#[test]
fn what_the_policy_declares_goes_before_the_method() {
    let calls = |policy: retry_runtime::Policy, name: &'static str, method| {
        let server = Server::answers(&[500]);
        let seen = server.clone();
        let layer = RetryLayer::new(name, policy);
        let service = layer.layer(service_fn(move |_: http::Request<String>| {
            seen.seen.lock().unwrap().push(String::new());
            let answer = http::Response::builder().status(500).body(String::new()).unwrap();
            async { Ok::<_, std::convert::Infallible>(answer) }
        }));
        run(service.oneshot(request(method))).unwrap();
        server.requests()
    };
    assert_eq!(calls(POLICY.idempotent(true), "tower::declared", "POST"), 3);
    assert_eq!(calls(POLICY.idempotent(false), "tower::denied", "GET"), 1);
}

#[test]
fn a_closure_judges_answers_of_any_type() {
    let judge = |result: &Result<u32, String>| match result {
        Ok(found) => (*found < 3).then(|| Class::new(Kind::Transient)),
        Err(_) => Some(Class::new(Kind::Permanent)),
    };
    #[derive(Clone)]
    struct Ask;
    impl retry_runtime::tower::Replay for Ask {
        fn again(&self) -> Option<Self> {
            Some(Ask)
        }
    }
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&asked);
    let service = RetryLayer::new("tower::closure", POLICY).judging(judge).layer(service_fn(
        move |_: Ask| {
            let found = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            async move { Ok::<_, String>(found) }
        },
    ));
    assert_eq!(run(service.oneshot(Ask)), Ok(3));
}

#[test]
fn layers_of_one_name_share_one_site_however_often_they_are_applied() {
    for _ in 0..100 {
        let server = Server::answers(&[200]);
        send(&server, "tower::often", request("GET"));
    }
    assert_eq!(retry_runtime::stats("tower::often").expect("declared").first_try, 100);
    assert_eq!(retry_runtime::sites_named("tower::often").len(), 1);
}
