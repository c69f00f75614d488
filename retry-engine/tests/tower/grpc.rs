//! Answers of gRPC.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{Request, Response};
use retry_runtime::tower::{Grpc, RetryLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{POLICY, request, run};

/// The number of requests that a server which always answers with this status gets.
fn requests(name: &'static str, status: &'static str) -> u32 {
    let seen = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&seen);
    let layer = RetryLayer::new(name, POLICY.idempotent(true)).judging(Grpc);
    let service = layer.layer(service_fn(move |_: Request<String>| {
        count.fetch_add(1, Ordering::Relaxed);
        let response = Response::builder().header("grpc-status", status).body(String::new());
        async { Ok::<_, std::convert::Infallible>(response.unwrap()) }
    }));
    run(service.oneshot(request("POST"))).unwrap();
    seen.load(Ordering::Relaxed)
}

#[test]
fn a_grpc_status_is_judged_and_not_the_http_status() {
    assert_eq!(requests("tower::grpc_ok", "0"), 1);
    assert_eq!(requests("tower::grpc_unavailable", "14"), 3);
    assert_eq!(requests("tower::grpc_not_found", "5"), 1);
}
