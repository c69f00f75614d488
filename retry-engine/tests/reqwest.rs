//! `reqwest` against servers that fail in one way each, on the loopback interface.

#![cfg(feature = "reqwest")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use retry_runtime::{Class, Classify, Kind};

/// A server that reads one request's head and then does what `answer` says.
fn server(answer: impl FnOnce(&mut TcpStream) + Send + 'static) -> SocketAddr {
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
        answer(&mut stream);
        let _ = stream.shutdown(Shutdown::Both);
    });
    address
}

fn says(text: &'static str) -> SocketAddr {
    server(move |stream| stream.write_all(text.as_bytes()).unwrap())
}

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The response's text, or what went wrong on the way.
fn get(client: reqwest::ClientBuilder, address: SocketAddr) -> reqwest::Result<String> {
    run(async {
        let response = client.build()?.get(format!("http://{address}/")).send().await?;
        response.error_for_status()?.text().await
    })
}

fn check(address: SocketAddr, kind: Kind) {
    let error = get(client(), address).unwrap_err();
    assert_eq!(error.classify(), Class::new(kind), "{error:?}");
}

#[test]
fn a_refused_connection_is_transient() {
    // Bound and not listened to, the port is nobody else's.
    let closed = tokio::net::TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    check(closed.local_addr().unwrap(), Kind::Transient);
}

#[test]
fn a_connection_that_closes_before_the_response_is_ambiguous() {
    check(says(""), Kind::Ambiguous);
}

#[test]
fn a_connection_that_closes_within_the_head_is_ambiguous() {
    check(says("HTTP/1.1 200 OK\r\nContent-Le"), Kind::Ambiguous);
}

#[test]
fn a_connection_that_closes_within_the_body_is_ambiguous() {
    check(says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), Kind::Ambiguous);
}

#[test]
fn an_answer_in_another_protocol_is_permanent() {
    check(says("SSH-2.0-OpenSSH_9.9\r\n\r\n"), Kind::Permanent);
}

#[test]
fn a_response_that_does_not_come_in_time_is_ambiguous() {
    let address = server(|stream| {
        // Ends when the client hangs up.
        let _ = stream.read(&mut [0]);
    });
    let error = get(client().timeout(Duration::from_millis(50)), address).unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.classify(), Class::new(Kind::Ambiguous));
}

#[test]
fn a_status_is_judged_by_its_code() {
    let status = |line| says(line);
    check(status("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), Kind::Ambiguous);
    check(status("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), Kind::Ambiguous);
    check(status("HTTP/1.1 504 Late\r\nContent-Length: 0\r\n\r\n"), Kind::Ambiguous);
    check(status("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"), Kind::Permanent);
}

#[test]
fn a_response_brings_its_hint() {
    let address = says("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    let class = run(async {
        let client = client().build().unwrap();
        client.get(format!("http://{address}/")).send().await.unwrap().classify()
    });
    assert_eq!(class, Class::new(Kind::Throttled).after(Duration::from_secs(7)));
}

#[test]
fn a_wrong_url_is_permanent() {
    let error = run(async { client().build()?.get("http://").send().await }).unwrap_err();
    assert!(error.is_builder());
    assert_eq!(error.classify(), Class::new(Kind::Permanent));
}

#[test]
fn endless_redirects_are_permanent() {
    let address = says("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
    let never = reqwest::redirect::Policy::custom(|attempt| attempt.error("no redirects here"));
    let error = get(client().redirect(never), address).unwrap_err();
    assert!(error.is_redirect());
    assert_eq!(error.classify(), Class::new(Kind::Permanent));
}

#[test]
fn a_description_keeps_secrets_to_itself() {
    let address = says("HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n");
    let error = run(async {
        let url = format!("http://alice:secret@{address}/path?key=secret#secret");
        let response = client().build().unwrap().get(url).send().await.unwrap();
        response.error_for_status().unwrap_err()
    });
    assert!(error.to_string().contains("key=secret"), "{error}");
    let text = error.describe();
    assert!(text.contains(&format!("http://{address}/path)")), "{text}");
    assert!(!text.contains("secret") && !text.contains("alice"), "{text}");
}
