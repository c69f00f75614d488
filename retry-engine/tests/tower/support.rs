//! Services that follow a script.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use retry_runtime::tower::RetryLayer;
use retry_runtime::{PastCall, Policy, StopReason};
use tower::{Layer, ServiceExt, service_fn};

/// A second between attempts, on a paused clock.
pub(crate) const POLICY: Policy =
    Policy::new().max(2).base(Duration::from_secs(1)).jitter(retry_runtime::Jitter::None);

pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime").block_on(future)
}

/// The statuses of a server's answers, one after the other; the last one for ever. Counts the requests.
#[derive(Clone)]
pub(crate) struct Server {
    statuses: Arc<Vec<u16>>,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn answers(statuses: &[u16]) -> Self {
        Server { statuses: Arc::new(statuses.to_vec()), seen: Arc::default() }
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().expect("no panic").len()
    }

    fn answer(&self, request: &Request<String>) -> Response<String> {
        let mut seen = self.seen.lock().expect("no panic");
        seen.push(format!("{} {}", request.method(), request.body()));
        let last = self.statuses.len() - 1;
        let status = self.statuses[(seen.len() - 1).min(last)];
        let body = format!("body {}", seen.len());
        Response::builder().status(status).body(body).expect("a valid response")
    }
}

pub(crate) fn request(method: &str) -> Request<String> {
    Request::builder().method(method).uri("/").body("hello".to_owned()).expect("a valid request")
}

/// Sends one request to the server through a layer of this name.
pub(crate) fn send(server: &Server, name: &'static str, request: Request<String>) -> (u16, String) {
    let inner = server.clone();
    let service = RetryLayer::new(name, POLICY).layer(service_fn(move |request| {
        let response = inner.answer(&request);
        async move { Ok::<_, Infallible>(response) }
    }));
    let response = run(service.oneshot(request)).expect("the service has no errors");
    (response.status().as_u16(), response.into_body())
}

/// The last failed call of the name.
pub(crate) fn last(name: &str) -> PastCall {
    retry_runtime::history(name).expect("declared").pop().expect("a failed call")
}

pub(crate) fn reason(name: &str) -> StopReason {
    last(name).report.reason
}
