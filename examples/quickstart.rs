//! A client that copes with a bad server: `cargo run --example quickstart`.
//!
//! Four calls of a shop whose server refuses connections, answers 503 and 429, resets connections in the
//! middle of an answer and falls silent. Every request goes over a real socket. The program fails unless the
//! server's own books show what this page promises.

use std::process::ExitCode;
use std::time::Duration;

use reqwest::header::{HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use retry_examples::bad_server::{Answer, BadServer};
use retry_examples::story::{Promises, tell};
use retry_runtime::{
    Classify, DelaySource, Interruption, Kind, StopReason, live, observe, retryable,
};

/// What can go wrong, and what each failure means for retrying.
#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    /// By its status; a `Retry-After` sets the delay.
    #[error("the shop answered {status}")]
    #[classify(status = status, after = wait)]
    Status { status: StatusCode, wait: Option<HeaderValue> },
    /// By how far the request came: a refused connection is harmless, a reset one is not.
    #[error("{}", root_cause(.0))]
    #[classify(inherit)]
    Http(#[from] reqwest::Error),
    /// The call's deadline cut an attempt off.
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// Reading twice is the same as reading once: every failure that may pass is retried.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent)]
async fn price(shop: &Client, url: &str) -> Result<String, ShopError> {
    Ok(accepted(shop.get(url).send().await?)?.text().await?)
}

/// Ordering twice is two orders: a failure that may have taken effect ends the call.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent = false)]
async fn order(shop: &Client, url: &str) -> Result<String, ShopError> {
    Ok(accepted(shop.post(url).body("one teapot").send().await?)?.text().await?)
}

/// The same with a key that is the same in every attempt of the call: the server tells a repetition from a
/// second order, so this one is idempotent.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent, attempt = attempt)]
async fn order_once(shop: &Client, url: &str) -> Result<String, ShopError> {
    let key = attempt.call_id().to_string();
    let request = shop.post(url).header("Idempotency-Key", key).body("one teapot");
    Ok(accepted(request.send().await?)?.text().await?)
}

/// One second for everything: attempts, pauses, and an answer that does not come.
#[retryable(max = 9, base = "200ms", cap = "400ms", jitter = equal, idempotent, deadline = "1s")]
async fn stock(shop: &Client, url: &str) -> Result<String, ShopError> {
    Ok(accepted(shop.get(url).send().await?)?.text().await?)
}

/// An error status as an error that keeps the server's hint.
fn accepted(response: Response) -> Result<Response, ShopError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(ShopError::Status { status, wait: response.headers().get(RETRY_AFTER).cloned() })
}

/// reqwest's own text names the URL; the innermost source says what happened.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// For how long the server refuses connections: until a call was refused and waits, and a little longer.
async fn refusing() {
    let mut changes = live::watch();
    while !live::calls().iter().any(live::LiveCall::is_waiting) {
        changes.changed().await;
    }
    tokio::time::sleep(Duration::from_millis(250)).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    const OK: Answer = Answer::Whole("200 OK", "", "12.50");
    const BUSY: Answer = Answer::Whole("503 Service Unavailable", "Retry-After: 1\r\n", "");
    const TOO_MANY: Answer = Answer::Whole("429 Too Many Requests", "", "");
    let shop = Client::builder().no_proxy().build()?;
    let mut promises = Promises::default();

    println!(
        "1. GET /price, idempotent: the server starts late, is busy, breaks off, then answers\n"
    );
    let server = BadServer::start_after(refusing(), &[BUSY, Answer::Cut, TOO_MANY, OK])?;
    let (result, report) = observe(price(&shop, &server.url("/price"))).await;
    tell(&result, &report);
    let kinds: Vec<Kind> = report.attempts.iter().filter_map(|attempt| attempt.kind).collect();
    let refused = kinds.iter().take_while(|kind| **kind == Kind::Transient).count();
    promises.keep("the price arrives", matches!(result.as_deref(), Ok("12.50")));
    promises.keep("connections were refused at first, and tried again", refused >= 1);
    let rest = [Kind::Throttled, Kind::Ambiguous, Kind::Throttled];
    promises
        .keep("then 503, a reset and 429, each once and in this order", kinds[refused..] == rest);
    let mut delays = report.attempts.iter().filter_map(|attempt| attempt.delay);
    let hint = delays.find(|delay| delay.source == DelaySource::Hint).map(|delay| delay.length);
    promises.keep("it waited as long as the 503 asked", hint == Some(Duration::from_secs(1)));
    promises.keep("the server saw four requests", server.ledger().requests == 4);

    println!("2. POST /orders, not idempotent: refused, then taken, but the answer breaks off\n");
    let server = BadServer::start_after(refusing(), &[Answer::Cut, OK])?;
    let (result, report) = observe(order(&shop, &server.url("/orders"))).await;
    tell(&result, &report);
    println!("   With an Idempotency-Key (attempt.call_id()) it could be repeated: see 3.\n");
    promises.keep("after a refused connection the order was sent again", report.retries() >= 1);
    promises.keep("after the answer broke off it was not", report.reason == StopReason::Ambiguous);
    promises.keep("the server took one order in one request", books(&server) == (1, 1));

    println!(
        "3. POST /orders with an Idempotency-Key: the same, repeated without a second order\n"
    );
    let server = BadServer::start(&[Answer::Cut, OK])?;
    let (result, report) = observe(order_once(&shop, &server.url("/orders"))).await;
    tell(&result, &report);
    promises.keep("the order is confirmed", result.is_ok());
    promises.keep("the server took one order in two requests", books(&server) == (1, 2));

    println!("4. GET /stock, with a second for everything: busy, then silent\n");
    let server = BadServer::start(&[TOO_MANY, Answer::Silence])?;
    let (result, report) = observe(stock(&shop, &server.url("/stock"))).await;
    tell(&result, &report);
    promises.keep("the deadline ended the call", report.reason == StopReason::Deadline);
    let cut = matches!(result, Err(ShopError::Interrupted(Interruption::DeadlinePassed)));
    promises.keep("by cutting off the attempt that still ran", cut);
    promises.keep(
        "and the caller waited a second, not a minute",
        (0.95..30.0).contains(&report.total.as_secs_f64()),
    );

    Ok(promises.summary())
}

/// Orders and requests, as the server counted them.
fn books(server: &BadServer) -> (u32, u32) {
    let ledger = server.ledger();
    (ledger.orders, ledger.requests)
}
