//! Real clients and servers on the loopback interface.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::routing::any;
use axum::{Extension, Router};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use retry_runtime::tower::RetryLayer;
use retry_runtime::{Jitter, Policy};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceExt};

const POLICY: Policy = Policy::new().max(2).base(Duration::from_millis(5)).jitter(Jitter::None);

/// Every second request is answered by a 503 with a body of this length. Counts the connections.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

async fn server(length: usize) -> Server {
    let connections = Arc::new(AtomicUsize::new(0));
    let requests = Arc::new(AtomicUsize::new(0));
    let answer = move |Extension(requests): Extension<Arc<AtomicUsize>>| async move {
        match requests.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => (StatusCode::SERVICE_UNAVAILABLE, "busy".repeat(length / 4)),
            _ => (StatusCode::OK, "hello".to_owned()),
        }
    };
    let app = Router::new().route("/", any(answer)).layer(Extension(requests));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let listener = Counted { listener, connections: Arc::clone(&connections) };
    let app = app.into_make_service_with_connect_info::<Peer>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    Server { address, connections }
}

struct Counted {
    listener: TcpListener,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Peer;

impl axum::extract::connect_info::Connected<axum::serve::IncomingStream<'_, Counted>> for Peer {
    fn connect_info(_: axum::serve::IncomingStream<'_, Counted>) -> Self {
        Peer
    }
}

impl axum::serve::Listener for Counted {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let accepted = self.listener.accept().await.expect("a connection");
        self.connections.fetch_add(1, Ordering::Relaxed);
        accepted
    }

    fn local_addr(&self) -> tokio::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let _ = ConnectInfo(Peer);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime").block_on(future)
}

#[test]
fn a_retried_answer_gives_its_connection_back() {
    let connections = run(async {
        // More than hyper buffers by itself.
        let server = server(48 * 1024).await;
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let layer = RetryLayer::new("sockets::drained", POLICY)
            .replaying(|body: &Full<Bytes>| Some(body.clone()));
        let mut client = layer.layer(client);
        for _ in 0..40 {
            let request = Request::get(format!("http://{}/", server.address));
            let request = request.body(Full::default()).expect("a valid request");
            let response = client.ready().await.expect("ready").call(request).await;
            let response = response.expect("a response");
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.expect("a whole body");
            assert_eq!(body.to_bytes(), "hello");
        }
        server.connections.load(Ordering::Relaxed)
    });
    assert!(connections <= 2, "40 requests with one retry each took {connections} connections");
}

#[test]
fn a_refused_connection_is_retried_for_a_post() {
    let error = run(async {
        let closed = tokio::net::TcpSocket::new_v4().unwrap();
        closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = closed.local_addr().unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let layer = RetryLayer::new("sockets::refused", POLICY)
            .replaying(|body: &Full<Bytes>| Some(body.clone()));
        let request = Request::post(format!("http://{address}/")).body(Full::default()).unwrap();
        layer.layer(client).oneshot(request).await.expect_err("nobody listens")
    });
    assert!(error.is_connect());
    assert_eq!(retry_runtime::stats("sockets::refused").unwrap().attempts, 3);
}

macro_rules! a_client_of {
    ($feature:literal, $reqwest:ident, $test:ident) => {
        #[cfg(feature = $feature)]
        #[test]
        fn $test() {
            const NAME: &str = concat!("sockets::", $feature);
            let (texts, connections) = run(async {
                let server = server(48 * 1024).await;
                let client = $reqwest::Client::builder().no_proxy().build().unwrap();
                let mut client = RetryLayer::new(NAME, POLICY).layer(client);
                let mut texts = Vec::new();
                for _ in 0..10 {
                    let url = format!("http://{}/", server.address).parse().unwrap();
                    let request = $reqwest::Request::new($reqwest::Method::GET, url);
                    let response = client.ready().await.unwrap().call(request).await.unwrap();
                    texts.push(response.text().await.unwrap());
                }
                (texts, server.connections.load(Ordering::Relaxed))
            });
            assert_eq!(texts, ["hello"; 10]);
            assert_eq!(retry_runtime::stats(NAME).unwrap().after_retry, 10);
            assert!(connections <= 2, "{connections} connections");
        }
    };
}

a_client_of!("reqwest", reqwest, a_client_of_reqwest_0_13_is_a_service);
a_client_of!("reqwest-0-12", reqwest_0_12, a_client_of_reqwest_0_12_is_a_service);
