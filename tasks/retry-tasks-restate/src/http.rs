//! A client for the two HTTP interfaces of the server, each at one or more addresses.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use retry_tasks::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a request may take: the server replies after a handler has returned, and those of this crate do not wait.
const LIMIT: Duration = Duration::from_secs(60);

/// The rounds through all addresses, and the pause between two of them: a leader election takes about a second.
const ROUNDS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// The advice when the server does not know the objects of this crate.
const UNREGISTERED: &str =
    "start a program with `listen` and `admin`, or register the URL of the workers by hand";

/// A client for the servers at these addresses, which all know the same.
#[derive(Clone)]
pub(crate) struct Servers {
    client: Client<HttpConnector, Full<Bytes>>,
    urls: Vec<String>,
}

/// One request without a reply.
struct Silence {
    detail: String,
    /// Whether the server may have got the request.
    is_sent: bool,
}

/// The failure of a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No server has answered.
    #[error("no Restate server answers at {urls}: {detail}")]
    Unreachable { urls: String, detail: String, is_sent: bool },
    /// The server has answered with an error.
    #[error("the Restate server refuses {what} ({status}): {detail}")]
    Refused { what: String, status: StatusCode, detail: String },
    /// The answer is not the expected one.
    #[error("the Restate server's reply to {what} cannot be read: {detail}")]
    Unreadable { what: String, detail: String },
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            // A server may have got the request, and its reply was lost.
            Failure::Unreachable { urls: server, detail, is_sent: true } => {
                StoreError::Unknown { server, detail }
            }
            Failure::Unreachable { urls: server, detail, is_sent: false } => {
                StoreError::Unreachable { server, detail }
            }
            failure => StoreError::Other { detail: failure.to_string() },
        }
    }
}

impl Servers {
    pub(crate) fn new(urls: Vec<String>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let urls = urls.into_iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        Servers { client, urls }
    }

    /// Whether no address is known.
    pub(crate) fn are_none(&self) -> bool {
        self.urls.is_empty()
    }

    /// Posts a request that may be repeated.
    pub(crate) async fn post<In: Serialize, Out: DeserializeOwned>(
        &self,
        path: &str,
        idempotency_key: Option<&str>,
        body: &In,
    ) -> Result<Out, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| unreadable(path, &error))?;
        self.send(&Method::POST, path, idempotency_key, body.into()).await
    }

    /// Puts a value there.
    pub(crate) async fn put<In: Serialize, Out: DeserializeOwned>(
        &self,
        path: &str,
        body: &In,
    ) -> Result<Out, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| unreadable(path, &error))?;
        self.send(&Method::PUT, path, None, body.into()).await
    }

    /// Gets the value from there.
    pub(crate) async fn get<Out: DeserializeOwned>(&self, path: &str) -> Result<Out, Failure> {
        self.send(&Method::GET, path, None, Bytes::new()).await
    }

    /// Sends a request that may be repeated, to one server after the other, until one of them answers.
    async fn send<Out: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        idempotency_key: Option<&str>,
        body: Bytes,
    ) -> Result<Out, Failure> {
        let (mut detail, mut is_sent) = ("no address was given".to_owned(), false);
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(PAUSE * round).await;
            }
            for url in &self.urls {
                match self.one(method, url, path, idempotency_key, body.clone()).await {
                    Ok((status, reply)) if status.is_success() => {
                        return serde_json::from_slice(&reply)
                            .map_err(|error| unreadable(path, &error));
                    }
                    Ok((status, reply)) if is_final(status) => {
                        let mut detail = String::from_utf8_lossy(&reply).into_owned();
                        if status == StatusCode::NOT_FOUND {
                            detail = format!("{detail}; {UNREGISTERED}");
                        }
                        return Err(Failure::Refused { what: path.to_owned(), status, detail });
                    }
                    Ok((status, reply)) => {
                        is_sent = true;
                        detail = format!("{status} {}", String::from_utf8_lossy(&reply));
                    }
                    Err(error) => {
                        is_sent |= error.is_sent;
                        detail = error.detail;
                    }
                }
            }
        }
        Err(Failure::Unreachable { urls: self.urls.join(", "), detail, is_sent })
    }

    async fn one(
        &self,
        method: &Method,
        url: &str,
        path: &str,
        idempotency_key: Option<&str>,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Silence> {
        let unsent = |detail: String| Silence { detail, is_sent: false };
        let uri =
            format!("{url}{path}").parse::<Uri>().map_err(|error| unsent(error.to_string()))?;
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json");
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Full::new(body)).map_err(|error| unsent(error.to_string()))?;
        let sent = |detail| Silence { detail, is_sent: true };
        let reply = async {
            let reply = self
                .client
                .request(request)
                .await
                .map_err(|error| Silence { detail: chain(&error), is_sent: !error.is_connect() })?;
            let status = reply.status();
            let body = reply.into_body().collect().await.map_err(|error| sent(chain(&error)))?;
            Ok((status, body.to_bytes()))
        };
        let late = || sent(format!("no answer within {} s", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, reply).await.unwrap_or_else(|_| Err(late()))
    }
}

/// Whether another server would answer in the same way.
fn is_final(status: StatusCode) -> bool {
    !matches!(
        status,
        StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
    )
}

fn unreadable(path: &str, error: &serde_json::Error) -> Failure {
    Failure::Unreadable { what: path.to_owned(), detail: error.to_string() }
}

/// The texts of an error and of its sources.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Servers").field(&self.urls).finish()
    }
}
