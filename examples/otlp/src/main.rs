//! Metrics and spans of calls for an OpenTelemetry collector: `cargo run --manifest-path examples/otlp/Cargo.toml [ENDPOINT]`.
//!
//! The example pushes OTLP over HTTP to ENDPOINT, such as `http://localhost:4318`. Without one it starts a small receiver on loopback,
//! makes a few calls, and checks that the receiver got what the calls did.
//!
//! It shows that
//!
//! - spans come from `tracing`: `tracing-opentelemetry` turns the span of each attempt into a span of a trace, and
//!   `events::trace_attempts` gives first attempts one, too. A retry has the field `http.request.resend_count`;
//! - metrics come from the events: an observer counts attempts, calls and pauses with the instruments of OpenTelemetry's SDK, by the names
//!   of `retry-metrics`. Calls that succeed at the first try are counted by the engine anyway, and read by an observable counter.
//!
//! The runtime has no feature `opentelemetry`: the crates of OpenTelemetry break their interfaces every few months, and a
//! program has one version of its own. This package is no member of the workspace, so that nothing else compiles them.

mod receiver;
mod telemetry;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use receiver::{Received, Receiver};
use retry_runtime::{Classify, retryable};
use telemetry::Telemetry;

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error("connection refused")]
    #[classify(transient)]
    Refused,
    #[error("no such article")]
    #[classify(permanent)]
    Unknown,
}

/// Fails so many times before it succeeds.
#[retryable(max = 3, base = "10ms", jitter = none, budget = none, attempt = attempt, name = "shop::price")]
async fn price(failures: u32) -> Result<u32, ShopError> {
    if failures == u32::MAX {
        return Err(ShopError::Unknown);
    }
    if attempt.number() <= failures { Err(ShopError::Refused) } else { Ok(7) }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let given = std::env::args().nth(1);
    let receiver = if given.is_none() { Some(Receiver::start().await?) } else { None };
    let endpoint = given.or(receiver.as_ref().map(Receiver::address)).unwrap_or_default();
    let telemetry = Telemetry::install(&endpoint)?;
    for failures in [0, 0, 2, 9, u32::MAX] {
        println!("{failures:>10} failures: {:?}", price(failures).await);
    }
    // The exporters block their thread.
    tokio::task::spawn_blocking(move || telemetry.flush()).await?.map_err(|error| error.to_string())?;
    let Some(receiver) = receiver else { return Ok(ExitCode::SUCCESS) };
    Ok(checked(&receiver.received()))
}

/// Checks what the receiver got against what the calls did.
fn checked(received: &Received) -> ExitCode {
    // Attempts: one, one, three, four, one.
    let spans = received.spans();
    let resent: Vec<i64> = spans.iter().filter_map(|span| span.resend_count).collect();
    let checks = [
        ("a span for each attempt", spans.len() == 10),
        (
            "first attempts have spans of their own",
            spans.iter().filter(|span| span.name == "attempt").count() == 5,
        ),
        ("retries have their number", resent == [1, 2, 1, 2, 3]),
        ("each span has the function's name", spans.iter().all(|span| span.site == "shop::price")),
        ("attempts are counted", received.sum("retry.attempts") == 10),
        ("calls are counted by their outcome", received.sum("retry.calls") == 5),
        ("pauses are measured", received.sum("retry.delay") == 5),
    ];
    for (claim, is_true) in checks {
        println!("   {} {claim}", if is_true { "yes" } else { "NO " });
    }
    if checks.iter().all(|(_, is_true)| *is_true) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The metrics are pushed this often, and at the end.
const EVERY: Duration = Duration::from_secs(10);
