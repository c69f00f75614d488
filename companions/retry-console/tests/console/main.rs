//! The console as its readers meet it: over HTTP, mounted and alone, with and without a token.

mod api;
mod cost;
mod orders;
mod peers;
mod refused;
mod scale;
mod simulate;
mod tasks;
mod workers;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use futures::StreamExt;
use retry_console::{Console, ConsoleBuilder};
use serde_json::Value;
use tower::ServiceExt;

const TOKEN: &str = "operate-token-1";

fn console() -> ConsoleBuilder {
    Console::builder().name("shop").token(TOKEN)
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    #[track_caller]
    fn error(&self) -> String {
        self.json()["error"].as_str().expect("an error says what is wrong").to_owned()
    }
}

/// A request with the headers in `lines`.
fn request(method: &str, path: &str, lines: &[&str], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header");
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

async fn sent(app: &Router, request: Request<Body>) -> Answer {
    let answer = app.clone().oneshot(request).await.expect("it cannot fail");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    Answer { status, headers, body: body.to_vec() }
}

fn app(console: Console) -> Router {
    Router::new().fallback_service(console)
}

const BEARER: &str = "authorization: Bearer operate-token-1";

/// A request with the token.
async fn get(app: &Router, path: &str) -> Answer {
    sent(app, request("GET", path, &["host: localhost", BEARER], "")).await
}

/// An order with the token.
async fn post(app: &Router, path: &str, body: &str) -> Answer {
    let lines = ["host: localhost", BEARER, "x-retry-console: 1", "content-type: application/json"];
    sent(app, request("POST", path, &lines, body)).await
}

/// An event of a stream.
#[derive(Debug)]
struct Told {
    event: String,
    id: u64,
    data: Value,
}

/// A stream of events, as a browser reads it.
struct Events {
    body: axum::body::BodyDataStream,
    read: String,
}

impl Events {
    async fn open(app: &Router, lines: &[&str]) -> Events {
        let mut all = vec!["host: localhost", BEARER];
        all.extend(lines);
        let answer = app
            .clone()
            .oneshot(request("GET", "/api/stream", &all, ""))
            .await
            .expect("it cannot fail");
        assert_eq!(answer.status(), StatusCode::OK);
        Events { body: answer.into_body().into_data_stream(), read: String::new() }
    }

    /// The next event; `None` when the stream ends.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((text, rest)) = self.read.split_once("\n\n") {
                let told = told(text);
                self.read = rest.to_owned();
                match told {
                    Some(told) => return Some(told),
                    None => continue,
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.body.next());
            let chunk = chunk.await.expect("something comes in time")?.expect("a chunk");
            self.read += &String::from_utf8_lossy(&chunk);
        }
    }

    /// The next event of which `wanted` is true.
    async fn until(&mut self, wanted: impl Fn(&Told) -> bool) -> Told {
        loop {
            let told = self.next().await.expect("the stream goes on");
            if wanted(&told) {
                return told;
            }
        }
    }
}

fn told(text: &str) -> Option<Told> {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.strip_prefix(": ").unwrap_or(line).to_owned())
    };
    Some(Told {
        event: field("event")?,
        id: field("id")?.parse().expect("a number"),
        data: serde_json::from_str(&field("data")?).expect("JSON"),
    })
}
