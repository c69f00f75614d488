//! A command-line tool that fetches several things at a time: `cargo run --example cli`.
//!
//! What to learn from it:
//!
//! - The tool keeps the names of its own settings, and hands them to the library as settings of one operation.
//! - A slot is taken inside of the attempt, so a call that waits for its next one holds none, and others go on.
//! - One token ends everything, whoever cancels it: ctrl-c, or the timeout for the whole run. Every call ends at
//!   once, also in the middle of a sleep, and says why: "cancelled" and "gave up" are different errors.
//! - What cannot get better is not tried again: an answer that is no JSON, or not of the protocol.
//! - `progress::show_in` puts the retries below the tool's own bar.
//!
//! Its text names a base of 1 s and a setting `retry_delay_ms`. Here 1 s is what holds without the setting, or
//! rather what the attribute says, and the setting counts more.

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
use retry_examples::story::Promises;
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
    /// They count more than what the attribute says.
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
    #[error("the answer is no JSON: {0}")]
    #[classify(permanent)]
    Json(#[from] serde_json::Error),
    #[error("the answer is not of the protocol: {0}")]
    #[classify(permanent)]
    Protocol(String),
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// What every answer looks like.
#[derive(Deserialize)]
struct Answer {
    version: u32,
    item: String,
    size: u64,
}

/// How one of the operations ended, if not well.
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
    #[error("not done after {0:?}")]
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

/// Asks for the size of an item. No budget: the slots limit what all retries together cost the server.
#[retryable(max = 3, base = "1s", cap = "30s", jitter = full, idempotent, budget = none, cancel = stop,
    report, name = "cli::fetch")]
async fn fetch(
    server: SocketAddr,
    item: &str,
    slots: &Semaphore,
    stop: &CancelToken,
) -> Result<u64, RetryError<FetchError>> {
    // It is given back when the attempt ends, before the call sleeps.
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

/// Fetches all items, a few at a time; ends early when it is interrupted or takes too long.
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
            // They end at once, each with what it has to say.
            let cause = interrupted.map_or(Cause::Timeout(tool.timeout), |()| Cause::Interrupt);
            (all.await, Some(cause))
        }
    };
    drop(retries);
    bar.finish();
    sizes.into_iter().map(|size| size.map_err(|error| ToolError::new(error, cause))).collect()
}

/// As the shell knows it: 130 after ctrl-c, 124 after a timeout.
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
        // Nobody can interrupt it then.
        std::future::pending().await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut promises = Promises::default();
    tour::all(&mut promises).await?;
    Ok(promises.summary())
}
