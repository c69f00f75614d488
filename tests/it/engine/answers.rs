//! Calls whose failures are answers of a server over HTTP.

use std::cell::Cell;

use http::Response;
use retry_runtime::breaker::Mode;
use retry_runtime::{
    CheckStatus, Interruption, Kind, StatusError, StopReason, observe_blocking, retryable,
};

#[derive(Debug, PartialEq, thiserror::Error, retry_runtime::Classify)]
enum Failure {
    #[error(transparent)]
    #[classify(inherit)]
    Status(#[from] StatusError),
    #[error(transparent)]
    #[classify(interruption)]
    Interrupted(Interruption),
}

/// Answers with this status, and counts the requests.
fn answer(status: u16, requests: &Cell<u32>) -> Result<(), Failure> {
    requests.set(requests.get() + 1);
    Response::builder().status(status).body(()).expect("a response").check_status()?;
    Ok(())
}

#[retryable(max = 3, base = "0s", budget = none, name = "answers::post")]
fn post(status: u16, requests: &Cell<u32>) -> Result<(), Failure> {
    answer(status, requests)
}

#[retryable(max = 3, base = "0s", budget = none, idempotent, name = "answers::put")]
fn put(status: u16, requests: &Cell<u32>) -> Result<(), Failure> {
    answer(status, requests)
}

#[test]
fn a_post_that_a_proxy_answers_with_a_bare_503_is_made_once() {
    for status in [408, 500, 502, 503, 504, 507, 520, 599] {
        let requests = Cell::new(0);
        let (result, report) = observe_blocking(|| post(status, &requests));
        assert!(result.is_err());
        assert_eq!((requests.get(), report.reason), (1, StopReason::Ambiguous), "{status}");
        let requests = Cell::new(0);
        let (_, report) = observe_blocking(|| put(status, &requests));
        assert_eq!((requests.get(), report.reason), (4, StopReason::Exhausted), "{status}");
    }
}

#[test]
fn a_refusal_that_the_next_attempt_meets_again_is_made_once() {
    for status in [400, 404, 409, 418, 501, 505, 506, 508, 510, 511] {
        let requests = Cell::new(0);
        let (_, report) = observe_blocking(|| put(status, &requests));
        assert_eq!((requests.get(), report.reason), (1, StopReason::Permanent), "{status}");
    }
    for (status, kind) in [(425, Kind::Transient), (429, Kind::Throttled)] {
        let requests = Cell::new(0);
        let (_, report) = observe_blocking(|| post(status, &requests));
        assert_eq!((requests.get(), report.attempts[0].kind), (4, Some(kind)), "{status}");
    }
}

#[test]
fn an_idempotent_500_is_retried_and_opens_the_breaker() {
    #[retryable(max = 3, base = "0s", budget = none, idempotent, breaker("answers_up", consecutive = 3))]
    fn get(requests: &Cell<u32>) -> Result<(), Failure> {
        answer(500, requests)
    }
    let requests = Cell::new(0);
    let (_, report) = observe_blocking(|| get(&requests));
    assert_eq!((requests.get(), report.reason), (3, StopReason::CircuitOpen));
    let breaker = retry_runtime::breaker("answers_up").expect("a breaker");
    assert_eq!(breaker.mode(), Mode::Open);
    for _ in 0..49 {
        assert!(matches!(get(&requests), Err(Failure::Interrupted(_))));
    }
    assert_eq!(requests.get(), 3);
}
