//! The HTTP client of an orchestrator: `cargo run --example orchestrator`.
//!
//! What to learn from it:
//!
//! - One way to send, several ways to retry: what may be repeated is a property of the operation, so each has its
//!   own attribute. Getting, deleting, starting and stopping twice is doing it once; creating twice is not.
//! - After a failure that may have taken effect the creation is not repeated, and its error says so.
//! - A server's `Retry-After` is obeyed, up to the cap for hints; beyond it the caller is told of it.
//! - One token ends everything at once: sleeps, and requests that hang.
//!
//! Where its text disagrees with itself: it never repeats a 4xx, and it respects `Retry-After`, which comes above all
//! with a 429. Both hold here in that a 429 ends the call and its wish is told to the caller; a 503 is repeated when
//! its wish says. (The library by itself would repeat a 429 as well: then `#[classify(status = status)]` is enough.)
//! Its jitter is added to a delay that was cut to the cap, and so may exceed it. Ours is cut once more: no delay
//! is longer than `max_delay_ms`.

#[cfg(test)]
#[path = "orchestrator/tests.rs"]
mod tests;
#[path = "orchestrator/tour.rs"]
mod tour;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use retry_config::Config;
use retry_examples::front::Front;
use retry_examples::story::Promises;
use retry_runtime::classify::{Class, of_status};
use retry_runtime::{CancelToken, Classify, Interruption, Kind, RetryError, StopReason};
use retry_runtime::{retry_after, retryable};

/// What the orchestrator is told; what the demonstration and the tests make shorter.
const SETTINGS: &str = r#"{
    "retry": { "max_retries": 3, "base_delay_ms": 500, "max_delay_ms": 10000 }
}"#;
const SHORT: &str = r#"{
    "retry": { "max_retries": 3, "base_delay_ms": 20, "max_delay_ms": 60 },
    "op": { "orchestrator::*": { "timeout_ms": 20000 } }
}"#;

#[derive(Debug, thiserror::Error, Classify)]
enum ApiError {
    #[error("it answered {status}")]
    #[classify(kind = answered(*status, *wait))]
    Status { status: StatusCode, wait: Option<Duration> },
    /// By how far the request came: refused is harmless, a reset is not.
    #[error("{}", root_cause(.0))]
    #[classify(inherit)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// 502, 503 and 504 may pass, and no other status: none of the 4xx, not even those that ask to come again.
fn answered(status: StatusCode, wait: Option<Duration>) -> Class {
    let class = of_status(status.as_u16(), wait);
    if status.is_client_error() { Class { kind: Kind::Permanent, ..class } } else { class }
}

/// reqwest's own text names the URL; the innermost source says what happened.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

type Answer = Result<String, RetryError<ApiError>>;

struct Orchestrator {
    http: Client,
    url: String,
    stop: CancelToken,
}

impl Orchestrator {
    fn new(url: String, stop: CancelToken) -> reqwest::Result<Self> {
        Ok(Orchestrator { http: Client::builder().no_proxy().build()?, url, stop })
    }

    #[retryable(idempotent, timeout = "30s", jitter = additive(0.25), cancel = self.stop, report,
        name = "orchestrator::get")]
    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    #[retryable(idempotent, timeout = "30s", jitter = additive(0.25), cancel = self.stop, report,
        name = "orchestrator::delete")]
    async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, "").await
    }

    /// An agent that runs is started already.
    #[retryable(idempotent, timeout = "30s", jitter = additive(0.25), cancel = self.stop, report,
        name = "orchestrator::start")]
    async fn start(&self, agent: &str) -> Answer {
        self.send(Method::POST, &format!("{agent}/start"), "").await
    }

    /// An agent that does not run is stopped already.
    #[retryable(idempotent, timeout = "30s", jitter = additive(0.25), cancel = self.stop, report,
        name = "orchestrator::stop")]
    async fn stop(&self, agent: &str) -> Answer {
        self.send(Method::POST, &format!("{agent}/stop"), "").await
    }

    /// Creating twice makes two agents: only what certainly has not happened is repeated.
    #[retryable(idempotent = false, timeout = "30s", jitter = additive(0.25), cancel = self.stop,
        report, name = "orchestrator::create")]
    async fn create(&self, path: &str, agent: &str) -> Answer {
        self.send(Method::POST, path, agent).await
    }

    /// One attempt; a status that is no success becomes an error that keeps the server's wish.
    async fn send(&self, method: Method, path: &str, body: &str) -> Result<String, ApiError> {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let response = request.body(body.to_owned()).send().await?;
        let status = response.status();
        if !status.is_success() {
            let wait = retry_after::from_headers(response.headers());
            return Err(ApiError::Status { status, wait });
        }
        Ok(response.text().await?)
    }
}

/// What a person reads.
fn explain(error: &RetryError<ApiError>) -> String {
    match (error.reason(), error.report().retry_after) {
        (StopReason::Ambiguous, _) => {
            format!(
                "{error}; it may have been done all the same, so it was not repeated: look first"
            )
        }
        (_, Some(wait)) => format!("{error}; it asks to come again in {wait:?}"),
        _ => error.to_string(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    retry_config::apply(Config::from_json(SHORT)?)?;
    let mut promises = Promises::default();
    tour::all(Front::start, &mut promises).await?;
    Ok(promises.summary())
}
