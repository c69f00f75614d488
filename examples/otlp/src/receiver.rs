//! A receiver of OTLP over HTTP, as JSON, on loopback: as much of a collector as the example needs.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The bodies of all requests, by their paths.
type Bodies = Arc<Mutex<Vec<(String, Value)>>>;

pub(crate) struct Receiver {
    address: SocketAddr,
    bodies: Bodies,
}

impl Receiver {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, bodies) = (listener.local_addr()?, Bodies::default());
        let kept = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream, Arc::clone(&kept)));
            }
        });
        Ok(Receiver { address, bodies })
    }

    /// The address to push to.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Received {
        Received(self.bodies.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Answers the requests of one connection.
async fn receive(mut stream: TcpStream, bodies: Bodies) -> io::Result<()> {
    let mut read = Vec::new();
    loop {
        let Some((path, body, length)) = request(&read) else {
            let mut part = [0; 8192];
            match stream.read(&mut part).await? {
                0 => return Ok(()),
                count => read.extend_from_slice(&part[..count]),
            }
            continue;
        };
        bodies.lock().unwrap_or_else(PoisonError::into_inner).push((path, body));
        read.drain(..length);
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            )
            .await?;
    }
}

/// The path and the body of the first request, and its length; `None` while it is not complete.
fn request(read: &[u8]) -> Option<(String, Value, usize)> {
    let end = read.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&read[..end]).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok()).flatten()
    });
    let all = end + 4 + length.unwrap_or(0);
    let body = read.get(end + 4..all)?;
    Some((path, serde_json::from_slice(body).unwrap_or_default(), all))
}

/// The requests that the receiver has got.
pub(crate) struct Received(Vec<(String, Value)>);

/// A span of an attempt.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) site: String,
    pub(crate) resend_count: Option<i64>,
}

impl Received {
    /// All objects below the field `list`, however deep.
    fn all(&self, path: &str, list: &str) -> Vec<&Value> {
        fn collect<'v>(value: &'v Value, list: &str, found: &mut Vec<&'v Value>) {
            match value {
                Value::Object(fields) => {
                    for (name, value) in fields {
                        if name == list {
                            found.extend(value.as_array().into_iter().flatten());
                        }
                        collect(value, list, found);
                    }
                }
                Value::Array(values) => values.iter().for_each(|value| collect(value, list, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        let bodies = self.0.iter().filter(|(at, _)| at == path);
        bodies.for_each(|(_, body)| collect(body, list, &mut found));
        found
    }

    /// The spans, in the order of their starts.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let mut spans = self.all("/v1/traces", "spans");
        spans.sort_by_key(|span| span["startTimeUnixNano"].as_str().map(str::to_owned));
        let read = |span: &&Value| Span {
            name: span["name"].as_str().unwrap_or_default().to_owned(),
            site: attribute(span, "site")
                .and_then(|it| it["stringValue"].as_str())
                .unwrap_or_default()
                .to_owned(),
            // OTLP writes whole numbers as texts.
            resend_count: attribute(span, "http.request.resend_count").and_then(|it| {
                it["intValue"]
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .or(it["intValue"].as_i64())
            }),
        };
        spans.iter().map(read).collect()
    }

    /// The sum of a counter, or the count of a histogram, in the newest push.
    pub(crate) fn sum(&self, metric: &str) -> i64 {
        let metrics = self.all("/v1/metrics", "metrics");
        let Some(newest) = metrics.into_iter().rev().find(|it| it["name"] == metric) else {
            return 0;
        };
        let points =
            newest["sum"]["dataPoints"].as_array().or(newest["histogram"]["dataPoints"].as_array());
        let whole =
            |value: &Value| value.as_str().and_then(|text| text.parse().ok()).or(value.as_i64());
        let of =
            |point: &Value| whole(&point["asInt"]).or(whole(&point["count"])).unwrap_or_default();
        points.into_iter().flatten().map(of).sum()
    }
}

fn attribute<'v>(span: &'v Value, key: &str) -> Option<&'v Value> {
    let all = span["attributes"].as_array().into_iter().flatten();
    all.into_iter().find(|attribute| attribute["key"] == key).map(|attribute| &attribute["value"])
}
