//! A command-line tool that fetches several items concurrently: `cargo run --example cli`.
//!
//! It shows that
//!
//! - the tool can keep its own setting names and pass the values to the library as settings of one operation.
//! - a slot is taken inside the attempt, so a call that waits for its retry holds no slot and does not block others.
//! - one token cancels everything, on ctrl-c or when the whole run times out. Every call ends at once, even in the
//!   middle of a sleep, and says why: "cancelled" and "gave up" are different errors.
//! - permanent failures are not retried: a response that is not JSON or does not follow the protocol.
//! - `progress::show_in` draws the retries below the tool's own bar.
//!
//! The requirements name a base of 1 s and a setting `retry_delay_ms`. Here the attribute sets 1 s, and the setting
//! overrides the attribute.

#[cfg(test)]
#[path = "cli/tests.rs"]
mod tests;
#[path = "cli/tour.rs"]
mod tour;

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use futures::future::join_all;
use indicatif::{MultiProgress, ProgressBar};
use retry_config::{Applied, Config, ConfigErrors};
use retry_examples::story::Checks;
use retry_runtime::retryable;
use retry_runtime::{CancelToken, Classify, Interruption, RetryError, StopReason};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The tool's own configuration.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    retry_max: u32,
    retry_delay_ms: u64,
    timeout_secs: u64,
}

impl Settings {
    /// Applies the settings, which override the attribute.
    fn apply(&self) -> Result<Applied, ConfigErrors> {
        let base = Some(Duration::from_millis(self.retry_delay_ms));
        let own = retry_config::Settings { max: Some(self.retry_max), base, ..Default::default() };
        let mut config = Config::default();
        config.op.insert("cli::fetch".to_owned(), own);
        retry_config::apply(config)
    }
}

#[derive(Debug, thiserror::Error, Classify)]
enum FetchError {
    #[error("{0}")]
    #[classify(inherit)]
    Io(#[from] io::Error),
    #[error("the response is not JSON: {0}")]
    #[classify(permanent)]
    Json(#[from] serde_json::Error),
    #[error("the response does not follow the protocol: {0}")]
    #[classify(permanent)]
    Protocol(String),
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// The format of every response.
#[derive(Deserialize)]
struct Answer {
    version: u32,
    item: String,
    size: u64,
}

/// The error of one item.
#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error("cancelled ({0})")]
    Cancelled(Cause),
    #[error("gave up after {attempts} attempts: {last}")]
    GaveUp { attempts: u32, last: FetchError },
    #[error("{0}")]
    Failed(FetchError),
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
enum Cause {
    #[error("ctrl-c")]
    Interrupt,
    #[error("timed out after {0:?}")]
    Timeout(Duration),
}

impl ToolError {
    fn new(error: RetryError<FetchError>, cause: Option<Cause>) -> Self {
        let attempts = error.report().attempts_made();
        match (error.reason(), cause) {
            (StopReason::Cancelled, Some(cause)) => ToolError::Cancelled(cause),
            (StopReason::Permanent, _) => ToolError::Failed(error.into_error()),
            _ => ToolError::GaveUp { attempts, last: error.into_error() },
        }
    }
}

/// Fetches the size of an item. Has no budget, because the slots limit the load that all retries put on the server.
#[retryable(max = 3, base = "1s", cap = "30s", jitter = full, idempotent, budget = none, cancel = stop,
    report, name = "cli::fetch")]
async fn fetch(
    server: SocketAddr,
    item: &str,
    slots: &Semaphore,
    stop: &CancelToken,
) -> Result<u64, RetryError<FetchError>> {
    // The slot is released when the attempt ends, before the call sleeps.
    let _slot = slots.acquire().await.map_err(io::Error::other)?;
    let mut stream = BufReader::new(TcpStream::connect(server).await?);
    stream.write_all(format!("{item}\n").as_bytes()).await?;
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    let answer: Answer = serde_json::from_str(&line)?;
    if answer.version != 1 || answer.item != item {
        return Err(FetchError::Protocol(line.trim_end().to_owned()));
    }
    Ok(answer.size)
}

type Sizes = Vec<Result<u64, ToolError>>;

struct Tool {
    server: SocketAddr,
    at_once: usize,
    timeout: Duration,
    bars: MultiProgress,
}

/// Fetches all items, a few at a time; ends early when interrupted or after the timeout.
async fn fetch_all(tool: &Tool, items: &[&str], interrupt: impl Future<Output = ()>) -> Sizes {
    let (slots, stop) = (Semaphore::new(tool.at_once), CancelToken::new());
    let bar = tool.bars.add(ProgressBar::new(items.len() as u64));
    let retries = retry_progress::show_in(tool.bars.clone());
    let mut all = std::pin::pin!(join_all(items.iter().map(async |item| {
        let size = fetch(tool.server, item, &slots, &stop).await;
        bar.inc(1);
        size
    })));
    let (sizes, cause) = tokio::select! {
        sizes = &mut all => (sizes, None),
        interrupted = timeout(tool.timeout, interrupt) => {
            stop.cancel();
            // Every call ends at once with its own result.
            let cause = interrupted.map_or(Cause::Timeout(tool.timeout), |()| Cause::Interrupt);
            (all.await, Some(cause))
        }
    };
    drop(retries);
    bar.finish();
    sizes.into_iter().map(|size| size.map_err(|error| ToolError::new(error, cause))).collect()
}

/// The exit code by shell convention: 130 after ctrl-c, 124 after a timeout.
fn exit_code(sizes: &Sizes) -> u8 {
    let code = |error: &ToolError| match error {
        ToolError::Cancelled(Cause::Interrupt) => 130,
        ToolError::Cancelled(Cause::Timeout(_)) => 124,
        ToolError::GaveUp { .. } | ToolError::Failed(_) => 1,
    };
    sizes.iter().filter_map(|size| size.as_ref().err()).map(code).max().unwrap_or(0)
}

async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // The tool cannot be interrupted then.
        std::future::pending().await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut checks = Checks::default();
    tour::all(&mut checks).await?;
    Ok(checks.summary())
}
