//! The HTTP client of an orchestrator: `cargo run --example orchestrator`.
//!
//! It shows that
//!
//! - one function can send every request while each operation has its own attribute: whether an operation is safe to
//!   repeat is a property of the operation. Getting, deleting, starting or stopping twice has the same effect as once;
//!   creating twice does not.
//! - after a failure that may have taken effect, a creation is not retried, and its error says so.
//! - a server's `Retry-After` is obeyed up to the cap for hints; a longer one is reported to the caller.
//! - one token ends sleeps and hanging requests at once.
//!
//! The requirements contradict themselves: never retry a 4xx, but respect `Retry-After`, which usually comes with a
//! 429. Here a 429 ends the call and its hint is reported to the caller; a 503 is retried after its hint. (By default
//! the library retries a 429 too: then `#[classify(status = status)]` is enough.) The required jitter is added after
//! the cap and may exceed it; here the cap applies again, so no delay is longer than `max_delay_ms`.

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
use retry_examples::story::Checks;
use retry_runtime::classify::{Class, of_status};
use retry_runtime::{CancelToken, Classify, Interruption, Kind, RetryError, StopReason};
use retry_runtime::{retry_after, retryable};

/// The orchestrator's settings, and those of the demonstration and the tests: shorter, and with a budget for more
/// failing calls at once than a client has.
const SETTINGS: &str = r#"{
    "retry": { "max_retries": 3, "base_delay_ms": 500, "max_delay_ms": 10000 }
}"#;
const SHORT: &str = r#"{
    "retry": { "max_retries": 3, "base_delay_ms": 20, "max_delay_ms": 60 },
    "op": { "orchestrator::*": { "timeout_ms": 20000 } },
    "budget": { "orchestrator::get": { "capacity": 50 } }
}"#;

#[derive(Debug, thiserror::Error, Classify)]
enum ApiError {
    #[error("the server answered {status}")]
    #[classify(kind = class_of(*status, *wait))]
    Status { status: StatusCode, wait: Option<Duration> },
    /// Classified by how far the request got: a refused connection can be retried safely, a reset one cannot.
    #[error("{}", root_cause(.0))]
    #[classify(inherit)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// Only 502, 503 and 504 are retried, and no 4xx, not even one with a `Retry-After`.
fn class_of(status: StatusCode, wait: Option<Duration>) -> Class {
    let class = of_status(status.as_u16(), wait);
    let retried = matches!(status.as_u16(), 502..=504);
    if retried { class } else { Class { kind: Kind::Permanent, ..class } }
}

/// Returns the innermost cause, which says what happened; reqwest's own text names the URL.
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

    /// Starting a running agent has no effect.
    #[retryable(idempotent, timeout = "30s", jitter = additive(0.25), cancel = self.stop, report,
        name = "orchestrator::start")]
    async fn start(&self, agent: &str) -> Answer {
        self.send(Method::POST, &format!("{agent}/start"), "").await
    }

    /// Stopping a stopped agent has no effect.
    #[retryable(idempotent, timeout = "30s", jitter = additive(0.25), cancel = self.stop, report,
        name = "orchestrator::stop")]
    async fn stop(&self, agent: &str) -> Answer {
        self.send(Method::POST, &format!("{agent}/stop"), "").await
    }

    /// Creating twice makes two agents, so only failures that certainly had no effect are retried.
    #[retryable(idempotent = false, timeout = "30s", jitter = additive(0.25), cancel = self.stop,
        report, name = "orchestrator::create")]
    async fn create(&self, path: &str, agent: &str) -> Answer {
        self.send(Method::POST, path, agent).await
    }

    /// Makes one attempt; a status other than success becomes an error that keeps the server's hint.
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

/// The error text that the user reads.
fn explain(error: &RetryError<ApiError>) -> String {
    match (error.reason(), error.report().retry_after) {
        (StopReason::Ambiguous, _) => {
            format!(
                "{error}; the request may have taken effect, so it was not retried: check before you repeat it"
            )
        }
        (_, Some(wait)) => format!("{error}; the server asks to retry in {wait:?}"),
        _ => error.to_string(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    retry_config::apply(Config::from_json(SHORT)?)?;
    let mut checks = Checks::default();
    tour::all(Front::start, &mut checks).await?;
    Ok(checks.summary())
}
