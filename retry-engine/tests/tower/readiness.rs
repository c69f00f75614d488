//! When a service is asked whether it is ready.

use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use retry_runtime::tower::RetryLayer;
use retry_runtime::{Interruption, Kind, StopReason};
use tower::{BoxError, Layer, Service, ServiceExt};

use crate::support::{POLICY, last, reason, request, run};

/// The answer of a service to the question whether it is ready.
#[derive(Clone, Copy)]
enum Answer {
    Ready,
    Fails,
    Never,
}

/// A service whose calls all get this status. It panics if it is called and was not ready.
struct Picky {
    script: Arc<Mutex<VecDeque<Answer>>>,
    log: Arc<Mutex<Vec<(&'static str, Duration)>>>,
    started: tokio::time::Instant,
    status: u16,
    ready: bool,
}

impl Clone for Picky {
    fn clone(&self) -> Self {
        let (script, log) = (Arc::clone(&self.script), Arc::clone(&self.log));
        Picky { script, log, started: self.started, status: self.status, ready: false }
    }
}

impl Picky {
    fn new(script: &[Answer], status: u16) -> Self {
        let script = Arc::new(Mutex::new(script.iter().copied().collect()));
        let started = tokio::time::Instant::now();
        Picky { script, log: Arc::default(), started, status, ready: false }
    }

    fn note(&self, what: &'static str) {
        self.log.lock().unwrap().push((what, self.started.elapsed()));
    }
}

impl Service<Request<String>> for Picky {
    type Response = Response<String>;
    type Error = BoxError;
    type Future = Ready<Result<Response<String>, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(Answer::Ready);
        match answer {
            Answer::Ready => {
                self.note("ready");
                self.ready = true;
                Poll::Ready(Ok(()))
            }
            Answer::Fails => {
                self.note("failed");
                let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                Poll::Ready(Err(reset.into()))
            }
            Answer::Never => Poll::Pending,
        }
    }

    fn call(&mut self, _: Request<String>) -> Self::Future {
        assert!(self.ready, "called without being ready");
        self.ready = false;
        self.note("called");
        ready(Ok(Response::builder().status(self.status).body(String::new()).unwrap()))
    }
}

#[test]
fn readiness_is_polled_for_each_attempt_after_its_pause() {
    let log = run(async {
        let picky = Picky::new(&[], 503);
        let service = RetryLayer::new("tower::ready", POLICY).layer(picky.clone());
        service.oneshot(request("GET")).await.unwrap();
        picky.log.lock().unwrap().clone()
    });
    let second = |at| Duration::from_secs(at);
    assert_eq!(
        log,
        [
            ("ready", second(0)),
            ("called", second(0)),
            ("ready", second(1)),
            ("called", second(1)),
            ("ready", second(3)),
            ("called", second(3)),
        ]
    );
}

#[test]
fn a_service_that_fails_to_become_ready_has_sent_nothing_so_a_post_is_retried() {
    let (status, log) = run(async {
        // Once for the caller, and once for the first attempt.
        let picky = Picky::new(&[Answer::Fails, Answer::Fails], 200);
        let service = RetryLayer::new("tower::unready", POLICY).layer(picky.clone());
        let response = service.oneshot(request("POST")).await.unwrap();
        (response.status(), picky.log.lock().unwrap().clone())
    });
    assert_eq!(status, 200);
    let words: Vec<_> = log.iter().map(|(what, _)| *what).collect();
    assert_eq!(words, ["failed", "failed", "ready", "called"]);
}

#[test]
fn a_timeout_before_anything_was_sent_is_transient_so_a_post_is_retried() {
    let status = run(async {
        let policy = POLICY.timeout(Duration::from_secs(5));
        // Asked by the caller, and twice by the first attempt: at its start, and when its time is over.
        let script = [Answer::Fails, Answer::Never, Answer::Never, Answer::Ready];
        let picky = Picky::new(&script, 200);
        let service = RetryLayer::new("tower::slow", policy).limited().layer(picky);
        service.oneshot(request("POST")).await.unwrap().status()
    });
    assert_eq!(status, 200);
    let stats = retry_runtime::stats("tower::slow").unwrap();
    assert_eq!((stats.after_retry, stats.failures.transient, stats.failures.ambiguous), (1, 1, 0));
}

#[test]
fn a_timeout_after_the_request_was_sent_may_have_acted() {
    let error = run(async {
        let policy = POLICY.timeout(Duration::from_secs(5));
        let hangs = tower::service_fn(async |_: Request<String>| {
            std::future::pending::<Result<Response<String>, BoxError>>().await
        });
        let service = RetryLayer::new("tower::hangs", policy).limited().layer(hangs);
        service.oneshot(request("POST")).await.unwrap_err()
    });
    assert!(matches!(error.downcast_ref(), Some(Interruption::TimedOut { .. })), "{error}");
    assert_eq!(reason("tower::hangs"), StopReason::Ambiguous);
    assert_eq!(last("tower::hangs").report.attempts[0].kind, Some(Kind::Ambiguous));
}
