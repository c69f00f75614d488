//! hyper-util's pooled client against servers that fail in one way each, on the loopback interface.

#![cfg(feature = "hyper-util")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use http::{Method, Request, Version};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use retry_runtime::{Class, Classify, Kind};

/// A server that reads one request's head, writes this text and closes the connection.
fn says(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        stream.write_all(text.as_bytes()).unwrap();
    });
    address
}

fn ask(request: Request<Empty<Bytes>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let answer = client.request(request).await?;
        answer.into_body().collect().await.expect("a whole body");
        Ok(())
    })
}

#[track_caller]
fn check(request: Request<Empty<Bytes>>, kind: Kind) {
    let error = ask(request).unwrap_err();
    assert_eq!(error.classify(), Class::new(kind), "{error:?}");
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert_eq!(boxed.classify(), Class::new(kind), "{boxed:?}");
}

fn get(address: SocketAddr) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{address}/")).body(Empty::new()).unwrap()
}

#[test]
fn a_refused_connection_is_transient() {
    // Bound and not listened to, the port is nobody else's.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    check(get(closed.local_addr().unwrap()), Kind::Transient);
}

#[test]
fn a_connection_that_closes_before_the_response_is_ambiguous() {
    check(get(says("")), Kind::Ambiguous);
    check(get(says("HTTP/1.1 200 OK\r\nContent-Le")), Kind::Ambiguous);
}

#[test]
fn an_answer_in_another_protocol_is_permanent() {
    check(get(says("SSH-2.0-OpenSSH_9.9\r\n\r\n")), Kind::Permanent);
}

#[test]
fn a_request_that_the_client_does_not_support_is_permanent() {
    let mut request = get("127.0.0.1:1".parse().unwrap());
    *request.version_mut() = Version::HTTP_3;
    check(request, Kind::Permanent);
    let mut request = get("127.0.0.1:1".parse().unwrap());
    *request.version_mut() = Version::HTTP_10;
    *request.method_mut() = Method::CONNECT;
    check(request, Kind::Permanent);
}
